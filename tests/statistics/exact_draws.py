"""Configurations of small lattices drawn from all their states, with chains as replica exchange ties them."""

from __future__ import annotations

from functools import cache

import numpy as np

from spinlens.exact import state_probabilities
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.statistics import Configurations


@cache
def _cumulative(model, lattice, temperatures, **controls):
    return np.array([np.cumsum(state_probabilities(model, lattice, temperature=t, **controls)) for t in temperatures])


def drawn(side, temperatures, *, seed, chains=32, draws=40, tied=0.0, model=None, **controls):
    """Return exact draws on a periodic square.

    A share ``tied`` of the draws of a chain comes from the same uniform numbers at all temperatures, so that chains of
    one number are as dependent as chains can be, and those of different numbers not at all.
    """
    model, lattice = model or Ising(), Lattice((side, side))
    cumulative = _cumulative(model, lattice, tuple(temperatures), **controls)
    generator = np.random.default_rng([seed, side])
    uniform = generator.random((len(cumulative), chains, draws))
    common = generator.random((chains, draws)) < tied
    uniform = np.where(common, uniform[:1], uniform)
    states = np.stack([np.searchsorted(c, u * c[-1]) for c, u in zip(cumulative, uniform, strict=True)])
    q = model.space.states
    codes = states[..., None] // q ** np.arange(side**2) % q
    codes = codes.reshape(*states.shape, side, side).astype(np.uint8)
    return Configurations(codes, np.array(temperatures), model.space)


def spins_per_site(found):
    """Return the magnetization of each draw, (C, chain, draw)."""
    return found.space.decode(found.codes).mean(axis=tuple(range(3, found.codes.ndim)))
