"""The arrays of an ensemble, read lazily and by name; each is checked where it comes from the disk."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from spinlens.ensemble import layout
from spinlens.ensemble.checked_reading import read_checked
from spinlens.ensemble.journal import Entry, Journal
from spinlens.ensemble.judgement import verdicts
from spinlens.ensemble.parts import Part, stored_parts
from spinlens.ensemble.writer import diagnostics_name, unit_name
from spinlens.errors import IncompleteError, InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling import Plan, units

Index = int | slice | None


class StoredDraws:
    """Configurations, sums and diagnostics as they are stored, under the names of their dimensions.

    Parameters
    ----------
    group : zarr.Group
        The stored arrays; see `spinlens.ensemble.layout`.
    plan : Plan
        What was sampled.
    path : pathlib.Path, optional
        Where it lies; None in memory.
    """

    def __init__(self, group: zarr.Group, plan: Plan, path: Path | None = None) -> None:
        self._group, self.plan, self.path = group, plan, path
        self._entries: dict[str, Entry] = {}

    @property
    def model(self) -> Model:
        """The Hamiltonian."""
        return self.plan.model

    @property
    def lattice(self) -> Lattice:
        """The lattice."""
        return self.plan.lattice

    @property
    def drawn(self) -> Lattice:
        """The lattice that the draws lie on, see `spinlens.sampling.Plan.drawn`."""
        return self.plan.drawn

    @property
    def grid(self) -> dict[str, np.ndarray]:
        """The axes of the grid of conditions: each control, ascending, last the temperature (k_B = 1)."""
        return {name: np.array(values) for name, values in self.plan.grid.items()}

    @property
    def temperature(self) -> np.ndarray:
        """Temperatures (T,), ascending, k_B = 1."""
        return np.array(self.plan.temperature)

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every dimension of the configurations."""
        sides = dict(zip(layout.sides_of(self.plan), self.drawn.shape, strict=True))
        grid = {name: len(values) for name, values in self.plan.grid.items()}
        return {**grid, "chain": self.plan.chains, "draw": self.plan.draws, **sides}

    @property
    def fingerprint(self) -> str:
        """A digest of the plan, as it was stored."""
        stored: Any = self._group.attrs["fingerprint"]
        return str(stored)

    @property
    def description(self) -> dict[str, Any]:
        """What is stored of the ensemble beside its arrays, as JSON types: plan, terms, space, versions."""
        return dict(self._group.attrs)

    @property
    def missing(self) -> list[str]:
        """Names of the units of work and diagnostics that are not there yet; always empty in memory."""
        if self.path is None:
            return []
        names = [unit_name(self.plan, unit) for unit in units(self.plan)]
        names += [diagnostics_name(self.plan, point) for point in range(self.plan.points)]
        if any(name not in self._entries for name in names):
            self._entries = Journal(self.path).read()
        return [name for name in names if name not in self._entries]

    @property
    def missing_units(self) -> list[str]:
        """Names of the units of work that are not sampled yet."""
        sampled = {unit_name(self.plan, unit) for unit in units(self.plan)}
        return [name for name in self.missing if name in sampled]

    @property
    def complete(self) -> bool:
        """Whether everything that was planned is sampled."""
        return not self.missing

    def parts(self) -> Iterator[Part]:
        """Yield what is stored of each point of the grid, also of an ensemble that is unfinished.

        Raises
        ------
        DamagedError
            As `packed`.
        """
        done = None if self.complete else {*self._entries}
        return stored_parts(self.plan, self._read_stored, done)

    def packed(self, *, chain: slice = slice(None)) -> np.ndarray:
        """Return configurations as they are stored.

        Parameters
        ----------
        chain : slice
            Which chains.

        Returns
        -------
        numpy.ndarray
            uint8 (controls, temperature, chain, draw, sides, the last in bytes), see `spinlens.spaces.Space.pack`: for
            two states ``numpy.packbits(up, axis=-1, bitorder="little")``.

        Raises
        ------
        IncompleteError
            If part of the ensemble is not sampled yet.
        DamagedError
            If a stored chunk is missing or does not match its checksum.
        """
        return self._read("spins", (*(slice(None),) * len(self.plan.grid), chain))

    def codes(self, **index: Index) -> xr.DataArray:
        """Return configurations as codes 0 to q - 1; parameters and errors as `spins`."""
        names = (*self.plan.grid, "chain", "draw")
        for name in index:
            if name not in names:
                raise InputError("dimension", repr(name), f"is none of {', '.join(names)}")
        positions = tuple(_position(name, index.get(name)) for name in names)
        coordinates = {name: self._coordinates[name][i] for name, i in zip(names, positions, strict=True)}
        codes = self.model.space.unpack(self._read("spins", positions), self.lattice.shape[-1])
        kept = [name for name, i in zip(names, positions, strict=True) if isinstance(i, slice)]
        return xr.DataArray(
            codes, dims=(*kept, *layout.sides_of(self.plan)), coords=_with_dimensions(coordinates), name="codes"
        )

    def spins(self, **index: Index) -> xr.DataArray:
        """Return configurations as values of the model's space: spins -1 and +1, colours, angles.

        Parameters
        ----------
        **index : int or slice, optional
            Positions to read along a control, temperature, chain or draw; an integer drops its dimension. Only the
            chunks that hold them are read. To go by values use `sel`.

        Returns
        -------
        xarray.DataArray
            Over (controls, temperature, chain, draw, sides).

        Raises
        ------
        InputError
            If a position is no whole number or slice.
        IncompleteError, DamagedError
            As `packed`.
        """
        codes = self.codes(**index)
        return codes.copy(data=self.model.space.decode(codes.values)).rename("spins")

    def sel(
        self, *, method: str | None = None, chain: Index = None, draw: Index = None, **values: float
    ) -> xr.DataArray:
        """Return configurations at conditions by their values, as `xarray.DataArray.sel` does.

        Parameters
        ----------
        method : {None, "nearest"}
            Whether values must be on the grid, within rounding, or the nearest ones are taken.
        chain, draw : int or slice, optional
            Positions, as `spins`.
        **values : float
            Temperature and controls; those left out keep their dimension.

        Raises
        ------
        InputError
            If a value is not on the grid, or a name is none of its axes.
        """
        return self.spins(chain=chain, draw=draw, **self.positions(method=method, **values))

    def positions(self, *, method: str | None = None, **values: float) -> dict[str, int]:
        """Return where on the axes of the grid some values are; parameters and errors as `sel`."""
        index: dict[str, int] = {}
        for name, value in values.items():
            if name not in self.grid:
                raise InputError("dimension", repr(name), f"is none of {', '.join(self.grid)}")
            axis = self.grid[name]
            nearest = int(np.argmin(np.abs(axis - value)))
            if method != "nearest" and not math.isclose(axis[nearest], value, rel_tol=1e-9, abs_tol=1e-12):
                raise InputError(
                    name, value, f"is not on the grid, where {axis[nearest]:g} is nearest", "Pass method='nearest'"
                )
            index[name] = nearest
        return index

    @cached_property
    def series(self) -> xr.Dataset:
        """The sums of the model's terms at every recording, over (controls, temperature, chain, recording).

        See `spinlens.sampling.Plan.series`; what 1 stands for is in the attribute ``unit`` of each.
        """
        dimensions = (*self.plan.grid, "chain", "recording")
        units_of = {term.name: term.unit for term in self.model.tables(self.lattice).terms}
        arrays = {
            name: (dimensions, self._read(name, ...), {"unit": units_of[name], "long_name": name.replace("_", " ")})
            for name in self.plan.series
        }
        return xr.Dataset(arrays, coords={name: self._coordinates[name] for name in dimensions[:-1]})

    @property
    def sums(self) -> xr.Dataset:
        """The sums of each draw, exact, over (controls, temperature, chain, draw)."""
        every = self.plan.recordings_per_draw
        kept = self.series.isel(recording=slice(every - 1, None, every))
        return kept.rename(recording="draw").assign_coords(draw=np.arange(self.plan.draws))

    @cached_property
    def diagnostics(self) -> xr.Dataset:
        """Convergence of every condition, over the grid.

        Returns
        -------
        xarray.Dataset
            ``verdict``, ``drift``, ``memory`` (in sweeps), see `spinlens.sampling.convergence`; ``equilibrated``, where
            that is the verdict; ``r_hat`` and ``effective_sample_size`` within the recordings.
        """
        stored = {name: (tuple(self.grid), self._read(name, ...)) for name in ("r_hat", "effective_sample_size")}
        found = verdicts(lambda name, point: self._read(name, self.plan.place(point)), self.plan)
        return xr.Dataset({**stored, **found.data_vars}, coords=self.grid)

    @cached_property
    def exchange_acceptance(self) -> xr.DataArray:
        """Share of accepted swaps of neighbouring temperatures, (controls, pair), equilibration included."""
        intervals = -(-self.plan.equilibration // self.plan.interval) + self.plan.recordings
        accepted = self._read("exchange_accepted", ...).sum(axis=-2)[..., : len(self.plan.temperature) - 1]
        offered = intervals * self.plan.chains if self.plan.exchange else np.nan
        return xr.DataArray(
            accepted / offered, dims=(*self._controls, "pair"), coords=self._controls, name="exchange_acceptance"
        )

    @cached_property
    def round_trips(self) -> xr.DataArray:
        """Journeys of replicas from the coldest temperature to the hottest and back, (controls, chain)."""
        return xr.DataArray(
            self._read("round_trips", ...), dims=(*self._controls, "chain"), coords=self._controls, name="round_trips"
        )

    @property
    def _controls(self) -> dict[str, np.ndarray]:
        return {name: values for name, values in self.grid.items() if name != "temperature"}

    @property
    def _coordinates(self) -> dict[str, np.ndarray]:
        return {**self.grid, "chain": np.arange(self.plan.chains), "draw": np.arange(self.plan.draws)}

    def _read(self, name: str, index: Any) -> np.ndarray:
        if missing := self.missing:
            raise IncompleteError(
                f"{self.path} lacks {len(missing)} units of work, the first is {missing[0]!r}. Run the command that "
                "made it again to continue."
            )
        return self._read_stored(name, index)

    def _read_stored(self, name: str, index: Any) -> np.ndarray:
        if self.path is None:
            return np.asarray(self._group[name][index])
        return read_checked(self._group, name, index, path=self.path, plan=self.plan, entries=self._entries)


def _position(name: str, index: Index) -> int | slice:
    if index is None:
        return slice(None)
    try:
        return index if isinstance(index, slice) else operator.index(index)
    except TypeError:
        advice = f"By value: ensemble.sel({name}={index})"
        raise InputError(name, index, "is no position, which is a whole number or a slice", advice) from None


def _with_dimensions(coordinates: dict[str, Any]) -> dict[str, Any]:
    return {name: (name, values) if np.ndim(values) else values for name, values in coordinates.items()}
