"""What can stand on one site: codes, the values that people see, packing, and the exponential family of one site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from spinlens.errors import InputError

Array = NDArray[np.float64]
MOST_STATES = 1 << 16
"""Codes are stored in at most 16 bits."""

_WIDTHS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Space:
    """The states of one site, numbered by codes 0 to q - 1.

    Subclasses say what the codes mean; kernels, packing and symmetries know nothing but codes. One site is an
    exponential family p(s) = exp(eta . t(s) - A(eta)): t are the channels that a network sees, and A is the likelihood
    of a decoder.
    """

    name: ClassVar[str]

    @property
    def values(self) -> NDArray[Any]:
        """What each code stands for, (q,), ascending."""
        raise NotImplementedError

    @property
    def states(self) -> int:
        """Number of states q."""
        return len(self.values)

    @property
    def bits(self) -> int:
        """Bits that a stored code takes: 1, 2, 4, 8 or 16."""
        return next(width for width in _WIDTHS if self.states <= 1 << width)

    @property
    def turn(self) -> NDArray[np.int64] | None:
        """The code that each one is seen as across an antiperiodic seam, int64 (q,); None where that means nothing."""
        return None

    def twisted(self, steps: int) -> NDArray[np.int64] | None:
        """Return the codes so many steps round a circle, int64 (q,), for 0 to q - 1; None where that means nothing."""
        del steps
        return None

    @property
    def circle(self) -> bool:
        """Whether values lie round a circle, close enough for a state to be twisted slowly."""
        return False

    @property
    def code_type(self) -> np.dtype[Any]:
        """The smallest unsigned type that holds a code."""
        return np.dtype(np.uint8 if self.states <= 256 else np.uint16)

    @property
    def dimensions(self) -> int:
        """Number of statistics d."""
        return int(self.statistics(np.zeros(1, dtype=np.int64)).shape[-1])

    def statistics(self, codes: NDArray[Any]) -> Array:
        """Return t(s) of codes (...), float64 (..., d)."""
        raise NotImplementedError

    def log_partition(self, eta: Any) -> Array:
        """Return A(eta) = ln sum_s exp(eta . t(s)) of natural parameters (..., d), float64 (...)."""
        table = self.statistics(np.arange(self.states))
        return np.asarray(logsumexp(np.asarray(eta, dtype=np.float64) @ table.T, axis=-1), dtype=np.float64)

    def decode(self, codes: NDArray[Any]) -> NDArray[Any]:
        """Return the values of codes."""
        return np.asarray(self.values[codes])

    def codes(self, values: Any) -> NDArray[Any]:
        """Return the codes of values.

        Raises
        ------
        InputError
            If one of them is not in the space.
        """
        found = np.asarray(values)
        place = np.searchsorted(self.values, found).clip(0, self.states - 1)
        wrong = np.argwhere(~np.isclose(self.values[place], found))
        if len(wrong):
            where = tuple(int(i) for i in wrong[0])
            raise InputError(f"values{list(where)}", found[where].item(), f"is none of the values of {self.text}")
        return place.astype(self.code_type)

    @property
    def text(self) -> str:
        """The space in a few words."""
        shown = [f"{value:g}" for value in self.values[:4]]
        return f"{self.name} ({', '.join(shown)}{', ...' if self.states > 4 else ''})"

    def pack(self, codes: NDArray[Any]) -> NDArray[np.uint8]:
        """Pack codes (..., length) along the last axis, least significant bits first, uint8 (..., bytes)."""
        if self.bits == 16:
            return np.ascontiguousarray(codes, dtype="<u2").view(np.uint8)
        if self.bits == 8:
            return np.ascontiguousarray(codes, dtype=np.uint8)
        if self.bits == 1:
            return np.packbits(codes.astype(bool), axis=-1, bitorder="little")
        many = 8 // self.bits
        room = np.zeros((*codes.shape[:-1], -(-codes.shape[-1] // many) * many), dtype=np.uint8)
        room[..., : codes.shape[-1]] = codes
        packed = room[..., ::many].copy()
        for k in range(1, many):
            packed |= room[..., k::many] << np.uint8(k * self.bits)
        return packed

    def unpack(self, packed: NDArray[np.uint8], length: int) -> NDArray[Any]:
        """Undo `pack` for rows of ``length`` codes, of `code_type`."""
        if self.bits == 16:
            return np.ascontiguousarray(packed).view("<u2").astype(np.uint16, copy=False)
        if self.bits == 8:
            return packed
        if self.bits == 1:
            return np.unpackbits(packed, axis=-1, count=length, bitorder="little")
        many, mask = 8 // self.bits, np.uint8((1 << self.bits) - 1)
        parts = [(packed >> np.uint8(k * self.bits)) & mask for k in range(many)]
        codes = np.stack(parts, axis=-1).reshape(*packed.shape[:-1], -1)
        return np.ascontiguousarray(codes[..., :length])

    def packed_length(self, length: int) -> int:
        """Return how many bytes a row of ``length`` codes takes."""
        return -(-length * self.bits // 8)


def checked_states(states: Any, *, most: int = MOST_STATES) -> int:
    """Return a number of states.

    Raises
    ------
    InputError
        If it is not a whole number from 2 to ``most``.
    """
    whole = isinstance(states, int | np.integer) and not isinstance(states, bool)
    if not whole or not 2 <= states <= most:
        raise InputError("states", states, f"must be a whole number from 2 to {most}")
    return int(states)
