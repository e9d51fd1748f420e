"""Sweeps of single sites: Metropolis and reflections about the local field, 64 chains side by side.

Both propose another angle and accept it with probability p = min(1, exp(change)), the change being a sum of whole
numbers times two factors. A random number is compared digit by digit, the first of 16 bits: below the first digit of
p it accepts, above it rejects, and where both are equal the rest is drawn. In single precision p is known well enough
to tell for all lanes but one in some ten thousand; for those it is worked out from the whole numbers. So what is done
depends on whole numbers alone, wherever it runs.

A reflection takes the angle a to m - a, the axis m / 2 being the direction of the local field to the nearest half
code. That does not depend on a, so the reflection undoes itself, and the small change of the energy that rounding
leaves is accepted or not.

References
----------
M. Creutz, Phys. Rev. D 36, 515 (1987), doi:10.1103/PhysRevD.36.515, for reflections.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.clock.vectors import (
    MANY,
    all_singles,
    all_wholes,
    bits_of,
    gather,
    halved,
    load_codes,
    load_random,
    load_singles,
    magnitude,
    power_of_two,
    select,
    store_codes,
    store_singles,
    store_wholes,
    to_singles,
    to_wholes,
)
from spinlens.sampling.engines.table.exponential import exponential
from spinlens.sampling.engines.table.lanes import LANES, draw_lanes

DIGIT = 16
"""Bits of the first digit of a random number."""

BOTH = 2 * LANES
"""Cosines, then sines of one site."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64
_F = np.float32
_ONE, _NONE = _F(1.0), _F(0.0)
_FULL = _F(1 << DIGIT)
_SMALLEST = _F(-20.0)
_LOG2E, _LN2, _ROUND = _F(np.log2(np.e)), _F(np.log(2.0)), _F(1.5 * 2.0**23)
_E2, _E3, _E4, _E5, _E6 = _F(1 / 2), _F(1 / 6), _F(1 / 24), _F(1 / 120), _F(1 / 720)
_HALF_TURN, _QUARTER, _TINY = _F(np.pi), _F(np.pi / 2), _F(1e-30)
ARCTANGENT = tuple(map(_F, (0.9992150, -0.3211819, 0.1462766, -0.0389929)))
"""Of odd powers on 0 to 1, within 1e-4: a tenth of a code of 4,096."""
_A0, _A1, _A2, _A3 = ARCTANGENT


@njit(inline="always")
def quick_exponential(x: Any) -> Any:
    """Return exp(x) in single precision for x from -20 to 0, within 2^-18 of itself."""
    round_, one = all_singles(_ROUND), all_singles(_ONE)
    shifted = x * all_singles(_LOG2E) + round_
    r = x - (shifted - round_) * all_singles(_LN2)
    p = all_singles(_E4) + r * (all_singles(_E5) + r * all_singles(_E6))
    p = one + r * (one + r * (all_singles(_E2) + r * (all_singles(_E3) + r * p)))
    return p * power_of_two(shifted)


@njit(inline="always")
def axis_code(x: Any, y: Any, states: Any, scale: Any, offset: Any) -> Any:
    """Return twice the directions of sixteen vectors in codes, to the nearest whole one, 0 to q - 1."""
    zero, tiny = all_singles(_NONE), all_singles(_TINY)
    wide, high = magnitude(x), magnitude(y)
    steep = high > wide
    large, small = select(wide > high, wide, high), select(wide < high, wide, high)
    a = small / select(large > tiny, large, tiny)
    s = a * a
    angle = a * (all_singles(_A0) + s * (all_singles(_A1) + s * (all_singles(_A2) + s * all_singles(_A3))))
    angle = select(steep, all_singles(_QUARTER) - angle, angle)
    angle = select(x < zero, all_singles(_HALF_TURN) - angle, angle)
    angle = select(y < zero, zero - angle, angle)
    code = to_wholes(angle * all_singles(scale) + all_singles(offset))
    once, twice = all_wholes(states), all_wholes(2 * states)
    code = select(code >= twice, code - twice, code - once)
    return select(code >= once, code - once, code)


@njit(**_OPTIONS)
def _vectors(board: Any, place: Any) -> Any:
    """Return cosine and sine of every site, float32 (N * 128,)."""
    found = np.empty(board.size * 2, dtype=np.float32)
    for i in range(board.size // LANES):
        for v in range(0, LANES, MANY):
            code = load_codes(board, i * LANES + v)
            store_singles(found, i * BOTH + v, gather(place.cosines, code))
            store_singles(found, i * BOTH + LANES + v, gather(place.sines, code))
    return found


@njit(inline="always")
def _local_field(board: Any, vectors: Any, place: Any, i: int, v: int) -> Any:
    """Return the sum of the field and the neighbours' vectors, in their order, of sixteen lanes."""
    x, y = all_singles(place.fields[place.kind[i], 0]), all_singles(place.fields[place.kind[i], 1])
    for slot in range(place.begins[i], place.begins[i + 1]):
        if place.shift[slot] == 0:
            at = place.neighbour[slot] * BOTH + v
            x = x + load_singles(vectors, at)
            y = y + load_singles(vectors, at + LANES)
        else:
            code = load_codes(board, place.neighbour[slot] * LANES + v) + all_wholes(place.shift[slot])
            code = select(code >= all_wholes(place.states), code - all_wholes(place.states), code)
            x = x + gather(place.cosines, code)
            y = y + gather(place.sines, code)
    return x, y


@njit(inline="always")
def _stepped(own: Any, random: Any, states: Any, reach: Any) -> Any:
    """Return codes a step of any size up to the reach away, either way with equal chance, from 16 random bits."""
    size = halved(halved(random, _U(1)) * all_wholes(reach + 1), _U(15))
    back = (random & all_wholes(1)) < all_wholes(1)
    code = own + select(back, all_wholes(states) - size, size)
    return select(code >= all_wholes(states), code - all_wholes(states), code)


@njit(inline="always")
def _judge(
    board: Any, vectors: Any, i: int, v: int, x: Any, y: Any, own: Any, new: Any, digit: Any, place: Any, heat: Any,
    small: bool,
) -> Any:  # fmt: skip
    """Accept and reject in sixteen lanes where single precision tells; return where it does not, as bits.

    Of small changes it is enough that exp(change) is at least 1 + change; none is rejected here.
    """
    at, zero, smallest = i * BOTH + v, all_singles(_NONE), all_singles(_SMALLEST)
    old_x, old_y = load_singles(vectors, at), load_singles(vectors, at + LANES)
    new_x, new_y = gather(place.cosines, new), gather(place.sines, new)
    change = ((new_x - old_x) * x + (new_y - old_y) * y) * all_singles(heat.coupling)
    change = select(change < zero, change, zero)
    first = to_singles(digit)
    if small:
        accepted = first + all_singles(_ONE) <= (change + all_singles(_ONE)) * all_singles(_F(heat.low * _FULL))
        told = accepted
    else:
        weight = quick_exponential(select(change < smallest, smallest, change))
        accepted = first + all_singles(_ONE) <= weight * all_singles(_F(heat.low * _FULL))
        told = accepted | (first >= weight * all_singles(_F(heat.high * _FULL)))
    store_codes(board, i * LANES + v, select(accepted, new, own))
    store_singles(vectors, at, select(accepted, new_x, old_x))
    store_singles(vectors, at + LANES, select(accepted, new_y, old_y))
    return bits_of(told) ^ _U(0xFFFF)


@njit(**_OPTIONS)
def _settle(
    board: Any, vectors: Any, i: int, undecided: Any, new: Any, digit: Any, place: Any, heat: Any, stream: Any
) -> None:
    """Decide the lanes that are left from whole numbers, drawing the rest of the random number where needed."""
    q, kind = place.states, place.kind[i]
    for lane in range(LANES):
        if undecided >> _U(lane) & _U(1) == _U(0):
            continue
        old, other, bonds = np.int64(board[i * LANES + lane]), np.int64(new[lane]), 0
        for slot in range(place.begins[i], place.begins[i + 1]):
            beside = np.int64(board[place.neighbour[slot] * LANES + lane]) + place.shift[slot] + q
            bonds += place.row[(beside - other) % q] - place.row[(beside - old) % q]
        bonds += place.walls[kind, other] - place.walls[kind, old]
        field = place.sites[kind, other] - place.sites[kind, old]
        change = heat.bond * np.float64(bonds) + heat.site * np.float64(field)
        weight = exponential(min(change, 0.0)) * 2.0**DIGIT
        whole = np.int64(weight)
        accepted = np.int64(digit[lane]) < whole
        if np.int64(digit[lane]) == whole:
            accepted = np.float64(draw(stream, lane) >> _U(11)) * 2.0**-53 < weight - np.float64(whole)
        if accepted:
            board[i * LANES + lane] = other
            vectors[i * BOTH + lane] = place.cosines[other]
            vectors[i * BOTH + LANES + lane] = place.sines[other]


@njit(cache=True, nogil=True, **_OPTIONS)
def metropolis(codes: Any, stream: Any, place: Any, heat: Any, count: int) -> None:
    """Propose another angle at every site of every chain, site after site, ``count`` times, in place.

    Two sites share a random word of each lane: 16 bits for the step, 16 for the first digit.

    Parameters
    ----------
    codes : uint16 array, shape (N, 64)
        The chains at one temperature.
    stream : uint64 array, shape (4, 64)
        The generators' states, one a lane.
    place : Place
        The arrays.
    heat : Heat
        The temperature.
    count : int
        Sweeps.
    """
    board, flat = codes.reshape(-1), stream.reshape(-1)
    vectors = _vectors(board, place)
    words = np.empty(LANES, dtype=np.uint64)
    news, digits = np.empty(LANES, dtype=np.int32), np.empty(LANES, dtype=np.int32)
    step = 0
    for _ in range(count):
        for i in place.order:
            if step & 1 == 0:
                draw_lanes(flat, words)
            shift, undecided = _U(32 * (step & 1)), _U(0)
            for v in range(0, LANES, MANY):
                x, y = _local_field(board, vectors, place, i, v)
                own = load_codes(board, i * LANES + v)
                random = load_random(words, v, shift, _U(DIGIT))
                digit = load_random(words, v, shift + _U(DIGIT), _U(DIGIT))
                new = _stepped(own, random, place.states, heat.reach)
                store_wholes(news, v, new)
                store_wholes(digits, v, digit)
                undecided |= _judge(board, vectors, i, v, x, y, own, new, digit, place, heat, False) << _U(v)
            if undecided:
                _settle(board, vectors, i, undecided, news, digits, place, heat, stream)
            step += 1


@njit(cache=True, nogil=True, **_OPTIONS)
def reflections(codes: Any, stream: Any, place: Any, heat: Any, count: int) -> None:
    """Reflect every site of every chain about its local field, site after site, ``count`` times, in place.

    Four sites share a random word of each lane. Parameters are those of `metropolis`.
    """
    board, flat = codes.reshape(-1), stream.reshape(-1)
    vectors = _vectors(board, place)
    words = np.empty(LANES, dtype=np.uint64)
    news, digits = np.empty(LANES, dtype=np.int32), np.empty(LANES, dtype=np.int32)
    scale, offset = _F(_F(place.states) / _HALF_TURN), _F(_F(2 * place.states) + _F(0.5))
    step = 0
    for _ in range(count):
        for i in place.order:
            if step & 3 == 0:
                draw_lanes(flat, words)
            shift, undecided = _U(16 * (step & 3)), _U(0)
            for v in range(0, LANES, MANY):
                x, y = _local_field(board, vectors, place, i, v)
                own = load_codes(board, i * LANES + v)
                digit = load_random(words, v, shift, _U(DIGIT))
                new = axis_code(x, y, place.states, scale, offset) - own
                new = select(new < all_wholes(0), new + all_wholes(place.states), new)
                store_wholes(news, v, new)
                store_wholes(digits, v, digit)
                undecided |= _judge(board, vectors, i, v, x, y, own, new, digit, place, heat, True) << _U(v)
            if undecided:
                _settle(board, vectors, i, undecided, news, digits, place, heat, stream)
            step += 1
