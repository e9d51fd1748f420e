"""Which spins are hidden from a network that must predict them."""

from __future__ import annotations

import numpy as np
import torch


def hidden_patches(count: int, patches: int, share: float, *, generator: np.random.Generator) -> torch.Tensor:
    """Return bool (count, patches): in each configuration the same number of patches, at random places."""
    hidden = round(share * patches)
    ranks = generator.random((count, patches), dtype=np.float32).argsort(1)
    return torch.from_numpy(ranks < hidden)


def spread(patches: torch.Tensor, side: int) -> torch.Tensor:
    """Return patches, (n, P) row by row, as sites (n, side, side)."""
    along = int(patches.shape[1] ** 0.5)
    length = side // along
    return patches.view(-1, along, along).repeat_interleave(length, 1).repeat_interleave(length, 2)


def hidden_spins(count: int, side: int, share: float, *, generator: np.random.Generator) -> torch.Tensor:
    """Return bool (count, side, side): each spin hidden by itself, with a probability that differs by configuration.

    Parameters
    ----------
    count, side : int
        Configurations, and L of the L x L lattice.
    share : float
        Mean of the probability, which is uniform from none to twice as many (up to a half; larger shares are
        the same for all): a classifier will see
        configurations with nothing hidden, so the network has to have seen nearly such.
    generator : numpy.random.Generator
        Chooses.
    """
    shares = generator.uniform(0.0, 2.0 * share, (count, 1, 1)) if share <= 0.5 else share
    return torch.from_numpy(generator.random((count, side, side), dtype=np.float32) < shares)


def isolated_spins(count: int, side: int, *, spacing: int = 5, generator: np.random.Generator) -> torch.Tensor:
    """Return bool (count, side, side): a sparse grid of spins at a random place, no two of them neighbours.

    Parameters
    ----------
    count, side : int
        Configurations, and L of the L x L lattice.
    spacing : int
        Sites from one hidden spin to the next, at least 2.
    generator : numpy.random.Generator
        Chooses the place of the grid.
    """
    # The last line is left out, so that lines on both sides of a seam are never neighbours.
    lines = np.zeros((2, count, side), dtype=bool)
    for axis in range(2):
        first = generator.integers(0, min(spacing, side - 1), count)
        distance = np.arange(side) - first[:, None]
        lines[axis] = (distance >= 0) & (distance % spacing == 0) & (np.arange(side) < side - 1)
    return torch.from_numpy(lines[0][:, :, None] & lines[1][:, None, :])
