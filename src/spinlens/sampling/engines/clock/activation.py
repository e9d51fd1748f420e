"""Bonds of embedded clusters: which of them are active, for 64 chains side by side.

With the axis m / 2 the cosine of a bond falls by cos(b - a) - cos(b + a - m) = 2 sin(a - m / 2) sin(b - m / 2) if one
of its ends a and b is reflected, so that every site has its sine once and a bond is a product. As in sweeps of single
sites, single precision tells for nearly all lanes whether a random number lies below the probability 1 - exp(-gain) of
an active bond, and whole numbers for the others. Where nothing is gained a lane takes no random word: its generator
stays where it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.clock.kernel import quick_exponential
from spinlens.sampling.engines.clock.vectors import (
    MANY,
    all_singles,
    all_wholes,
    bits_of,
    gather,
    load_codes,
    load_longs,
    load_singles,
    load_wholes,
    moved_left,
    rotated,
    select,
    store_longs,
    store_singles,
    to_singles,
    top_bits,
)
from spinlens.sampling.engines.table.exponential import exponential
from spinlens.sampling.engines.table.lanes import LANES

DIGIT = 24
"""Bits of a random number that single precision holds."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U, _F = np.uint64, np.float32
_FULL, _MARGIN, _NONE, _SMALLEST = _F(1 << DIGIT), _F(4.0), _F(0.0), _F(-20.0)


@njit(inline="always")
def active(gain: float, word: Any) -> Any:
    """Return whether a random word lies below the probability 1 - exp(-gain), in exact arithmetic."""
    return np.float64(word >> _U(11)) * 2.0**-53 < 1.0 - exponential(-gain)


@njit(inline="always")
def site_gain(place: Any, heat: Any, kind: int, code: int, m: int) -> Any:
    """Return how much ln p of a site falls in the field and beside walls if it is reflected."""
    image = (m - code) % place.states
    walls = place.walls[kind, code] - place.walls[kind, image]
    return heat.bond * np.float64(walls) + heat.site * np.float64(place.sites[kind, code] - place.sites[kind, image])


@njit(inline="always")
def half_sines(codes: Any, axes: Any, place: Any) -> Any:
    """Return the sines of sixteen angles less half the codes of their axes."""
    twice = codes + codes - axes
    return gather(place.half_sines, select(twice < all_wholes(0), twice + all_wholes(2 * place.states), twice))


@njit(inline="always")
def _draw_some(stream: Any, v: int, some: Any) -> Any:
    """Return random words of sixteen lanes; those that need none do not move on."""
    x0, x1 = load_longs(stream, v), load_longs(stream, v + LANES)
    x2, x3 = load_longs(stream, v + 2 * LANES), load_longs(stream, v + 3 * LANES)
    result = rotated(x0 + x3, _U(23)) + x0
    y2, y3 = x2 ^ x0, x3 ^ x1
    store_longs(stream, v, select(some, x0 ^ y3, x0))
    store_longs(stream, v + LANES, select(some, x1 ^ y2, x1))
    store_longs(stream, v + 2 * LANES, select(some, y2 ^ moved_left(x1, _U(17)), x2))
    store_longs(stream, v + 3 * LANES, select(some, rotated(y3, _U(45)), x3))
    return result


@njit(cache=True, nogil=True, **_OPTIONS)
def activate_bonds(board: Any, stream: Any, axes: Any, place: Any, heat: Any, sines: Any, links: Any) -> None:
    """Write which bonds are active, a bit for each lane.

    Parameters
    ----------
    board : uint16 array, shape (N * 64,)
        The chains.
    stream : uint64 array, shape (4 * 64,)
        The generators' states.
    axes : int32 array, shape (64,)
        The code that 0 is taken to, in each lane.
    place : Place
        The arrays.
    heat : Heat
        The temperature.
    sines : float32 array, shape (N * 64,)
        Scratch.
    links : uint64 array, shape (B,) or longer
        Filled, in the order of ranks.
    """
    words = np.empty(LANES, dtype=np.uint64)
    sign, zero, smallest = all_singles(_F(1.0 if heat.bond > 0.0 else -1.0)), all_singles(_NONE), all_singles(_SMALLEST)
    coupling, full, margin = all_singles(_F(-2.0) * heat.coupling), all_singles(_FULL), all_singles(_MARGIN)
    low, high = all_singles(heat.bond_low * _FULL), all_singles(heat.bond_high * _FULL)
    q = all_wholes(place.states)
    for start in range(0, board.size, MANY):
        around = load_wholes(axes, start % LANES)
        store_singles(sines, start, half_sines(load_codes(board, start), around, place))
    for b in range(place.first.size):
        first, second = np.int64(place.first[b]) * LANES, np.int64(place.second[b]) * LANES
        shift = place.bond_shift[b]
        found, undecided = _U(0), _U(0)
        for v in range(0, LANES, MANY):
            beside = load_singles(sines, second + v)
            if shift != 0:
                code = load_codes(board, second + v) + all_wholes(shift)
                beside = half_sines(select(code >= q, code - q, code), load_wholes(axes, v), place)
            product = load_singles(sines, first + v) * beside
            some = product * sign > zero
            word = _draw_some(stream, v, some)
            store_longs(words, v, word)
            digit = to_singles(top_bits(word, _U(DIGIT)))
            change = product * coupling
            inactive = quick_exponential(select(change < smallest, smallest, change))
            sure = some & (digit + margin + inactive * high <= full)
            found |= bits_of(sure) << _U(v)
            told = sure | (digit - margin + inactive * low >= full)
            undecided |= bits_of(some & (told ^ some)) << _U(v)
        if undecided:
            found |= _settle(board, words, axes, place, heat, b, undecided)
        links[place.rank[b]] = found


@njit(**_OPTIONS)
def bond_active(place: Any, heat: Any, one: int, two: int, m: int, word: Any) -> Any:
    """Return whether a bond is active, from whole numbers; the second end as it is seen."""
    q = place.states
    return active(heat.bond * np.float64(place.row[(two - one) % q] - place.row[(two + one - m) % q]), word)


@njit(**_OPTIONS)
def _settle(board: Any, words: Any, axes: Any, place: Any, heat: Any, b: int, undecided: Any) -> Any:
    """Return which of the lanes that are left are active, from whole numbers."""
    found = _U(0)
    for lane in range(LANES):
        if undecided >> _U(lane) & _U(1):
            one = np.int64(board[np.int64(place.first[b]) * LANES + lane])
            two = np.int64(board[np.int64(place.second[b]) * LANES + lane]) + place.bond_shift[b]
            found |= _U(bond_active(place, heat, one, two, np.int64(axes[lane]), words[lane])) << _U(lane)
    return found


@njit(cache=True, nogil=True, **_OPTIONS)
def tie_sites(board: Any, stream: Any, axes: Any, place: Any, heat: Any, tied: Any) -> None:
    """Write which sites a field or a wall holds, uint64 (N,), a bit for each lane; see `activate_bonds`."""
    for i in range(place.kind.size):
        tied[i] = _U(0)
        for lane in range(LANES):
            gain = site_gain(place, heat, place.kind[i], np.int64(board[i * LANES + lane]), np.int64(axes[lane]))
            if gain > 0.0:
                tied[i] |= _U(active(gain, draw(stream, lane))) << _U(lane)
