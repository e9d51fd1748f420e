"""The scalar twin of the kernel on planes: one site at a time, from the list of bonds alone.

It is slow and it is the definition: fed the same random words, the kernel agrees with it bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import localcontext
from functools import cached_property
from itertools import combinations
from typing import cast

import numpy as np

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.probabilities import FINE
from spinlens.sampling.engines.bits.reference import Xoshiro256PlusPlus
from spinlens.sampling.engines.bits.rows.geometry import STEPS, bond_slots
from spinlens.sampling.engines.bits.rows.reference import order
from spinlens.sampling.engines.planes.colours import tries
from spinlens.sampling.engines.planes.forms import Form
from spinlens.sampling.engines.planes.groups import tries as tries_for_free
from spinlens.sampling.engines.planes.rules import (
    boltzmann_factor,
    group_probabilities,
    held_weights,
    relative,
    spin_probabilities,
    threshold,
)

LANES = 64


class Uniform:
    """A uniform 64-bit number for each lane, of which bits are drawn as they are needed.

    Bit c of each random word belongs to lane c. The first ``fast_bits`` words give the leading bits, the least
    significant of them first.

    Parameters
    ----------
    random_word : callable
        Gives 64 random bits.
    fast_bits : int
        Words that are drawn at once.
    """

    def __init__(self, random_word: Callable[[], int], fast_bits: int) -> None:
        self.random_word, self.known = random_word, fast_bits
        words = [random_word() for _ in range(fast_bits)][::-1]
        self.numbers = [sum((word >> lane & 1) << (63 - k) for k, word in enumerate(words)) for lane in range(LANES)]

    def below(self, thresholds: Sequence[Sequence[int] | None]) -> list[list[bool]]:
        """Return whether each lane's number lies below its thresholds.

        One word more gives the next bit only while some lane still equals one of its thresholds.
        """
        while self.known < 64 and any(
            number >> (64 - self.known) == limit >> (64 - self.known)
            for number, limits in zip(self.numbers, thresholds, strict=True) for limit in limits or ()
        ):  # fmt: skip
            word = self.random_word()
            self.known += 1
            for lane in range(LANES):
                self.numbers[lane] |= (word >> lane & 1) << (64 - self.known)
        return [
            [number < limit for limit in limits or ()]
            for number, limits in zip(self.numbers, thresholds, strict=True)
        ]  # fmt: skip


@dataclass(frozen=True)
class Twin:
    """Sweeps of 64 chains of one condition.

    Parameters
    ----------
    lattice : Lattice
        Shape and boundary.
    form : Form
        The model.
    temperature : float
        T.
    fast_bits : int
        Random words that are always drawn.
    algorithm : str
        ``"heat_bath"`` or ``"metropolis"``.
    """

    lattice: Lattice
    form: Form
    temperature: float
    fast_bits: int
    algorithm: str

    def sweep(self, codes: np.ndarray, streams: list[Xoshiro256PlusPlus]) -> None:
        """Sweep codes (64, N) once, in place, with a stream for each pair of places in a row."""
        table = self.lattice.neighbours
        around: list[list[tuple[int, bool]]] = [[] for _ in range(self.lattice.sites)]
        for first, second, turned in zip(table.first.tolist(), table.second.tolist(), table.turned, strict=True):
            around[first].append((second, bool(turned)))
            around[second].append((first, bool(turned)))
        free = self._free if self.algorithm == "heat_bath" else self._change
        update = self._spin if self.form.spins else free
        with localcontext(prec=FINE):
            for site in order(self.lattice):
                update(codes, site, around[site], streams[site % self.lattice.shape[-1] // 2])

    def _spin(self, codes: np.ndarray, site: int, around: list[tuple[int, bool]], stream: Xoshiro256PlusPlus) -> None:
        weights = self.form.site_weights[self.form.site[site]].tolist()
        limits, signs = [], []
        for chain in range(LANES):
            total = sum((1 - int(codes[chain, there])) * (1 if turned else -1) for there, turned in around)
            sign = -1 if relative(self.form) and total < 0 else 1
            chances = spin_probabilities(self.form.coupling * sign * total, weights, self.temperature)
            limits.append([threshold(chance) for chance in chances])
            signs.append(sign)
        for chain, (not_down, up) in enumerate(Uniform(stream, self.fast_bits).below(limits)):
            spin = signs[chain] * (1 if up else 0 if not_down else -1)
            codes[chain, site] = spin + 1

    def _change(self, codes: np.ndarray, site: int, around: list[tuple[int, bool]], stream: Xoshiro256PlusPlus) -> None:
        old = [int(code) for code in codes[:, site]]
        new = self._propose(old, stream)
        gains = [
            sum(int(codes[c, there] == new[c]) - int(codes[c, there] == old[c]) for there, _ in around)
            for c in range(LANES)
        ]
        attracts, size = self.form.coupling > 0, abs(self.form.coupling)
        costs = [[abs(gain) * size if (gain < 0 if attracts else gain >= 0) else None for gain in gains]]
        held, weights = held_weights(self.form)
        for colour, row in zip(held.tolist(), weights.tolist(), strict=True):
            weight = row[self.form.site[site]]
            leaves = old if weight > 0 else new
            costs.append([abs(weight) if weight and leaves[c] == colour else None for c in range(LANES)])
        # The leading bits of all numbers come before any further ones.
        numbers = [Uniform(stream, self.fast_bits) for _ in costs]
        moves = [after is not None for after in new]
        for number, every in zip(numbers, costs, strict=True):
            limits = [
                None if cost is None or new[c] is None else [threshold(boltzmann_factor(cost, self.temperature))]
                for c, cost in enumerate(every)
            ]
            for c, below in enumerate(number.below(limits)):
                moves[c] &= limits[c] is None or below[0]
        for c in range(LANES):
            if moves[c]:
                codes[c, site] = new[c]

    def _free(self, codes: np.ndarray, site: int, around: list[tuple[int, bool]], stream: Xoshiro256PlusPlus) -> None:
        q, number = self.form.states, len(around)
        beside = [[int(codes[c, there]) for there in self._in_slots(site)] for c in range(LANES)]
        pairs = [sum(a == b for a, b in combinations(colours, 2)) for colours in beside]
        uniform = Uniform(stream, self.fast_bits)
        found: list[int | None] = [None] * LANES
        self._draw(found, stream, tries_for_free(q))
        slots = len(STEPS[self.lattice.kind])
        known = {n: group_probabilities(self.form, number, n, self.temperature)[:slots] for n in set(pairs)}
        below = uniform.below([[threshold(p) for p in known[n]] for n in pairs])
        while any(below[c][0] and found[c] is None for c in range(LANES)):
            more: list[int | None] = [0 if found[c] is not None or not below[c][0] else None for c in range(LANES)]
            waiting = [c for c in range(LANES) if more[c] is None]
            self._draw(more, stream, 1)
            for c in waiting:
                found[c] = more[c]
        for c, colours in enumerate(beside):
            group = below[c].index(True) if True in below[c] else len(below[c])
            ordered = sorted(dict.fromkeys(colours), key=lambda colour: colours.count(colour) == 1)
            new = found[c] if group == 0 else ordered[group - 1]
            assert new is not None
            codes[c, site] = new

    def _in_slots(self, site: int) -> list[int]:
        """Return the neighbours of a site in the order of the kernel's slots."""
        return [there for _, there in sorted(self._slots[site])]

    @cached_property
    def _slots(self) -> list[list[tuple[int, int]]]:
        table = self.lattice.neighbours
        found: list[list[tuple[int, int]]] = [[] for _ in range(self.lattice.sites)]
        forward, backward = bond_slots(self.lattice)
        for ends, there, slots in ((table.first, table.second, forward), (table.second, table.first, backward)):
            for site, other, slot in zip(ends.tolist(), there.tolist(), slots.tolist(), strict=True):
                found[site].append((slot, other))
        return found

    def _draw(self, found: list[int | None], stream: Xoshiro256PlusPlus, times: int) -> None:
        """Draw random codes, and keep the first colour for each lane that has none."""
        for _ in range(times):
            words = [stream() for _ in range(self.form.planes)]
            for lane in range(LANES):
                code = sum((word >> lane & 1) << k for k, word in enumerate(words))
                if found[lane] is None and code < self.form.states:
                    found[lane] = code

    def _propose(self, old: list[int], stream: Xoshiro256PlusPlus) -> list[int | None]:
        states, new = self.form.states, cast(list[int | None], [None] * LANES)
        if states == 3:
            coin = stream()
            return [(code + (1 if coin >> lane & 1 else 2)) % 3 for lane, code in enumerate(old)]
        for _ in range(tries(states)):
            words = [stream() for _ in range(self.form.planes)]
            for lane, code in enumerate(old):
                candidate = code ^ sum((word >> lane & 1) << k for k, word in enumerate(words))
                if new[lane] is None and candidate < states and candidate != code:
                    new[lane] = candidate
        return new
