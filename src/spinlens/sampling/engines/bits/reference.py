"""The scalar twin of the bit-sliced kernel: one chain, one site at a time, as in a textbook.

It is slow and it is the definition: fed the same random words, the kernel agrees with it bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from spinlens.lattices import Lattice

_MASK = (1 << 64) - 1


class Xoshiro256PlusPlus:
    """One column's stream of random words in plain Python integers.

    Parameters
    ----------
    state : sequence of four int
        The state, not all zero.
    """

    def __init__(self, state: np.ndarray) -> None:
        self.state = [int(word) for word in state]

    def __call__(self) -> int:
        """Return the next 64 random bits."""
        s0, s1, s2, s3 = self.state
        result = (self._rotate((s0 + s3) & _MASK, 23) + s0) & _MASK
        shifted = (s1 << 17) & _MASK
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        self.state = [s0, s1, s2, self._rotate(s3, 45)]
        return result

    @staticmethod
    def _rotate(word: int, left: int) -> int:
        return ((word << left) | (word >> (64 - left))) & _MASK


def uniform_bits(random_word: Callable[[], int], thresholds: list[int], fast_bits: int) -> list[bool]:
    """Return for each lane whether its uniform 64-bit number lies below its threshold.

    Bit c of each random word belongs to lane c. The first ``fast_bits`` words give the leading bits, the least
    significant of them first; then, only while some lane still equals its threshold, one word gives the next bit.
    """
    lanes = range(len(thresholds))
    words = [random_word() for _ in range(fast_bits)][::-1]
    known = fast_bits
    uniform = [sum(((word >> lane) & 1) << (63 - k) for k, word in enumerate(words)) for lane in lanes]

    def tied(lane: int) -> bool:
        return uniform[lane] >> (64 - known) == thresholds[lane] >> (64 - known)

    while known < 64 and any(tied(lane) for lane in range(64) if lane < len(thresholds)):
        open_lanes = [lane for lane in lanes if tied(lane)]
        word = random_word()
        known += 1
        for lane in open_lanes:
            uniform[lane] |= ((word >> lane) & 1) << (64 - known)
    return [uniform[lane] < thresholds[lane] for lane in lanes]


def order(lattice: Lattice) -> Iterator[tuple[int, int]]:
    """Yield every site once, in the order of a sweep: first one colour of the checkerboard, then the other."""
    for colour in range(2):
        for x in range(lattice.shape[0]):
            for y in range((x + colour) % 2, lattice.shape[1], 2):
                yield x, y


def up_neighbours(spins: np.ndarray, lattice: Lattice, site: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Count the up neighbours of a site along x and along y, two int arrays (chains,).

    The neighbour beyond an edge is the spin at the opposite edge, minus that, a held spin, or none.
    """
    counts = []
    for axis, (side, rule) in enumerate(zip(lattice.shape, lattice.rules, strict=True)):
        up = np.zeros(spins.shape[0], dtype=np.int64)
        for end, step in enumerate((-1, 1)):
            place = list(site)
            place[axis] += step
            inside = 0 <= place[axis] < side
            place[axis] %= side
            there = spins[:, place[0], place[1]]
            if inside or rule == "periodic":
                up += there > 0
            elif rule == "antiperiodic":
                up += there < 0
            elif rule != "free":
                up += rule[end] == 1
        counts.append(up)
    return counts[0], counts[1]


def sweep(
    spins: np.ndarray,
    streams: list[Xoshiro256PlusPlus],
    lattice: Lattice,
    thresholds: np.ndarray,
    favoured: np.ndarray,
    *,
    metropolis: bool,
    fast_bits: int,
) -> None:
    """Sweep 64 chains of one condition once, in place.

    Parameters
    ----------
    spins : int8 array, shape (64, Lx, Ly)
        Spins +-1.
    streams : list of Xoshiro256PlusPlus
        One for each pair of columns, y // 2.
    lattice : Lattice
        Shape and boundary.
    thresholds : uint64 array, shape (Lx, Ly, 3, 3)
        For each site and 0 to 2 up neighbours along x and along y: 2**64 times the probability of up (heat bath),
        or of leaving the favoured state (Metropolis).
    favoured : bool array, shape (Lx, Ly, 3, 3)
        Whether up has the lower energy.
    metropolis : bool
        The rule.
    fast_bits : int
        Random words that are always drawn; see `uniform_bits`.
    """
    for x, y in order(lattice):
        up_x, up_y = up_neighbours(spins, lattice, (x, y))
        drawn = uniform_bits(streams[y // 2], [int(value) for value in thresholds[x, y, up_x, up_y]], fast_bits)
        for chain, bit in enumerate(drawn):
            up, favour = spins[chain, x, y] > 0, bool(favoured[x, y, up_x[chain], up_y[chain]])
            if not metropolis:
                new = bit
            elif up != favour:
                new = favour
            else:
                new = favour ^ bit
            spins[chain, x, y] = 1 if new else -1
