"""Sweeps without tables: for many states, many neighbours, or another matrix at every bond."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.sampling.engines.table.exponential import exponential
from spinlens.sampling.engines.table.lanes import LANES, below, draw_lanes

ROOM = 1 << 14
"""Weights that are held at a time: 128 KiB."""

MOST_TOGETHER = 16
"""Lanes that are drawn together at most, enough for vectors."""

LARGEST_EXPONENT = 600.0
"""Products of exponentials whose exponents together stay above minus this neither vanish nor lose digits."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


def products_suffice(
    rows: NDArray[np.float64], site_weights: NDArray[np.float64], inverse_temperature: NDArray[np.float64], *,
    sites: int, slots: int,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return at which temperatures the heat bath multiplies exponentials, rather than adding weights first, bool (T,).

    Exponentials of all rows are worth working out where they are no more than the updates of one sweep, and products of
    them are right where they cannot vanish.
    """
    if rows.size > sites * LANES:
        return np.zeros(len(inverse_temperature), dtype=bool)
    span = slots * np.ptp(rows, axis=2).max(initial=0.0) + np.ptp(site_weights, axis=1).max(initial=0.0)
    return np.asarray(span * inverse_temperature <= LARGEST_EXPONENT)


@njit(cache=True, nogil=True, **_OPTIONS)
def sweep(
    codes: Any, streams: Any, inverse_temperature: Any, rows: Any, site_weights: Any, kind: Any, neighbour: Any,
    which: Any, products: Any, metropolis: bool, count: int,
) -> None:  # fmt: skip
    """Update every site of every chain, site after site, ``count`` times, in place.

    Each update takes one random word r of the lane. The heat bath takes the first code whose cumulative weight exceeds
    its upper 53 bits times the sum. Metropolis proposes another code by the whole part of r (q - 1) / 2^64, and accepts
    by the upper 53 bits of what remains, which is uniform to within q / 2^64.

    Parameters
    ----------
    codes : uint8 or uint16 array, shape (T, N, 64)
        The chains.
    streams : uint64 array, shape (T, 4, 64)
        The generators' states, one a lane.
    inverse_temperature : float64 array, shape (T,)
        Factors of all weights.
    rows : float64 array, shape (D, q, q)
        Weights of the own codes for each code of the neighbour.
    site_weights : float64 array, shape (V, q)
        Weights of the codes.
    kind : int64 array, shape (N,)
        Row of the site weights of each site.
    neighbour, which : int32 array, shape (N, z)
        Neighbours and their matrices, -1 in empty slots, which come last.
    products : bool array, shape (T,)
        See `products_suffice`.
    metropolis : bool
        The rule.
    count : int
        Sweeps.
    """
    sites, slots = neighbour.shape
    states = site_weights.shape[1]
    others, matrices = neighbour.reshape(-1), which.reshape(-1)
    together = max(4, min(MOST_TOGETHER, ROOM // states // 4 * 4))
    weight, words = np.empty(states * together), np.empty(LANES, dtype=np.uint64)
    sums, target = np.empty(together), np.empty(together)
    chosen, one = np.empty(together, dtype=np.int64), np.empty(states)
    change, new = np.empty(LANES), np.empty(LANES, dtype=np.int64)
    for t in range(codes.shape[0]):
        board, stream, factor = codes[t].reshape(-1), streams[t].reshape(-1), inverse_temperature[t]
        multiply = products[t] and not metropolis
        if multiply:
            flat_rows, flat_sites = _exponentials(rows, factor), _exponentials(site_weights, factor)
        else:
            flat_rows, flat_sites = rows.reshape(-1), site_weights.reshape(-1)
        for _ in range(count):
            for i in range(sites):
                draw_lanes(stream, words)
                begin, own, row = i * slots, kind[i] * states, i * LANES
                end = begin
                while end < begin + slots and others[end] >= 0:
                    end += 1
                if metropolis:
                    _propose(
                        board, row, words, factor, flat_rows, flat_sites, own, states, others, matrices, begin, end,
                        change, new,
                    )  # fmt: skip
                    continue
                for start in range(0, LANES, together):
                    many = min(together, LANES - start)
                    for lane in range(many):
                        _weigh(
                            board, start + lane, flat_rows, flat_sites, own, states, others, matrices, begin, end,
                            multiply, one, weight, together, lane,
                        )  # fmt: skip
                    if not multiply:
                        _exponentiate(weight, states, together, factor, target, many)
                    _choose(board, row, start, words, weight, states, together, sums, target, chosen, many)


@njit(**_OPTIONS)
def _exponentials(rows: Any, factor: float) -> Any:
    """Return exp((weight - the largest of its row) / T), flat."""
    states = rows.shape[-1]
    found = rows.copy().reshape(-1)
    for first in range(0, found.size, states):
        largest = found[first]
        for c in range(first + 1, first + states):
            largest = max(largest, found[c])
        for c in range(first, first + states):
            found[c] = exponential((found[c] - largest) * factor)
    return found


@njit(**_OPTIONS)
def _weigh(
    board: Any, lane: int, rows: Any, site_weights: Any, own: int, states: int, neighbour: Any, which: Any, begin: int,
    end: int, multiply: bool, one: Any, weight: Any, together: int, column: int,
) -> None:  # fmt: skip
    """Combine the rows of a site and its neighbours in one lane, into one column of weights (q, lanes)."""
    for c in range(states):
        one[c] = site_weights[_U(own + c)]
    for slot in range(begin, end):
        place = (which[slot] * states + np.int64(board[_U(neighbour[slot] * LANES + lane)])) * states
        if multiply:
            for c in range(states):
                one[c] *= rows[_U(place + c)]
        else:
            for c in range(states):
                one[c] += rows[_U(place + c)]
    for c in range(states):
        weight[_U(c * together + column)] = one[c]


@njit(**_OPTIONS)
def _exponentiate(weight: Any, states: int, together: int, factor: float, most: Any, many: int) -> None:
    for lane in range(many):
        most[lane] = weight[lane]
    for c in range(1, states):
        _raise(most, weight, c * together, many)
    for c in range(states):
        _lower(weight, c * together, most, factor, many)
    for k in range(states * together):
        weight[k] = exponential(weight[k])


@njit(**_OPTIONS)
def _choose(
    board: Any, row: int, start: int, words: Any, weight: Any, states: int, together: int, sums: Any, target: Any,
    chosen: Any, many: int,
) -> None:  # fmt: skip
    """Draw the codes of some lanes by their weights (q, lanes)."""
    for lane in range(many):
        sums[lane] = 0.0
    for c in range(states):
        _add(sums, weight, c * together, many)
    for lane in range(many):
        target[lane] = np.float64(words[_U(start + lane)] >> _U(11)) * 2.0**-53 * sums[lane]
        sums[lane], chosen[lane] = 0.0, 0
    for c in range(states):
        _pass(sums, weight, c * together, target, chosen, many)
    for lane in range(many):
        board[_U(row + start + lane)] = chosen[lane]


@njit(inline="always")
def _raise(most: Any, weight: Any, start: int, many: int) -> None:
    for lane in range(many):
        here = weight[_U(start + lane)]
        most[lane] = here if here > most[lane] else most[lane]


@njit(inline="always")
def _lower(weight: Any, start: int, most: Any, factor: float, many: int) -> None:
    for lane in range(many):
        weight[_U(start + lane)] = (weight[_U(start + lane)] - most[lane]) * factor


@njit(inline="always")
def _add(sums: Any, weight: Any, start: int, many: int) -> None:
    for lane in range(many):
        sums[lane] += weight[_U(start + lane)]


@njit(inline="always")
def _pass(sums: Any, weight: Any, start: int, target: Any, chosen: Any, many: int) -> None:
    """Go past a code in those lanes whose cumulative weight with it does not exceed the target."""
    for lane in range(many):
        sums[lane] += weight[_U(start + lane)]
        chosen[lane] += np.int64(sums[lane] <= target[lane])


@njit(**_OPTIONS)
def _propose(
    board: Any, row: int, words: Any, factor: float, rows: Any, site_weights: Any, own: int, states: int,
    neighbour: Any,
    which: Any, first_slot: int, last_slot: int, change: Any, new: Any,
) -> None:  # fmt: skip
    """Metropolis for one site of all lanes."""
    for lane in range(LANES):
        code = np.int64(board[_U(row + lane)])
        other = code + 1 + np.int64(below(words[lane], _U(states - 1)))
        new[lane] = other - states if other >= states else other
        change[lane] = site_weights[_U(own + new[lane])] - site_weights[_U(own + code)]
    for slot in range(first_slot, last_slot):
        beside, place = neighbour[slot] * LANES, which[slot] * states
        for lane in range(LANES):
            base = (place + np.int64(board[_U(beside + lane)])) * states
            code = np.int64(board[_U(row + lane)])
            change[lane] += rows[_U(base + new[lane])] - rows[_U(base + code)]
    for lane in range(LANES):
        change[lane] = exponential(min(change[lane] * factor, 0.0))
    for lane in range(LANES):
        uniform = np.float64(words[lane] * _U(states - 1) >> _U(11)) * 2.0**-53
        board[_U(row + lane)] = new[lane] if uniform < change[lane] else board[_U(row + lane)]
