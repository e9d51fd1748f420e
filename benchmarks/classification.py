"""Images per second of the classifiers, training and inference: plain eager float32 against our step, in one go.

Run ``python benchmarks/classification.py``, with names of networks to measure only those, with ``--json`` for
machines, with ``--write`` to keep the results for the docs.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from spinlens.lattice import Lattice
from spinlens.learning.vision import Symmetries, build
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.configurations import configurations
from spinlens.learning.vision.cross_entropy import Objective
from spinlens.learning.vision.inference import in_chunks
from spinlens.learning.vision.labelled import Labelled
from spinlens.learning.vision.placement import Placement
from spinlens.learning.vision.recipe import Recipe, resolve_precision
from spinlens.learning.vision.training import Training
from spinlens.models import Ising
from spinlens.seeds import Purpose

SIDE, CLASSES, ROUNDS = 100, 4, 5
NETWORKS = {
    "vit tiny, patch 10": (32, {"name": "vit", "size": "tiny", "patch": 10, "stem": 32}),
    "vit small, patch 5": (16, {"name": "vit", "size": "small", "patch": 5, "stem": 32}),
    "vit-base": (8, {"name": "vit-base", "channels": 3, "stem": 0}),
    "resnet-18": (32, {"name": "resnet-18", "stem": 0}),
    "resnet-50": (16, {"name": "resnet-50", "stem": 0}),
}
"""Images of a step, and the network."""


def seconds(run: Callable[[], object]) -> float:
    """Return the time of one call."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def plain(settings: dict[str, object], spins: torch.Tensor, classes: torch.Tensor) -> dict[str, Callable[[], object]]:
    """Return the textbook version: library layers, fused attention, float32, channels first, AdamW as it comes."""
    network = build(side=SIDE, classes=CLASSES, **settings)  # type: ignore[arg-type]
    if "vit" in str(settings["name"]):
        network.model.set_attn_implementation("sdpa")
    optimizer = torch.optim.AdamW(network.parameters(), 1e-4)

    def train() -> None:
        network.train()
        loss = nn.functional.cross_entropy(network(spins), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def look() -> None:
        network.eval()
        with torch.no_grad():
            network(spins)

    return {"train": train, "look": look}


def ours(settings: dict[str, object], labelled: Labelled, precision: str) -> dict[str, Callable[[], object]]:
    """Return the step of a training, augmentation and all, and the look that `predict` takes."""
    architecture = Architecture(side=SIDE, classes=CLASSES, **settings)  # type: ignore[arg-type]
    network = build(side=SIDE, classes=CLASSES, **settings)  # type: ignore[arg-type]
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    count = len(labelled)
    precision = resolve_precision(precision, torch.device("cpu"), single_pixels=architecture.single_pixels)
    recipe = Recipe(0, 10**6, count, 1e-4, 0.01, "constant", 0.0, 0, 1.0, precision)
    moves = Symmetries.of(Ising(), Lattice((SIDE, SIDE)))
    placement = Placement("cpu")
    training = Training(
        network=network, loss=Objective(labelled, recipe, moves, placement.device, 0.0), validate=None, recipe=recipe,
        purpose=Purpose.CLASSIFICATION, steps=10**6, placement=placement, description={}, out=None,
    )  # fmt: skip

    def look() -> None:
        network.eval()
        in_chunks(network, labelled.images, device=placement.device, precision=precision)

    return {"train": lambda: training.advance(network), "look": look}


def measure(name: str) -> dict[str, object]:
    """Measure both versions in turns, so that whatever else the machine does falls on each alike."""
    count, settings = NETWORKS[name]
    numbers = np.random.default_rng(0)
    images = numbers.choice([-1, 1], (count, SIDE, SIDE)).astype(np.int8)
    classes = np.arange(count) % CLASSES
    labelled = Labelled(configurations(images), classes)
    runs = {
        "plain": plain(settings, torch.from_numpy(images)[:, None].float(), torch.from_numpy(classes)),
        "ours": ours(settings, labelled, "auto"),
    }
    row: dict[str, object] = {"name": name, "batch": count}
    for work in ("train", "look"):
        times: dict[str, list[float]] = {version: [] for version in runs}
        for _ in range(1 + ROUNDS):
            for version, calls in runs.items():
                times[version].append(seconds(calls[work]))
        for version, taken in times.items():
            row[f"{work}_{version}_images_per_second"] = count / statistics.median(taken[1:])
        pairs = zip(times["plain"][1:], times["ours"][1:], strict=True)
        row[f"{work}_ratio"] = statistics.median(one / other for one, other in pairs)
    return row


def main() -> None:
    """Print the table or the JSON."""
    names = [word for word in sys.argv[1:] if not word.startswith("--")] or list(NETWORKS)
    rows = []
    for name in names:
        rows.append(measure(name))
        if "--json" not in sys.argv[1:]:
            row = rows[-1]
            print(
                f"{name:<20} training {row['train_plain_images_per_second']:7.1f} ->"
                f" {row['train_ours_images_per_second']:7.1f} images/s ({row['train_ratio']:4.2f} x), inference"
                f" {row['look_plain_images_per_second']:7.1f} -> {row['look_ours_images_per_second']:7.1f} images/s"
                f" ({row['look_ratio']:4.2f} x)",
                flush=True,
            )
    precision = resolve_precision("auto", torch.device("cpu"))
    found = {
        "side": SIDE,
        "threads": torch.get_num_threads(),
        "precision": precision,
        "target_ratio": 2.0,
        "rows": rows,
    }
    if "--write" in sys.argv[1:]:
        path = Path(__file__).parent / "results" / "classification.json"
        path.write_text(json.dumps(found, indent=2) + "\n")
    if "--json" in sys.argv[1:]:
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
