"""Training steps per second: plain eager float32 against the compiled step, both in one go.

Run ``python benchmarks/training.py``, with ``--json`` for machines, with ``--write`` to keep the results for the docs.
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

from spinlens.learning.choices import choose_precision
from spinlens.learning.fast.compiled import CompiledStep
from spinlens.learning.losses import LossWeights, decomposition, stratified_shares
from spinlens.learning.network import Network

SIDE, BATCH, LATENT, FILTERS, SAMPLES = 32, 845, 8, (4, 16, 64, 256), 236_600
ROUNDS, STEPS = 7, 3
WEIGHTS = LossWeights(alpha=1.0, beta=8.0, dimension=1.0)


class Eager(nn.Module):
    """The textbook version: library layers, float32, channels first, nothing compiled."""

    def __init__(self) -> None:
        super().__init__()
        down, up = [], []
        for fine, coarse in zip((1, *FILTERS), FILTERS, strict=False):
            down += [nn.Conv2d(fine, coarse, 3, stride=2, padding=1), nn.SELU()]
            up = [nn.SELU(), nn.ConvTranspose2d(coarse, fine, 3, stride=2, padding=1, output_padding=1), *up]
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(1024, 2 * LATENT))
        self.decoder = nn.Sequential(nn.Linear(LATENT, 1024), nn.Unflatten(1, (256, 2, 2)), *up)
        self.log_shares = torch.from_numpy(log_shares()).float()

    def step(self, spins: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Leave the gradients of the loss in the parameters; return the loss."""
        mean, log_variance = self.encoder(spins.movedim(-1, 1)).chunk(2, 1)
        z = mean + noise * torch.exp(0.5 * log_variance)
        logits = self.decoder(z)[:, 0]
        entropy = nn.functional.binary_cross_entropy_with_logits(logits, spins[..., 0], reduction="sum") / BATCH
        parts = decomposition(z, mean, log_variance, self.log_shares)
        loss = entropy + parts @ torch.tensor([1.0, 8.0, 1.0])
        self.zero_grad()
        loss.backward()
        return loss.detach()


def log_shares() -> np.ndarray:
    """Return the weights that the study uses."""
    return np.log(stratified_shares("mss_reference", BATCH, SAMPLES))


def optimised(parameters: list[nn.Parameter], step: Callable[[], object]) -> Callable[[], None]:
    """Return the step with its optimizer."""
    optimizer = torch.optim.NAdam(parameters, 1e-4, eps=1e-7, momentum_decay=0.4)

    def run() -> None:
        step()
        optimizer.step()

    return run


def seconds(step: Callable[[], object]) -> float:
    """Return the time of one of a few steps."""
    begun = time.perf_counter()
    for _ in range(STEPS):
        step()
    return (time.perf_counter() - begun) / STEPS


def compiled(precision: str, threads: int) -> tuple[Network, CompiledStep]:
    """Return a network and its compiled step."""
    network = Network((SIDE, SIDE), LATENT, FILTERS)
    network.initialise(np.random.default_rng(0))
    half = precision == "bfloat16"
    return network, CompiledStep(network, WEIGHTS, log_shares(), half=half, threads=threads)


def measure() -> dict[str, object]:
    """Measure all in turns, so that whatever else the machine does falls on each alike."""
    threads = torch.get_num_threads()
    numbers = np.random.default_rng(1)
    spins = torch.from_numpy(numbers.integers(0, 2, (BATCH, SIDE, SIDE, 1))).float()
    noise = torch.from_numpy(numbers.normal(size=(BATCH, LATENT))).float()
    eager = Eager()
    runs = {"eager float32": optimised(list(eager.parameters()), lambda: eager.step(spins, noise))}
    begun = time.perf_counter()
    for precision in dict.fromkeys(["float32", choose_precision("auto", torch.device("cpu"))]):
        network, step = compiled(precision, threads)
        run = lambda step=step: step(spins, noise)  # noqa: E731
        runs[f"compiled {precision}"] = optimised(list(network.parameters()), run)
    cold = time.perf_counter() - begun
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(1 + ROUNDS):
        for name, run in runs.items():
            torch.set_num_threads(threads if name.startswith("eager") else 1)
            times[name].append(seconds(run))
    rows = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    ratios = {
        name: statistics.median(a / b for a, b in zip(times["eager float32"][1:], taken[1:], strict=True))
        for name, taken in times.items()
    }
    return {
        "side": SIDE,
        "batch": BATCH,
        "threads": threads,
        "compile_seconds": cold,
        "rows": [
            {"name": name, "step_seconds": taken, "samples_per_second": BATCH / taken, "ratio": ratios[name]}
            for name, taken in rows.items()
        ],
        "target_ratio": 2.0,
    }


def main() -> None:
    """Print the table or the JSON."""
    found = measure()
    if "--write" in sys.argv[1:]:
        path = Path(__file__).parent / "results" / "training.json"
        path.write_text(json.dumps(found, indent=2) + "\n")
    if "--json" in sys.argv[1:]:
        print(json.dumps(found, indent=2))
        return
    print(f"batch {BATCH}, {SIDE} x {SIDE}, {found['threads']} threads; compiled in {found['compile_seconds']:.1f} s")
    for row in found["rows"]:
        print(
            f"{row['name']:<20} {1e3 * row['step_seconds']:7.1f} ms a step"
            f" {row['samples_per_second']:8.0f} samples/s {row['ratio']:5.2f} x"
        )


if __name__ == "__main__":
    main()
