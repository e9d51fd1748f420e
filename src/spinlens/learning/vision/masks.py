"""Which sites are hidden from a network that must predict them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch


def hidden_patches(count: int, patches: int, share: float, *, generator: np.random.Generator) -> torch.Tensor:
    """Return bool (count, patches): in each configuration the same number of patches, at random places."""
    hidden = round(share * patches)
    ranks = generator.random((count, patches), dtype=np.float32).argsort(1)
    return torch.from_numpy(ranks < hidden)


def spread(patches: torch.Tensor, shape: Sequence[int], patch: int) -> torch.Tensor:
    """Return patches, (n, P) row by row, as sites (n, *shape)."""
    sites = patches.view(-1, *(side // patch for side in shape))
    for axis in range(1, sites.ndim):
        sites = sites.repeat_interleave(patch, axis)
    return sites


def hidden_spins(
    count: int, shape: Sequence[int], share: float, *, generator: np.random.Generator
) -> torch.Tensor:  # fmt: skip
    """Return bool (count, *shape): each site hidden by itself, with a probability that differs by configuration.

    Parameters
    ----------
    count : int
        Configurations.
    shape : sequence of int
        Sides of the lattice.
    share : float
        Mean of the probability, which is uniform from none to twice as many (up to a half; larger shares are
        the same for all): a classifier will see
        configurations with nothing hidden, so the network has to have seen nearly such.
    generator : numpy.random.Generator
        Chooses.
    """
    shares = generator.uniform(0.0, 2.0 * share, (count, *(1 for _ in shape))) if share <= 0.5 else share
    return torch.from_numpy(generator.random((count, *shape), dtype=np.float32) < shares)


def isolated_spins(
    count: int, shape: Sequence[int], *, spacing: int = 5, generator: np.random.Generator
) -> torch.Tensor:
    """Return bool (count, *shape): a sparse grid of sites at a random place, no two of them neighbours.

    Parameters
    ----------
    count : int
        Configurations.
    shape : sequence of int
        Sides of the lattice.
    spacing : int
        Sites from one hidden site to the next, at least 2.
    generator : numpy.random.Generator
        Chooses the place of the grid.
    """
    hidden = np.ones((count, *shape), dtype=bool)
    for axis, side in enumerate(shape):
        first = generator.integers(0, min(spacing, side - 1), count)
        distance = np.arange(side) - first[:, None]
        # The last line is left out, so that lines on both sides of a seam are never neighbours.
        lines = (distance >= 0) & (distance % spacing == 0) & (np.arange(side) < side - 1)
        hidden &= lines.reshape(count, *(side if other == axis else 1 for other in range(len(shape))))
    return torch.from_numpy(hidden)
