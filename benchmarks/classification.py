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
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import ResNetForImageClassification, ViTConfig, ViTForImageClassification

from spinlens.lattices import Lattice
from spinlens.learning.choices import choose_precision
from spinlens.learning.settings import NATIVE, PUBLISHED, Recipe
from spinlens.learning.training import Training
from spinlens.learning.vision import build
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.configurations import configurations
from spinlens.learning.vision.cross_entropy import CrossEntropy
from spinlens.learning.vision.inference import channels_last, in_chunks
from spinlens.learning.vision.labelled import Labelled
from spinlens.learning.vision.published import published
from spinlens.learning.vision.symmetries import Moves
from spinlens.learning.vision.transformer import Stem
from spinlens.models import Ising
from spinlens.symmetries import Symmetries

SIDE, CLASSES, ROUNDS = 100, 4, 3
BATCH, LOOK = 32, 64
"""Images of a step of training, as the estimators' defaults have it, and images that are looked at in one call."""

NETWORKS: dict[str, tuple[dict[str, object], Recipe]] = {
    "vit tiny, patch 10": ({"name": "vit", "size": "tiny", "patch": 10, "stem": 32}, NATIVE),
    "vit small, patch 5": ({"name": "vit", "size": "small", "patch": 5, "stem": 32}, NATIVE),
    "vit-base": ({"name": "vit-base", "channels": 3, "stem": 0}, PUBLISHED),
    "resnet-18": ({"name": "resnet-18", "stem": 0}, PUBLISHED),
    "resnet-50": ({"name": "resnet-50", "stem": 0}, PUBLISHED),
}
"""The network, and the settings of its training."""


def seconds(run: Callable[[], object]) -> float:
    """Return the time of one call."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


class LibraryStem(Stem):
    """A stem that the library takes for its own patch embedding."""

    @property
    def weight(self) -> torch.Tensor:
        """The tensor by which it tells the type of the weights."""
        return self.patches.weight


class Textbook(nn.Module):
    """A network as transformers has it, with its own fused attention; spins to logits."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.side = architecture.side
        if architecture.residual:
            reader: Any = published(architecture)
            self.model = ResNetForImageClassification(reader.body.config)
            return
        if architecture.native:
            width, layers, heads = architecture.sizes
            configuration = ViTConfig(
                hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=4 * width,
                image_size=architecture.side, patch_size=architecture.patch, num_channels=1,
                num_labels=architecture.classes,
            )  # fmt: skip
        else:
            configuration = ViTConfig(num_labels=architecture.classes)
            self.side = configuration.image_size
        self.model = ViTForImageClassification(configuration)
        self.model.set_attn_implementation("sdpa")
        if architecture.native:
            self.model.vit.embeddings.patch_embeddings.projection = LibraryStem(
                architecture.stem, width, patch=architecture.patch, rules=architecture.rules
            )

    def forward(self, spins: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        if self.side != spins.shape[-1]:
            spins = nn.functional.interpolate(spins, size=(self.side, self.side), mode="nearest")
        channels = self.model.config.num_channels
        logits: torch.Tensor = self.model(pixel_values=spins.expand(-1, channels, -1, -1)).logits
        return logits


def plain(settings: dict[str, Any], images: np.ndarray, classes: np.ndarray) -> dict[str, Callable[[], object]]:
    """Return the textbook version: library layers, fused attention, float32, channels first, AdamW as it comes."""
    answer = Textbook(Architecture(side=SIDE, classes=CLASSES, **settings))
    optimizer = torch.optim.AdamW(answer.parameters(), 1e-4)

    spins, wanted = torch.from_numpy(images)[:, None].float(), torch.from_numpy(classes)

    def train() -> None:
        answer.train()
        loss = nn.functional.cross_entropy(answer(spins[:BATCH]), wanted[:BATCH])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def look() -> None:
        answer.eval()
        with torch.no_grad():
            answer(spins)

    return {"train": train, "look": look}


def ours(
    settings: dict[str, Any], training: Recipe, images: np.ndarray, classes: np.ndarray
) -> dict[str, Callable[[], object]]:
    """Return the step of a training, augmentation and all, and the look that `predict` takes."""
    architecture = Architecture(side=SIDE, classes=CLASSES, **settings)
    network = channels_last(build(side=SIDE, classes=CLASSES, **settings))
    device = torch.device("cpu")
    precision = choose_precision("auto", device, single_pixels=architecture.single_pixels)
    recipe = training.changed(epochs=10**6, batch=BATCH)
    moves = Moves(Symmetries.of(Ising(), Lattice((SIDE, SIDE))), np.array([1, 0]))
    labelled, all_images = Labelled(configurations(images[:BATCH]), classes[:BATCH]), configurations(images)
    descent = CrossEntropy(
        network, labelled, None, head=None, smoothing=0.0, recipe=recipe, moves=moves, precision=precision, seed=0,
        device=device,
    )  # fmt: skip
    descent.steps = 10**6
    steps = Training(descent, recipe, {}, None)

    def look() -> None:
        network.eval()
        in_chunks(network, all_images, device=device, precision=precision)

    return {"train": steps.advance, "look": look}


def measure(name: str) -> dict[str, object]:
    """Measure both versions in turns, so that whatever else the machine does falls on each alike."""
    settings, training = NETWORKS[name]
    images = np.random.default_rng(0).choice([-1, 1], (LOOK, SIDE, SIDE)).astype(np.int8)
    classes = np.arange(LOOK) % CLASSES
    runs = {"plain": plain(settings, images, classes), "ours": ours(settings, training, images, classes)}
    row: dict[str, object] = {"name": name}
    for work, count in (("train", BATCH), ("look", LOOK)):
        times: dict[str, list[float]] = {version: [] for version in runs}
        for _ in range(1 + ROUNDS):
            for version, calls in runs.items():
                times[version].append(seconds(calls[work]))
        for version, taken in times.items():
            row[f"{work}_{version}_images_per_second"] = count / statistics.median(taken[1:])
        pairs = zip(times["plain"][1:], times["ours"][1:], strict=True)
        row[f"{work}_ratio"] = statistics.median(one / other for one, other in pairs)
    return row


def product_ratio() -> float:
    """Return how many times faster a matrix product is in bfloat16 than in float32, which bounds all networks."""
    factors = torch.randn(6304, 768), torch.randn(3072, 768)
    halves = [each.bfloat16() for each in factors]
    ratios = [
        seconds(lambda: nn.functional.linear(*factors)) / seconds(lambda: nn.functional.linear(*halves))
        for _ in range(1 + ROUNDS)
    ]
    return statistics.median(ratios[1:])


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
    precision = choose_precision("auto", torch.device("cpu"))
    found = {
        "side": SIDE,
        "threads": torch.get_num_threads(),
        "precision": precision,
        "batch": BATCH,
        "looked_at": LOOK,
        "product_ratio": product_ratio(),
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
