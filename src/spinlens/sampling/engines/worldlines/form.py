"""Which models the engine knows, and what it needs of them: couplings, fields and the rate of kinks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import TICKS, Model
from spinlens.models.two_states import signed_couplings

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Form:
    """A model of two states in imaginary time on a lattice, at a point of its controls.

    Attributes
    ----------
    couplings : ndarray, float64 (B,)
        What each bond gains while its two spins are equal, signs of seams included, in units of energy.
    fields : ndarray, float64 (N,)
        What each spin gains while it is up, walls included.
    kinks : float
        The strength of the kinks, in units of energy.
    """

    couplings: Array
    fields: Array
    kinks: float

    @property
    def attractive(self) -> bool:
        """Whether all bonds and fields favour spins that are equal."""
        return bool((self.couplings >= 0).all() and ((self.fields >= 0).all() or (self.fields <= 0).all()))


def form_of(model: Model, lattice: Lattice, strengths: Any) -> Form | str:
    """Return the model as the kernels see it, or in words why they cannot."""
    if not model.imaginary_time:
        return "moves worldlines, and configurations without imaginary time are none"
    if model.space.states != 2:
        return f"flips worldlines of two states, and {model.space.text} has {model.space.states}"
    events = model.tables(lattice).events
    if events.sum() != 1:
        return f"knows one kind of kinks, and {model.name} has {events.sum()}"
    couplings, fields = signed_couplings(model, lattice, np.where(events, 0.0, strengths))
    return Form(couplings, fields, float(strengths[events][0]))


@dataclass(frozen=True, eq=False)
class Tally:
    """What is summed along worldlines: of each bond while its spins are equal or not, of each site down and up.

    Attributes
    ----------
    bonds : ndarray, int64 (terms, B, 2)
        What a tick counts with different and with equal spins.
    sites : ndarray, int64 (terms, N, 2)
        What a tick counts with the spin down and up.
    events : ndarray, int64 (terms,)
        What a kink counts.
    """

    bonds: Integers
    sites: Integers
    events: Integers


def tally_of(model: Model, lattice: Lattice) -> Tally:
    """Return what a model on a lattice counts.

    Bonds must count the same with both spins turned, which those of the models of this package do.
    """
    tables = model.tables(lattice)
    (bonds, bond), (sites, site) = tables.bond_classes, tables.site_classes
    assert np.array_equal(bonds, bonds[:, :, ::-1, ::-1])
    pairs = np.stack([bonds[:, :, 0, 1], bonds[:, :, 0, 0]], axis=-1)[:, bond] // TICKS
    return Tally(pairs, sites[:, site] // TICKS, tables.events.astype(np.int64))
