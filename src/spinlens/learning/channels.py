"""What a network sees of the configurations: their statistics as channels, read from packed codes a part at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.spaces import Binary, Discrete, Space

Integers = np.ndarray[Any, np.dtype[np.int64]]
Meaning = tuple[Space, tuple[int, ...]]


class PackedEnsemble(Protocol):
    """What learning asks of an ensemble."""

    @property
    def model(self) -> Model:
        """What was sampled."""

    @property
    def lattice(self) -> Lattice:
        """Where."""

    @property
    def drawn(self) -> Lattice:
        """The lattice that the draws lie on."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Sizes by the names of the controls, temperature, chain, draw and the sides."""

    @property
    def fingerprint(self) -> str:
        """Digest of the configuration that made it."""

    def packed(self, *, chain: slice = ...) -> np.ndarray:
        """Return codes, uint8 (..., C, D, *sides), the last side packed as `spinlens.spaces.Space.pack` does."""


@dataclass(frozen=True, eq=False)
class Channels:
    """The statistics t(s) of a space, which a network sees, and their exponential family, which it predicts.

    Attributes
    ----------
    values : ndarray, (q,)
        What the codes stand for.
    statistics : ndarray, float32 (q, d)
        t(s) of each code.
    """

    values: np.ndarray
    statistics: np.ndarray

    @classmethod
    def of(cls, space: Space) -> Self:
        """Return the channels of a space."""
        return cls(np.asarray(space.values), space.statistics(np.arange(space.states)).astype(np.float32))

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Undo `to_dict`."""
        return cls(np.array(stored["values"]), np.array(stored["statistics"], dtype=np.float32))

    def to_dict(self) -> dict[str, Any]:
        """Return what a description keeps."""
        return {"values": self.values.tolist(), "statistics": self.statistics.tolist()}

    @property
    def count(self) -> int:
        """Number of channels d."""
        return int(self.statistics.shape[1])

    @property
    def space(self) -> Space:
        """A space of these values, to read arrays with."""
        return Discrete(tuple(self.values.tolist()))

    def same(self, other: Channels) -> bool:
        """Return whether another space has the same values and statistics."""
        return np.array_equal(self.values, other.values) and np.array_equal(self.statistics, other.statistics)


@dataclass(frozen=True, eq=False)
class Configurations:
    """Packed codes and what they mean; nothing is unpacked as a whole.

    Attributes
    ----------
    packed : ndarray, uint8 (..., *sides)
        The last side in bytes.
    space : Space
        What stands on a site.
    shape : tuple of int
        The sides.
    """

    packed: np.ndarray
    space: Space
    shape: tuple[int, ...]

    @property
    def leading(self) -> tuple[int, ...]:
        """The axes before the sides."""
        return self.packed.shape[: -len(self.shape)]

    @property
    def count(self) -> int:
        """Number of configurations."""
        return int(np.prod(self.leading))

    def codes(self, index: np.ndarray) -> np.ndarray:
        """Return the codes (n, *sides) at flat places of the leading axes, which are not flattened for it."""
        # One configuration alone has no axis before its sides.
        packed, leading = (self.packed, self.leading) if self.leading else (self.packed[None], (1,))
        chosen = packed[np.unravel_index(index, leading)]
        return self.space.unpack(chosen, self.shape[-1])

    def stream(self, size: int) -> Iterator[np.ndarray]:
        """Yield the codes of all configurations in their order, up to so many at a time."""
        for start in range(0, self.count, size):
            yield self.codes(np.arange(start, min(start + size, self.count)))


def see(channels: Channels, codes: np.ndarray, device: torch.device | str = "cpu") -> torch.Tensor:
    """Return what a network sees of codes (n, *sides), float32 (n, *sides, d)."""
    return torch.from_numpy(channels.statistics[codes]).to(device)


def meaning(given: PackedEnsemble | np.ndarray, *, space: Space | None = None, axes: int = 0) -> Meaning:
    """Return what stands on a site and the sides, of an ensemble or an array; see `configurations`."""
    if not isinstance(given, np.ndarray) and hasattr(given, "packed"):
        return given.model.space, given.drawn.shape
    values = np.asarray(given)
    axes = axes or values.ndim - 1
    if not 0 < axes <= values.ndim:
        raise InputError("configurations", f"shape {values.shape}", "must be an ensemble or an array (n, *sides)")
    if space is None:
        different = np.unique(values)
        space = Binary() if set(different.tolist()) <= {-1, 1} else Discrete(tuple(different.tolist()))
    return space, values.shape[values.ndim - axes :]


def configurations(
    given: PackedEnsemble | np.ndarray, *, chain: slice = slice(None), space: Space | None = None, axes: int = 0
) -> Configurations:
    """Return an ensemble, or an array of values, as packed codes.

    Parameters
    ----------
    given : Ensemble or ndarray, (..., *sides)
        An ensemble, or values.
    chain : slice
        The chains of an ensemble to take, or places along the first axis of an array.
    space : Space, optional
        What the values of an array belong to; found from them if not given.
    axes : int
        Number of sides of an array; by default all axes but the first.

    Raises
    ------
    InputError
        If a value is in no space.
    """
    found, shape = meaning(given, space=space, axes=axes)
    if not isinstance(given, np.ndarray) and hasattr(given, "packed"):
        return Configurations(given.packed(chain=chain), found, shape)
    values = np.asarray(given)
    values = values[chain] if values.ndim > len(shape) else values
    return Configurations(found.pack(found.codes(values)), found, shape)
