"""Clusters of configurations that are already there: bonds drawn afterwards, of any model whose colours are alike.

Two spins with couplings of either sign, and q colours that gain energy where neighbours are equal, have in common that
the weight of a configuration is a sum over bonds: each satisfied one, which gains g, is active with probability
1 - exp(-g / T), and given the active bonds every cluster has each of its images under permutations of the codes with
the same probability.

References
----------
C. M. Fortuin and P. W. Kasteleyn, Physica 57, 536 (1972), doi:10.1016/0031-8914(72)90045-6;
R. G. Edwards and A. D. Sokal, Phys. Rev. D 38, 2009 (1988), doi:10.1103/PhysRevD.38.2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model, OrderParameter, Sites
from spinlens.models.two_states import signed_couplings

Array = NDArray[np.float64]

ROUNDING = 1e-12
"""Of strengths relative to the largest coupling: what is smaller is no field."""


@dataclass(frozen=True, eq=False)
class ClusterBonds:
    """What the bonds of a model gain where they are satisfied, and what clusters then add to an order parameter.

    Attributes
    ----------
    gains : ndarray, float64 (B,)
        Energy by which a satisfied bond lies below one that is not, >= 0.
    equal : ndarray, bool (B,)
        Whether a bond is satisfied by equal codes; else by opposite spins.
    amplitudes : ndarray, float64 (d, N)
        The order parameter of each site for spin up, or the factor of its unit vector to a corner of the simplex.
    """

    gains: Array
    equal: NDArray[np.bool_]
    amplitudes: Array

    @classmethod
    def of(cls, model: Model, lattice: Lattice, order: OrderParameter, **controls: float) -> ClusterBonds:
        """Ask a model at a point of its controls.

        Raises
        ------
        InputError
            If it is more than bonds between colours that are alike, or the order parameter tells them apart.
        """
        if model.imaginary_time or not model.specified:
            why = "has no bonds that follow from a configuration"
            raise InputError("model", model.text, why, "Use observables")
        here = model.at(**controls)
        strengths = here.strengths(lattice, **here.values_of_controls(controls))
        states = here.space.states
        gains, equal = (_two_states if states == 2 else _colours)(here, lattice, strengths)
        return cls(gains, equal, _amplitudes(here, lattice, order))

    def probabilities(self, temperature: float) -> Array:
        """Return with which probability each bond is active where it is satisfied, float64 (B,)."""
        return np.asarray(-np.expm1(-self.gains / temperature))


def _two_states(model: Model, lattice: Lattice, strengths: Any) -> tuple[Array, NDArray[np.bool_]]:
    couplings, fields = signed_couplings(model, lattice, strengths)
    if np.abs(fields).max() > ROUNDING * np.abs(couplings).max(initial=0.0):
        strongest = float(fields[np.abs(fields).argmax()])
        why = "holds a site, so that clusters are not free to reverse"
        raise InputError("field", strongest, why, "Choose the conditions without one, or use observables")
    return 2.0 * np.abs(couplings), couplings > 0


def _colours(model: Model, lattice: Lattice, strengths: Any) -> tuple[Array, NDArray[np.bool_]]:
    tables = model.tables(lattice)
    if tables.circular:
        weights, which = tables.step_weights(strengths)
        own, off = weights[:, :1], weights[:, 1:]
    else:
        weights, which = tables.bond_weights(strengths)
        own, off = np.diagonal(weights, axis1=1, axis2=2), weights[:, ~np.eye(model.space.states, dtype=bool)]
    slack = ROUNDING * np.abs(weights).max(initial=0.0)
    if np.ptp(own, axis=1).max() > slack or np.ptp(off, axis=1).max() > slack:
        why = "has bonds that tell more than whether two codes are equal"
        raise InputError("model", model.text, why, "Use observables")
    gains = own[:, 0] - off[:, 0]
    if gains.min() < -slack:
        why = "gains energy where neighbours differ, which they can in several ways"
        raise InputError("model", model.text, why, "Use observables")
    if np.ptp(tables.site_weights(strengths)[0], axis=1).max() > slack:
        why = "has fields, so that clusters are not free to take any colour"
        raise InputError("model", model.text, why, "Choose the conditions without, or use observables")
    return np.maximum(gains, 0.0)[which], np.ones(len(which), dtype=np.bool_)


def _amplitudes(model: Model, lattice: Lattice, order: OrderParameter) -> Array:
    """Return what each site adds to an order parameter, see `ClusterBonds`."""
    tables, states = model.tables(lattice), model.space.states
    terms = [tables.names.index(name) for name in order.series]
    classes, which = tables.site_classes
    vectors = np.tensordot(order.matrix, classes[terms], axes=1) + order.constant[:, None, None]
    lengths = np.linalg.norm(vectors[:, :, 0], axis=0)
    symmetric = all(isinstance(tables.terms[term], Sites) for term in terms) and lengths.max() > 0
    if symmetric and states == 2:
        symmetric, found = np.allclose(vectors.sum(axis=-1), 0.0), vectors[:, :, 1]
    elif symmetric:
        corners = vectors[:, lengths.argmax()] / lengths.max()
        found = (vectors[:, :, 0].T @ corners[:, 0])[None]
        products = (states * np.eye(states) - 1.0) / (states - 1.0)
        symmetric = np.allclose(corners.T @ corners, products) and np.allclose(
            vectors, found[..., None] * corners[:, None]
        )
    if not symmetric:
        why = "does not change with the colours of clusters as a vector to the corners of a simplex"
        raise InputError("order_parameter", order.name, why, "Use observables")
    return np.ascontiguousarray(found[:, which])


@njit(inline="always")
def _root(parent: Any, site: int) -> int:
    while parent[site] != site:
        parent[site] = parent[parent[site]]
        site = parent[site]
    return site


@njit(cache=True, nogil=True, error_model="numpy")
def label_clusters(
    codes: Any, first: Any, second: Any, equal: Any, probabilities: Any, random: Any, labels: Any
) -> None:  # fmt: skip
    """Draw the bonds of some configurations and name the cluster of each site by its first site.

    Parameters
    ----------
    codes : unsigned array, shape (R, N)
        Configurations.
    first, second : int64 array, shape (B,)
        Ends of the bonds.
    equal : bool array, shape (B,)
        Which codes satisfy each bond, see `ClusterBonds`.
    probabilities : float64 array, shape (B,)
        Of a satisfied bond to be active.
    random : numpy.random.Generator
        Gives one number for each satisfied bond, configuration by configuration, in the order of the bonds.
    labels : int32 array, shape (R, N)
        Filled.
    """
    for row in range(codes.shape[0]):
        parent, here = labels[row], codes[row]
        for site in range(parent.size):
            parent[site] = site
        for bond in range(first.size):
            i, j = first[bond], second[bond]
            if (here[i] == here[j]) == equal[bond] and random.random() < probabilities[bond]:
                i, j = _root(parent, i), _root(parent, j)
                parent[max(i, j)] = min(i, j)
        for site in range(parent.size):
            # The root is the first site of its cluster, whose name is known by now.
            parent[site] = parent[parent[site]]


@njit(cache=True, nogil=True, error_model="numpy")
def pairs_along(names: Any, side: int, stride: int) -> Any:
    """Sum over pairs of one cluster on a line, without going round, 1 for equal and -1 for opposite spins.

    Parameters
    ----------
    names : int32 array, shape (R, N)
        The cluster of each site, from 1 on, with the sign of its spin.
    side : int
        Of the axis along which the lines lie.
    stride : int
        Sites from one to the next on a line.

    Returns
    -------
    int64 array, shape (R, side)
        By the distance.
    """
    found = np.zeros((names.shape[0], side), dtype=np.int64)
    block = side * stride
    for row in range(names.shape[0]):
        for start in range(0, names.shape[1], block):
            for distance in range(side):
                step, total = distance * stride, 0
                one, two = names[row, start : start + block - step], names[row, start + step : start + block]
                # Without a branch, and with the arrays side by side, this is vector code.
                for k in range(one.size):
                    total += one[k] == two[k]
                    total -= one[k] == -two[k]
                found[row, distance] += total
    return found
