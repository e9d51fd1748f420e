"""What bounds the sampling kernel: random words and vector instructions per spin update, counted, and the clock.

Nothing here is typed by hand: the instructions are counted in the machine code that Numba makes of
`spinlens.sampling.engines.bits.bitsliced.sweep` on this processor, and the throughput is that of a loop of independent
vector additions and exclusive ors, measured on this core. The bound leaves out scalar instructions, rows' ends and the
slow path, and lets every vector instruction run on every unit, so that no kernel with these instructions is faster.
"""

from __future__ import annotations

import re
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numba import njit

from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan
from spinlens.sampling.blocks import LANES
from spinlens.sampling.engines.bits import bitsliced, layout
from spinlens.sampling.engines.bits.bitsliced import FAST_BITS
from spinlens.sampling.engines.bits.geometry import geometry
from spinlens.sampling.engines.bits.probabilities import rules
from spinlens.sampling.engines.bits.words import WIDTH, any_bit, spread

SHIFT_OF_THE_GENERATOR = "$17,"
"""xoshiro256++ shifts by 17 once a step, and nothing else in the kernel does."""

_ONE, _SEVEN, _THIRTEEN, _SEVENTEEN = (np.uint64(number) for number in (1, 7, 13, 17))


@dataclass(frozen=True)
class Loop:
    """A loop in machine code: its first and last line, innermost first."""

    first: int
    last: int


@dataclass(frozen=True)
class Bound:
    """What one spin update takes at least.

    Attributes
    ----------
    random_words : float
        64-bit words of the generator an update, those of the slow path included (their mean).
    register_bits : int
        Width of the vector registers in the machine code.
    instructions_a_vector : float
        Vector instructions for all bits of `WIDTH` words, one site of 64 chains each.
    instructions : float
        Vector instructions an update.
    instructions_per_ns : float
        Measured throughput of independent vector additions and exclusive ors.
    clock : float
        Measured clock in GHz: a chain of dependent shifts and exclusive ors, one cycle each.
    nanoseconds : float
        Lower bound of an update.
    """

    random_words: float
    register_bits: int
    instructions_a_vector: float
    instructions: float
    instructions_per_ns: float
    clock: float
    nanoseconds: float


def random_words() -> float:
    """Return the mean number of random words an update: a word serves 64 chains, and ties take more."""
    ties = sum(1 - (1 - 2.0**-bit) ** LANES for bit in range(FAST_BITS, 64))
    return (FAST_BITS + ties) / LANES


def compiled_sweep(model: Ising) -> list[str]:
    """Return the machine code of the kernel for a model, line by line."""
    plan = Plan(model=model, lattice=Lattice((32, 32)), temperature=(2.5,))
    place = geometry(plan.lattice, staggered_field=False)
    rule = rules(tuple(model.couplings(plan.lattice)), place, np.array(plan.temperature), 0.0, "heat_bath")
    columns = layout.columns(32)
    spins, streams = np.zeros((1, 2, 32, columns), dtype=np.uint64), np.ones((1, 4, columns), dtype=np.uint64)
    # What comes from Numba's cache has no machine code to look at.
    sweep = njit(nogil=True, error_model="numpy", boundscheck=False)(bitsliced.sweep.py_func)
    sweep(
        spins, streams, rule.planes, rule.thresholds, rule.favoured, rule.metropolis, place.patterns, place.kinds,
        place.edges, place.width, 1,
    )  # fmt: skip
    return _lines(sweep)


def _lines(function: Any) -> list[str]:
    (signature,) = function.signatures
    return [line.strip() for line in function.inspect_asm(signature).splitlines()]


def loops(lines: list[str]) -> list[Loop]:
    """Return the loops, shortest first: from a label to the last jump back to it."""
    labels = {line[:-1]: number for number, line in enumerate(lines) if re.fullmatch(r"\.LBB\d+_\d+:", line)}
    last: dict[int, int] = {}
    for number, line in enumerate(lines):
        jump = re.fullmatch(r"j\w+\s+(\.LBB\d+_\d+)", line)
        if jump and labels.get(jump[1], number) < number:
            last[labels[jump[1]]] = number
    return sorted((Loop(first, end) for first, end in last.items()), key=lambda loop: loop.last - loop.first)


def vector_instructions(lines: list[str], *, register: str) -> int:
    """Count the instructions that touch a vector register."""
    return sum(f"%{register}mm" in line for line in lines)


def count_instructions(lines: list[str]) -> tuple[float, int]:
    """Return the vector instructions for `WIDTH` words, and the width of the registers in bits."""
    register = next(letter for letter in "zyx" if any(f"%{letter}mm" in line for line in lines))
    bits = {"z": 512, "y": 256, "x": 128}[register]
    steps = {
        loop: sum(SHIFT_OF_THE_GENERATOR in line and f"%{register}mm" in line for line in lines[loop.first : loop.last])
        for loop in loops(lines)
    }
    inner = next(loop for loop, number in steps.items() if number)
    outer = next(loop for loop in steps if loop.first < inner.first and loop.last > inner.last)
    each = vector_instructions(lines[inner.first : inner.last], register=register)
    around = vector_instructions(lines[outer.first : outer.last], register=register) - each
    random_numbers = steps[inner] * bits / (64 * WIDTH)
    return each * FAST_BITS / random_numbers + around, bits


@njit
def _vector_work(count: int) -> Any:  # pragma: no cover - compiled
    # Adding one would become a subtraction, and count as none.
    seven, one = spread(_SEVEN), spread(_ONE)
    a, b, c, d = spread(_ONE), spread(_SEVEN), spread(_THIRTEEN), spread(_SEVENTEEN)
    e, f, g, h = a + b, a + c, a + d, b + c
    for _ in range(count):
        a, b, c, d = (a + seven) ^ one, (b + seven) ^ one, (c + seven) ^ one, (d + seven) ^ one
        e, f, g, h = (e + seven) ^ one, (f + seven) ^ one, (g + seven) ^ one, (h + seven) ^ one
    return any_bit(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h)


@njit
def _chain(count: int) -> Any:  # pragma: no cover - compiled
    x = _SEVENTEEN
    for _ in range(count):
        x ^= x << _THIRTEEN
        x ^= x >> _SEVEN
        x ^= x << _SEVENTEEN
    return x


def _fastest(function: Any, count: int, *, rounds: int = 7) -> float:
    """Return the shortest time in ns."""
    function(1)
    times = []
    for _ in range(rounds):
        begun = time.process_time_ns()
        function(count)
        times.append(time.process_time_ns() - begun)
    return float(min(times))


def bound(model: Ising) -> Bound:
    """Count, measure, divide."""
    each, bits = count_instructions(compiled_sweep(model))
    count = 3_000_000
    nanoseconds = _fastest(_vector_work, count)
    code = _lines(_vector_work)
    register = {512: "z", 256: "y", 128: "x"}[bits]
    # LLVM unrolls the loop: eight additions an iteration say how often.
    loop = max(loops(code), key=lambda loop: vector_instructions(code[loop.first : loop.last], register=register))
    body = code[loop.first : loop.last]
    additions = sum("vpaddq" in line or "paddq" in line for line in body)
    executed = count * 8 * 64 * WIDTH / bits * vector_instructions(body, register=register) / additions
    throughput = executed / nanoseconds
    updates = LANES * WIDTH
    return Bound(
        random_words=random_words(), register_bits=bits, instructions_a_vector=each, instructions=each / updates,
        instructions_per_ns=throughput, clock=6 * count / _fastest(_chain, count),
        nanoseconds=each / updates / throughput,
    )  # fmt: skip


if __name__ == "__main__":
    for model in (Ising(), Ising((1.0, 0.5))):
        print(model.text, asdict(bound(model)))
