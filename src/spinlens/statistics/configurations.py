"""Configurations over one control and nothing else: no model, no energies, only what stands where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.spaces import Binary, Discrete, Space

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Configurations:
    """Draws of independent chains at several values of one control.

    Parameters
    ----------
    codes : ndarray, uint8 (C, chain, draw, *sides)
        What stands on each site, as codes of the space; of more than 256 states in the smallest type that holds them.
    values : ndarray, float64 (C,)
        Of the control, ascending.
    space : Space
        What the codes stand for.
    control : str
        ``"temperature"``, or the name of whatever was varied.
    periodic : bool
        Whether opposite edges are neighbours.

    Raises
    ------
    InputError
        If shapes do not fit, the values do not ascend, or a code is none of the space.

    Notes
    -----
    Chains of one number at different values may depend on each other, as replica exchange makes them; chains of
    different numbers must not. So whole chains are what is split, left out and averaged over.
    """

    codes: NDArray[Any]
    values: Array
    space: Space
    control: str = "temperature"
    periodic: bool = True

    def __post_init__(self) -> None:
        codes, values = np.asarray(self.codes), np.asarray(self.values, dtype=np.float64)
        if codes.ndim < 4:
            raise InputError("codes.shape", codes.shape, "must be (value, chain, draw, *sides)")
        if values.shape != codes.shape[:1] or len(values) < 2 or np.any(np.diff(values) <= 0):
            why = f"must be {len(codes)} ascending values, at least two, one for each of the first axis of codes"
            raise InputError(self.control, values.tolist(), why)
        if codes.dtype.kind not in "iu" or codes.size == 0 or codes.min() < 0 or codes.max() >= self.space.states:
            raise InputError(
                "codes", f"{codes.dtype} {codes.shape}", f"must be whole numbers from 0 to {self.space.states - 1}"
            )
        object.__setattr__(self, "codes", codes.astype(self.space.code_type, copy=False))
        object.__setattr__(self, "values", values)

    @classmethod
    def of(cls, ensemble: Any, *, control: str = "temperature", **fixed: float) -> Self:
        """Take the draws of an ensemble along one control.

        Parameters
        ----------
        ensemble : Ensemble
            Of any model.
        control : str
            What varies.
        **fixed : float
            Which value of the other controls, where they were varied too.

        Raises
        ------
        InputError
            If the control was not varied, or others were and are not named.
        """
        grid = ensemble.grid
        if control not in grid:
            raise InputError("control", repr(control), f"is none of {', '.join(grid)}")
        place: dict[str, int] = {}
        for name, values in grid.items():
            if name == control:
                continue
            if name not in fixed and len(values) > 1:
                got = f"{values[0]:g} to {values[-1]:g}"
                raise InputError(name, got, f"varies beside the {control}", f"Choose one: {name}={values[0]:g}")
            here = np.flatnonzero(np.isclose(values, fixed.get(name, values[0]), rtol=1e-12, atol=1e-12))
            if not len(here):
                raise InputError(name, fixed[name], f"was not simulated, only {np.asarray(values).tolist()}")
            place[name] = int(here[0])
        if unknown := set(fixed) - {*place}:
            raise InputError("control", repr(min(unknown)), f"is none of {', '.join(grid)}")
        order = np.argsort(grid[control], kind="stable")
        codes = ensemble.codes(**place).values[order]
        periodic = all(rule == "periodic" for rule in ensemble.lattice.rules)
        return cls(codes, np.asarray(grid[control])[order], ensemble.model.space, control, periodic)

    @classmethod
    def from_arrays(
        cls, configurations: Any, *, space: Space | None = None, periodic: bool = True, **control: Any
    ) -> Self:
        """Take configurations of anybody's program.

        Parameters
        ----------
        configurations : array, (C, chain, draw, *sides)
            Values as they are: spins -1 and 1, colours, angles.
        space : Space, optional
            What they belong to; by default found from the values that occur.
        periodic : bool
            Whether opposite edges are neighbours.
        **control : array, (C,)
            One name with its values: ``temperature=[...]``.

        Raises
        ------
        InputError
            If there is not one control, or a value is in no space.
        """
        if len(control) != 1:
            raise InputError("control", sorted(control), "must be one name with its values", "Say temperature=[...]")
        ((name, values),) = control.items()
        given = np.asarray(configurations)
        if space is None:
            different = np.unique(given)
            space = Binary() if set(different.tolist()) <= {-1, 1} else Discrete(tuple(different.tolist()))
        order = np.argsort(np.asarray(values, dtype=np.float64), kind="stable")
        return cls(space.codes(given)[order], np.asarray(values, dtype=np.float64)[order], space, name, periodic)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sides."""
        return self.codes.shape[3:]

    @property
    def dimensions(self) -> int:
        """Number of sides d."""
        return len(self.shape)

    @property
    def sites(self) -> int:
        """Number of sites N."""
        return int(np.prod(self.shape))

    @property
    def chains(self) -> int:
        """Number of chains at each value."""
        return int(self.codes.shape[1])

    @property
    def draws(self) -> int:
        """Number of draws of each chain."""
        return int(self.codes.shape[2])

    @property
    def length(self) -> int:
        """The side L.

        Raises
        ------
        InputError
            If the sides differ.
        """
        if len(set(self.shape)) > 1:
            raise InputError("sides", self.shape, "must be equal, so that one length says how large it is")
        return self.shape[0]

    def blocks(self, side: int) -> Self:
        """Cut every configuration into blocks, which stand for a smaller size with open edges.

        Parameters
        ----------
        side : int
            Of a block, along every axis; what does not fill a last block is left out.

        Returns
        -------
        Configurations
            The blocks of a draw are further draws of its chain: they depend on each other, and errors that leave out
            whole chains know it.

        Raises
        ------
        InputError
            If a side is shorter.
        """
        if not 1 <= side <= min(self.shape):
            raise InputError("side", side, f"must be from 1 to {min(self.shape)}, the shortest side")
        if {*self.shape} == {side}:
            return self
        codes = self.codes
        for axis, length in enumerate(self.shape):
            count = length // side
            at = 3 + 2 * axis
            codes = np.take(codes, np.arange(count * side), axis=at)
            codes = codes.reshape(*codes.shape[:at], count, side, *codes.shape[at + 1 :])
        inner = [4 + 2 * axis for axis in range(self.dimensions)]
        outer = [3 + 2 * axis for axis in range(self.dimensions)]
        codes = codes.transpose(0, 1, 2, *outer, *inner)
        codes = codes.reshape(*codes.shape[:2], -1, *codes.shape[-self.dimensions :])
        return replace(self, codes=codes, periodic=False)

    def split(self, reading: float = 0.5) -> tuple[Self, Self]:
        """Part whole chains: those that something is trained on, and those that it reads.

        Parameters
        ----------
        reading : float
            Share of the chains that are read, the last ones; at least one chain lands on each side.

        Raises
        ------
        InputError
            If the share is not between 0 and 1, or there is one chain only.
        """
        if not 0 < reading < 1:
            raise InputError("reading", reading, "must be a share between 0 and 1", "Take 0.5")
        if self.chains < 2:
            raise InputError("chains", self.chains, "some are trained on and others are read, so there must be two")
        kept = min(max(round(reading * self.chains), 1), self.chains - 1)
        return self.of_chains(slice(0, self.chains - kept)), self.of_chains(slice(self.chains - kept, None))

    def of_chains(self, chain: slice | NDArray[np.int64]) -> Self:
        """Return some of the chains, at all values of the control."""
        return replace(self, codes=self.codes[:, chain])

    def __repr__(self) -> str:
        """Return one line."""
        sides = " x ".join(map(str, self.shape))
        return (
            f"<Configurations: {self.space.text}, {sides}, {self.control} = {self.values[0]:g} to {self.values[-1]:g}, "
            f"{len(self.values)} values, {self.chains} chains x {self.draws} draws>"
        )
