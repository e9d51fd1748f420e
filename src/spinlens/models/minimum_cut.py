"""Ground states of ferromagnets in any fields, as minimum cuts of a network.

With J >= 0 the energy is a constant plus 2 J for each bond between unequal spins and 2 abs(h) for each spin against its
field. A cut that parts the source, which is up, from the sink, which is down, costs half of that when bonds have
capacity J both ways and fields are arcs from the source or to the sink; the cheapest cut follows from the largest flow.

References
----------
J.-C. Angles d'Auriac, M. Preissmann and R. Rammal, J. Phys. Lett. 46, L173 (1985),
doi:10.1051/jphyslet:01985004605017300.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from spinlens.lattices import Lattice
from spinlens.models.model import Model
from spinlens.models.two_states import signed_couplings

Integers = NDArray[np.int64]

BITS = 44
"""Capacities are whole multiples of a power of two, the largest one about 2^BITS of them."""

ROUND = 30
"""Bits of capacities in one round: SciPy keeps flows in 32."""


@lru_cache(maxsize=32)
def lowest_states(model: Model, lattice: Lattice, strengths: tuple[float, ...]) -> NDArray[np.uint8] | None:
    """Return ground states of a model of two states, codes (G, *shape), or None where a bond favours unequal codes.

    Parameters
    ----------
    model : Model
        As `Model.at` returns it.
    lattice : Lattice
        Where.
    strengths : tuple of float
        Of its terms.

    Returns
    -------
    ndarray, uint8 (G, *shape)
        The ground state with the fewest sites of code 1 and the one with the most; all others lie between. One where
        these are equal. Energies that differ by less than the largest coupling or field over 2^44, a site, are not
        told apart.
    """
    couplings, fields = signed_couplings(model, lattice, np.array(strengths))
    if (couplings < 0).any():
        return None
    found = _extremes(lattice, couplings, fields)
    states = np.unique(found.astype(np.uint8), axis=0).reshape(-1, *lattice.shape)
    states.setflags(write=False)
    return states


def _extremes(lattice: Lattice, couplings: Any, fields: Any) -> NDArray[np.bool_]:
    """Return which sites are up in the two extreme ground states, (2, N)."""
    table, sites = lattice.neighbours, lattice.sites
    source, sink = sites, sites + 1
    every, largest = np.arange(sites), max(np.abs(couplings).max(initial=0.0), np.abs(fields).max())
    if largest == 0:
        return np.array([[False] * sites, [True] * sites])
    start = np.concatenate([table.first, table.second, np.where(fields > 0, source, every)])
    end = np.concatenate([table.second, table.first, np.where(fields > 0, every, sink)])
    # A power of two, so that states which are equally low stay so.
    scale = 2.0 ** (BITS - np.ceil(np.log2(largest)))
    sizes = np.rint(np.concatenate([couplings, couplings, np.abs(fields)]) * scale).astype(np.int64)
    # Arcs both ways between all pairs, so that flows find their place; parallel bonds add up.
    both = (np.concatenate([start, end]), np.concatenate([end, start]))
    capacity = csr_array((np.concatenate([sizes, 0 * sizes]), both), shape=(sites + 2,) * 2)
    capacity.sum_duplicates()
    residual = _without_flow(capacity, source, sink)
    residual.eliminate_zeros()
    up, reached = np.zeros((2, sites + 2), dtype=bool)
    # What the source still reaches must be up; what still reaches the sink must be down.
    up[breadth_first_order(residual, source, return_predecessors=False)] = True
    reached[breadth_first_order(csr_array(residual.T), sink, return_predecessors=False)] = True
    return np.stack([up[:sites], ~reached[:sites]])


def _without_flow(capacity: csr_array, source: int, sink: int) -> csr_array:
    """Return what a largest flow leaves of the capacities, exactly, by rounds of growing precision.

    A largest flow of capacities without their last k bits leaves at most 2^k for each arc of its cut, so that all the
    rest of the flow fits in fewer bits than the capacities had.
    """
    residual = capacity.astype(np.int64)
    arcs = max(1, int(residual.nnz))
    shift = max(0, BITS + arcs.bit_length() - ROUND)
    while True:
        coarse = residual.copy()
        most = (1 << ROUND) - 1
        coarse.data = np.minimum(residual.data >> shift, most).astype(np.int64)
        flow = maximum_flow(csr_array(coarse.astype(np.int32)), source, sink).flow
        moved = csr_array(flow).astype(np.int64)
        residual = csr_array(residual - moved * (1 << shift))
        if shift == 0:
            return residual
        shift = max(0, shift - (ROUND - arcs.bit_length()))
