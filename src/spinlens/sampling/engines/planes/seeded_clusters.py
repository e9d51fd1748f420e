"""Clusters of a few random sites change together, in all 64 chains at once: spins turn, colours are permuted.

It is `spinlens.sampling.engines.bits.seeded_clusters` for codes of several bits. Bonds are active between spins of the
same sign, and between equal colours (Fortuin and Kasteleyn). A spin 0 has no active bonds and stays; so these clusters
do not reach every state without sweeps of single sites. Given the bonds each cluster has any colour with the same
probability: the seeds' clusters get theirs from one random shift of the circle of colours a chain, which is drawn
without a look at them. For spins a field and walls are one bond of each site to a ghost.

References
----------
C. M. Fortuin and P. W. Kasteleyn, Physica 57, 536 (1972), doi:10.1016/0031-8914(72)90045-6; for spin 1 M. Blume, V. J.
Emery and R. B. Griffiths, Phys. Rev. A 4, 1071 (1971), doi:10.1103/PhysRevA.4.1071.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.bits import NONE, ONE, ONES, WORD
from spinlens.sampling.engines.bits.bitsliced import HALO
from spinlens.sampling.engines.bits.bonds import RowBonds, by_rows
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.bits.rows.layout import places_of_sites
from spinlens.sampling.engines.bits.seeded_clusters import (
    activate_vector,
    draw_seeds,
    fill,
    finish,
    join_ghost,
)
from spinlens.sampling.engines.bits.swendsen_wang import activate
from spinlens.sampling.engines.bits.words import WIDTH, aligned, any_bit, load, spread, store
from spinlens.sampling.engines.planes.codes import INLINED, differing, load_code
from spinlens.sampling.engines.planes.forms import Form
from spinlens.sampling.engines.table.lanes import below

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


def bonds_of(form: Form, lattice: Lattice) -> RowBonds | str:
    """Return the bonds of a model row by row, with the strengths that Ising spins would have, or in words why not."""
    weights = form.site_weights
    if form.spins:
        coupling, fields = form.coupling, ((weights[:, 2] - weights[:, 0]) / 2)[form.site]
    elif form.coupling < 0:
        return "follows pairs of equal colours, which repel here"
    elif np.ptp(weights, axis=1).any():
        return "follows colours that no field or wall holds"
    else:
        coupling, fields = form.coupling / 2, np.zeros(lattice.sites)
    bonds = by_rows(lattice, np.where(lattice.neighbours.turned, -coupling, coupling), fields)
    assert bonds is not None
    return bonds


class SeededClusters:
    """The clusters of a few random sites, once for each sweep.

    Parameters
    ----------
    form : Form
        The model.
    lattice : Lattice
        Where it stands.
    temperature : ndarray, float64 (T,)
        Of the conditions.
    streams : ndarray, uint64 (T, 4, columns)
        States of the generators, see `spinlens.sampling.engines.bits.updates.seeded_streams`.
    chains : int
        Chains in use.
    """

    def __init__(
        self, form: Form, lattice: Lattice, temperature: NDArray[np.float64], streams: NDArray[np.uint64], chains: int
    ) -> None:
        bonds = bonds_of(form, lattice)
        assert isinstance(bonds, RowBonds)
        self.bonds, self.streams, self.chains = bonds, streams, chains
        self.kind = (0,) * (1 if form.spins else 2)
        self.code, self.states, self.places = (0,) * form.planes, form.states, places_of_sites(lattice)
        self.thresholds, self.ghost_thresholds = bonds.thresholds(temperature)

    def advance(self, words: NDArray[np.uint64], sweeps: int) -> None:
        """Sweep words (T, planes, rows, 2, columns) so often, in place."""
        bonds = self.bonds
        for c, board in enumerate(words.reshape(*words.shape[:2], -1)):
            update(
                board, self.places, self.streams[c], self.kind, self.code, self.states, bonds.there, bonds.turned,
                bonds.source, bonds.target, bonds.shift, self.thresholds[c], bonds.kinds, bonds.held,
                self.ghost_thresholds[c], self.chains, sweeps,
            )  # fmt: skip


def satisfied(kind: Any, sites: Any, before: int, here: int, pitch: int, code: Any, turned: Any) -> Any:
    """Return the lanes in which eight bonds may be active: spins of one sign, or equal colours."""
    raise NotImplementedError("for compiled code only")


@overload(satisfied, jit_options=INLINED)
def _satisfied(kind: Any, sites: Any, before: Any, here: Any, pitch: Any, code: Any, turned: Any) -> Any:
    def spins(kind: Any, sites: Any, before: Any, here: Any, pitch: Any, code: Any, turned: Any) -> Any:
        opposite = load(sites, pitch + before) ^ load(sites, pitch + here) ^ turned
        return ~(load(sites, before) | load(sites, here) | opposite)

    def colours(kind: Any, sites: Any, before: Any, here: Any, pitch: Any, code: Any, turned: Any) -> Any:
        return ~differing(load_code(sites, before, pitch, code), load_code(sites, here, pitch, code))

    return spins if len(kind) == 1 else colours


@njit(**_OPTIONS)
def _activate_slot(
    kind: Any, sites: Any, code: Any, source: int, shift: int, row: int, pitch: int, plane: int, there: Any,
    turned: Any, lanes: Any, threshold: Any, streams: Any, active: Any, tied: Any,
) -> None:  # fmt: skip
    """Activate the bonds of a row to the sites before it in one direction; ``active`` is one row of words."""
    chosen, here, before = spread(lanes), row * pitch + HALO, source * pitch + HALO - shift
    for j in range(0, there.size, WIDTH):
        bonds = satisfied(kind, sites, before + j, here + j, plane, code, load(turned, j)) & load(there, j) & chosen
        found, open_lanes = activate_vector(bonds, threshold, streams, j)
        store(active, HALO + j, found)
        if any_bit(open_lanes) != NONE:
            store(tied, 0, open_lanes)
            finish(active, HALO + j, tied, threshold, streams, j)


@njit(**_OPTIONS)
def _activate_all(
    kind: Any, sites: Any, code: Any, there: Any, turned: Any, source: Any, shift: Any, thresholds: Any, lanes: Any,
    kinds: Any, held: Any, ghost_thresholds: Any, ghost: bool, streams: Any, active: Any, tied_now: Any,
    open_lanes: Any,
) -> None:  # fmt: skip
    """Activate all bonds, row by row, and those to the ghost."""
    slots, rows, _ = there.shape
    width, pitch = kinds.shape[1], sites.shape[2]
    for plane in range(sites.shape[0]):
        for row in range(rows):
            sites[plane, row, HALO - 1] = sites[plane, row, HALO + width - 1]
    for row in range(rows):
        for slot in range(slots):
            bonds = active[slot, row]
            _activate_slot(
                kind, sites, code, source[slot, row], shift[slot], row, pitch, rows * pitch, there[slot, row],
                turned[slot, row], lanes, thresholds[slot], streams, bonds, open_lanes,
            )  # fmt: skip
            if slot and shift[slot]:
                bonds[HALO + width] = bonds[HALO]
        if ghost:
            for y in range(width):
                here = kinds[row, y]
                follows = ~(sites[0, row, HALO + y] | (sites[1, row, HALO + y] ^ held[here])) & lanes
                tied_now[row, HALO + y] = activate(follows, ghost_thresholds[here], streams, y)


@njit(**_OPTIONS)
def _draw_images(kind: Any, streams: Any, images: Any) -> None:
    """Draw for each lane by how far colours are shifted round the circle, and set the image of each, bit by bit."""
    if len(kind) == 1:
        return
    states, planes = images.shape
    images[:] = NONE
    for lane in range(WORD):
        shift = 1 + np.int64(below(draw(streams, 0), np.uint64(states - 1)))
        for c in range(states):
            for plane in range(planes):
                images[c, plane] |= np.uint64((c + shift) % states >> plane & 1) << np.uint64(lane)


@njit(**_OPTIONS)
def _change(kind: Any, sites: Any, row: int, y: int, members: Any, images: Any, new: Any) -> None:
    """Turn the spins of some lanes, or permute their colours."""
    if members == NONE:
        return
    if len(kind) == 1:
        sites[1, row, y] ^= members & ~sites[0, row, y]
        return
    states, planes = images.shape
    new[:] = NONE
    for c in range(states):
        own = members
        for plane in range(planes):
            own &= ~(sites[plane, row, y] ^ (NONE - np.uint64(c >> plane & 1)))
        for plane in range(planes):
            new[plane] |= own & images[c, plane]
    for plane in range(planes):
        sites[plane, row, y] = (sites[plane, row, y] & ~members) | new[plane]


@njit(cache=True, nogil=True, **_OPTIONS)
def update(
    words: Any, places: Any, streams: Any, kind: Any, code: Any, states: int, there: Any, turned: Any, source: Any,
    target: Any, shift: Any, thresholds: Any, kinds: Any, held: Any, ghost_thresholds: Any, chains: int, count: int,
) -> None:  # fmt: skip
    """Change the clusters of a few random sites in each chain of one condition, ``count`` times.

    Parameters
    ----------
    words : uint64 array, shape (planes, W)
        The codes; changed in place.
    places : int32 array, shape (sites,)
        Where the word of each site is.
    streams : uint64 array, shape (4, columns)
        State of one xoshiro256++ generator a column of the lattice; the first also draws seeds and shifts.
    kind, code : tuple of int
        One for spins, two for colours; as long as a code has bits.
    states : int
        Number of codes.
    there, turned, source, target, shift, thresholds, kinds, held, ghost_thresholds, chains, count
        As for `spinlens.sampling.engines.bits.seeded_clusters.update`.
    """
    slots, rows, columns = there.shape
    width, planes = kinds.shape[1], len(code)
    ghost = bool(np.any(ghost_thresholds != NONE))
    lanes = ONES if chains == WORD else (ONE << np.uint64(chains)) - ONE
    bits_left = np.uint64(WORD)
    while np.uint64(places.size - 1) >> (np.uint64(WORD) - bits_left):
        bits_left -= ONE
    pitch = columns + 2 * HALO
    sites = aligned(planes * rows, pitch).reshape(planes, rows, pitch)
    member, tied_now = aligned(rows, pitch), aligned(rows, pitch)
    active = aligned(slots * rows, pitch).reshape(slots, rows, pitch)
    open_lanes, new = np.empty(WIDTH, dtype=np.uint64), np.empty(planes, dtype=np.uint64)
    images = np.empty((states, planes), dtype=np.uint64)
    fresh = np.zeros((2, rows), dtype=np.bool_)
    for plane in range(planes):
        for row in range(rows):
            for y in range(width):
                sites[plane, row, HALO + y] = words[plane, places[row * width + y]]
    for _ in range(count):
        _activate_all(
            kind, sites, code, there, turned, source, shift, thresholds, lanes, kinds, held, ghost_thresholds, ghost,
            streams, active, tied_now, open_lanes,
        )  # fmt: skip
        member[:] = NONE
        draw_seeds(member, fresh, lanes, streams, bits_left, width)
        _draw_images(kind, streams, images)
        fill(member, active, source, target, shift, fresh, width)
        reversed_lanes = NONE
        if ghost:
            reversed_lanes = join_ghost(member, tied_now, fresh, width)
            fill(member, active, source, target, shift, fresh, width)
        for row in range(rows):
            for y in range(HALO, HALO + width):
                _change(kind, sites, row, y, member[row, y] ^ reversed_lanes, images, new)
    for plane in range(planes):
        for row in range(rows):
            for y in range(width):
                words[plane, places[row * width + y]] = sites[plane, row, HALO + y]
