"""The scalar twin of the bit-sliced kernel: one chain, one site at a time, as in a textbook.

It is slow and it is the definition: fed the same random words, the kernel agrees with it bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

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


def sweep(
    spins: np.ndarray,
    streams: list[Xoshiro256PlusPlus],
    thresholds: list[int],
    favoured: list[bool],
    *,
    metropolis: bool,
    fast_bits: int,
) -> None:
    """Sweep 64 chains of one condition once, in place.

    Parameters
    ----------
    spins : int8 array, shape (64, Lx, Ly)
        Spins +-1 on a torus with even sides.
    streams : list of Xoshiro256PlusPlus
        One for each pair of columns, y // 2.
    thresholds : list of int
        For 0 to 4 up neighbours: 2**64 times the probability of up (heat bath), or of leaving the favoured
        state (Metropolis).
    favoured : list of bool
        For 0 to 4 up neighbours: whether up has the lower energy.
    metropolis : bool
        The rule.
    fast_bits : int
        Random words that are always drawn; see `uniform_bits`.
    """
    chains, height, width = spins.shape
    for colour in range(2):
        for x in range(height):
            for y in range((x + colour) % 2, width, 2):
                around = (
                    spins[:, x - 1, y], spins[:, (x + 1) % height, y], spins[:, x, y - 1], spins[:, x, (y + 1) % width]
                )  # fmt: skip
                up_neighbours = [sum(int(s[chain] > 0) for s in around) for chain in range(chains)]
                drawn = uniform_bits(streams[y // 2], [thresholds[n] for n in up_neighbours], fast_bits)
                for chain, (n, bit) in enumerate(zip(up_neighbours, drawn, strict=True)):
                    up = spins[chain, x, y] > 0
                    if not metropolis:
                        new = bit
                    elif up != favoured[n]:
                        new = favoured[n]
                    else:
                        new = favoured[n] ^ bit
                    spins[chain, x, y] = 1 if new else -1
