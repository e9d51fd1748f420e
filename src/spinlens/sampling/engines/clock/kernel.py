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
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from spinlens.sampling.engines.bits.generator import draw
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
ARCTANGENT = tuple(map(_F, (0.99997726, -0.33262347, 0.19354346, -0.11643287, 0.05265332, -0.01172120)))
"""Of odd powers on 0 to 1, within 2e-5."""
_A0, _A1, _A2, _A3, _A4, _A5 = ARCTANGENT


@intrinsic
def _power_of_two(_typing: Any, _shifted: Any) -> Any:
    """Return 2^n in single precision, where the argument is n + 1.5 2^23."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        word = ir.IntType(32)
        bits = builder.shl(builder.bitcast(args[0], word), ir.Constant(word, 23))
        return builder.bitcast(builder.add(bits, ir.Constant(word, 127 << 23)), ir.FloatType())

    return types.float32(types.float32), generate


@njit(inline="always")
def quick_exponential(x: Any) -> Any:
    """Return exp(x) in single precision for x from -20 to 0, within 2^-18 of itself."""
    shifted = x * _LOG2E + _ROUND
    r = x - (shifted - _ROUND) * _LN2
    return (_ONE + r * (_ONE + r * (_E2 + r * (_E3 + r * (_E4 + r * (_E5 + r * _E6)))))) * _power_of_two(shifted)


@njit(inline="always")
def axis_code(x: Any, y: Any, states: Any, scale: Any, offset: Any) -> Any:
    """Return twice the direction of a vector in codes, to the nearest whole one, 0 to q - 1."""
    wide, high = abs(x), abs(y)
    steep = high > wide
    large = max(high if steep else wide, _TINY)
    a = (wide if steep else high) / large
    s = a * a
    angle = a * (_A0 + s * (_A1 + s * (_A2 + s * (_A3 + s * (_A4 + s * _A5)))))
    angle = _QUARTER - angle if steep else angle
    angle = _HALF_TURN - angle if x < _NONE else angle
    angle = -angle if y < _NONE else angle
    code = np.int32(angle * scale + offset)
    code = code - 2 * states if code >= 2 * states else code - states
    return code - states if code >= states else code


@njit(**_OPTIONS)
def _vectors(board: Any, place: Any) -> Any:
    """Return cosine and sine of every site, float32 (N * 128,)."""
    found = np.empty(board.size * 2, dtype=np.float32)
    for i in range(board.size // LANES):
        for lane in range(LANES):
            code = board[_U(i * LANES + lane)]
            found[_U(i * BOTH + lane)] = place.cosines[code]
            found[_U(i * BOTH + LANES + lane)] = place.sines[code]
    return found


@njit(inline="always")
def _add_neighbour(vectors: Any, base: int, x: Any, y: Any) -> None:
    for lane in range(LANES):
        x[lane] += vectors[_U(base + lane)]
    for lane in range(LANES):
        y[lane] += vectors[_U(base + LANES + lane)]


@njit(inline="always")
def _add_turned(board: Any, base: int, shift: int, place: Any, x: Any, y: Any) -> None:
    for lane in range(LANES):
        code = np.int64(board[_U(base + lane)]) + shift
        code = code - place.states if code >= place.states else code
        x[lane] += place.cosines[_U(code)]
        y[lane] += place.sines[_U(code)]


@njit(inline="always")
def _local_field(board: Any, vectors: Any, place: Any, i: int, x: Any, y: Any) -> None:
    """Set x and y to the sum of the field and the neighbours' vectors, in their order."""
    field_x, field_y = place.fields[place.kind[i], 0], place.fields[place.kind[i], 1]
    for lane in range(LANES):
        x[lane] = field_x
        y[lane] = field_y
    for slot in range(place.begins[i], place.begins[i + 1]):
        if place.shift[slot] == 0:
            _add_neighbour(vectors, place.neighbour[slot] * BOTH, x, y)
        else:
            _add_turned(board, place.neighbour[slot] * LANES, place.shift[slot], place, x, y)


@njit(inline="always")
def _propose(board: Any, base: int, random: Any, states: Any, reach: Any, new: Any, digit: Any) -> None:
    """Propose a step of any size up to the reach, either way with equal chance, from 16 bits; the rest is the digit."""
    for lane in range(LANES):
        word = np.int64(random[lane])
        size = (word >> 1 & 0x7FFF) * (reach + 1) >> 15
        code = np.int64(board[_U(base + lane)]) + (size if word & 1 else states - size)
        new[lane] = code - states if code >= states else code
        digit[lane] = word >> 16


@njit(inline="always")
def _reflect(board: Any, base: int, x: Any, y: Any, states: Any, scale: Any, offset: Any, new: Any) -> None:
    for lane in range(LANES):
        code = np.int64(axis_code(x[lane], y[lane], states, scale, offset)) - np.int64(board[_U(base + lane)])
        new[lane] = code + states if code < 0 else code


@njit(inline="always")
def _judge(
    board: Any, vectors: Any, i: int, x: Any, y: Any, new: Any, digit: Any, place: Any, heat: Any, new_x: Any,
    new_y: Any, verdict: Any,
) -> int:  # fmt: skip
    """Accept and reject where single precision tells; return in how many lanes it does not (verdict 2)."""
    for lane in range(LANES):
        new_x[lane] = place.cosines[_U(new[lane])]
        new_y[lane] = place.sines[_U(new[lane])]
    base, undecided = i * BOTH, 0
    coupling, low, high = heat.coupling, heat.low * _FULL, heat.high * _FULL
    for lane in range(LANES):
        along = (new_x[lane] - vectors[_U(base + lane)]) * x[lane]
        along += (new_y[lane] - vectors[_U(base + LANES + lane)]) * y[lane]
        change = along * coupling
        change = min(max(change, _SMALLEST), _NONE)
        weight = quick_exponential(change)
        first = _F(digit[lane])
        accepted = first + _ONE <= weight * low
        rejected = first >= weight * high
        verdict[lane] = 1 if accepted else (0 if rejected else 2)
    for lane in range(LANES):
        undecided += verdict[lane] >> 1
    return undecided


@njit(inline="always")
def _accept(board: Any, vectors: Any, i: int, new: Any, new_x: Any, new_y: Any, verdict: Any) -> None:
    base, both = i * LANES, i * BOTH
    for lane in range(LANES):
        board[_U(base + lane)] = np.uint16(new[lane]) if verdict[lane] == 1 else board[_U(base + lane)]
    for lane in range(LANES):
        vectors[_U(both + lane)] = new_x[lane] if verdict[lane] == 1 else vectors[_U(both + lane)]
    for lane in range(LANES):
        at = _U(both + LANES + lane)
        vectors[at] = new_y[lane] if verdict[lane] == 1 else vectors[at]


@njit(**_OPTIONS)
def _settle(board: Any, i: int, new: Any, digit: Any, place: Any, heat: Any, stream: Any, verdict: Any) -> None:
    """Decide the lanes that are left from whole numbers, drawing the rest of the random number where needed."""
    q, kind = place.states, place.kind[i]
    for lane in range(LANES):
        if verdict[lane] < 2:
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
        verdict[lane] = 1 if accepted else 0


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
    words, random = np.empty(LANES, dtype=np.uint64), np.empty(LANES, dtype=np.uint32)
    x, y = np.empty(LANES, dtype=np.float32), np.empty(LANES, dtype=np.float32)
    new_x, new_y = np.empty(LANES, dtype=np.float32), np.empty(LANES, dtype=np.float32)
    new, digit = np.empty(LANES, dtype=np.int32), np.empty(LANES, dtype=np.int32)
    verdict = np.empty(LANES, dtype=np.int32)
    step = 0
    for _ in range(count):
        for i in range(codes.shape[0]):
            if step & 1 == 0:
                draw_lanes(flat, words)
            shift = _U(32 * (step & 1))
            for lane in range(LANES):
                random[lane] = words[lane] >> shift
            step += 1
            _local_field(board, vectors, place, i, x, y)
            _propose(board, i * LANES, random, place.states, heat.reach, new, digit)
            if _judge(board, vectors, i, x, y, new, digit, place, heat, new_x, new_y, verdict):
                _settle(board, i, new, digit, place, heat, stream, verdict)
            _accept(board, vectors, i, new, new_x, new_y, verdict)


@njit(cache=True, nogil=True, **_OPTIONS)
def reflections(codes: Any, stream: Any, place: Any, heat: Any, count: int) -> None:
    """Reflect every site of every chain about its local field, site after site, ``count`` times, in place.

    Four sites share a random word of each lane. Parameters are those of `metropolis`.
    """
    board, flat = codes.reshape(-1), stream.reshape(-1)
    vectors = _vectors(board, place)
    words = np.empty(LANES, dtype=np.uint64)
    x, y = np.empty(LANES, dtype=np.float32), np.empty(LANES, dtype=np.float32)
    new_x, new_y = np.empty(LANES, dtype=np.float32), np.empty(LANES, dtype=np.float32)
    new, digit = np.empty(LANES, dtype=np.int32), np.empty(LANES, dtype=np.int32)
    verdict = np.empty(LANES, dtype=np.int32)
    scale, offset = _F(_F(place.states) / _HALF_TURN), _F(2 * place.states) + _F(0.5)
    step = 0
    for _ in range(count):
        for i in range(codes.shape[0]):
            if step & 3 == 0:
                draw_lanes(flat, words)
            shift = _U(16 * (step & 3))
            for lane in range(LANES):
                digit[lane] = words[lane] >> shift & _U(0xFFFF)
            step += 1
            _local_field(board, vectors, place, i, x, y)
            _reflect(board, i * LANES, x, y, place.states, scale, offset, new)
            if _judge(board, vectors, i, x, y, new, digit, place, heat, new_x, new_y, verdict):
                _settle(board, i, new, digit, place, heat, stream, verdict)
            _accept(board, vectors, i, new, new_x, new_y, verdict)
