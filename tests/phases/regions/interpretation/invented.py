"""Labelled images with spins that agree the less the hotter they are; no sampling."""

from __future__ import annotations

import numpy as np

from spinlens.phases.regions import Labelled, region_of


def invented(count: int, *, side: int = 8, chains: int = 16, seed: int = 0) -> Labelled:
    random = np.random.default_rng(seed)
    temperature = np.round(random.uniform(0.01, 4.0, count), 2)
    flipped = random.random((count, side, side)) < temperature[:, None, None] / 9
    spins = (np.where(flipped, -1, 1) * random.choice([-1, 1], (count, 1, 1))).astype(np.int8)
    bonds = spins * np.roll(spins, 1, axis=1) + spins * np.roll(spins, 1, axis=2)
    return Labelled(
        spins=spins, labels=region_of(temperature), temperature=temperature, chain=random.integers(chains, size=count),
        draw=np.zeros(count, np.int64), energy=-bonds.mean(axis=(1, 2)), magnetization=spins.mean(axis=(1, 2)),
    )  # fmt: skip
