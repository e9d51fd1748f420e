"""Read ensembles: lazily, by name, with physical units on top of the stored integers."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
import zarr
from zarr.storage import LocalStore

from spinlens.ensemble import layout
from spinlens.ensemble.checked_reading import read_checked
from spinlens.ensemble.journal import Entry, Journal
from spinlens.ensemble.study_ensemble import study_ensemble
from spinlens.ensemble.writer import diagnostics_name, read_plan, unit_name
from spinlens.errors import IncompleteError, InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling import Plan, units

if TYPE_CHECKING:
    from spinlens.statistics import MultiHistogram

Index = int | slice | None


class Ensemble:
    """All draws over a grid of conditions, with their observables and provenance.

    Dimensions are the model's controls, then ``temperature, chain, draw`` and the sides ``x, y, z``; for the Ising
    model
    on a square lattice ``field, temperature, chain, draw, x, y``. Configurations are read from the disk when they are
    asked for; sums are small and read once.

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
        sides = dict(zip(layout.AXES, self.lattice.shape, strict=False))
        grid = {name: len(values) for name, values in self.plan.grid.items()}
        return {**grid, "chain": self.plan.chains, "draw": self.plan.draws, **sides}

    @property
    def configuration(self) -> dict[str, Any]:
        """The resolved sampling plan as JSON types."""
        return self.plan.to_dict()

    @property
    def fingerprint(self) -> str:
        """A digest of the plan, as it was stored."""
        stored: Any = self._group.attrs["fingerprint"]
        return str(stored)

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

    @property
    def algorithm(self) -> xr.DataArray:
        """The update of each condition, str over the grid: for ``"auto"`` what was chosen then."""
        names = self._group.attrs["algorithms"] if self.plan.algorithm == "auto" else self.plan.algorithms
        shape = tuple(len(values) for values in self.plan.grid.values())
        return xr.DataArray(np.array(names).reshape(shape), self.grid, tuple(self.grid), name="algorithm")

    @property
    def algorithm_reasons(self) -> list[str]:
        """Which update was taken where and why, one sentence for each distinct choice; empty unless ``"auto"``."""
        if self.plan.algorithm != "auto":
            return []
        reasons: Any = self._group.attrs["algorithm_reasons"]
        return list(reasons)

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
        sides = layout.AXES[: self.lattice.axes]
        return xr.DataArray(codes, dims=(*kept, *sides), coords=_with_dimensions(coordinates), name="codes")

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
        index: dict[str, Index] = {"chain": chain, "draw": draw}
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
        return self.spins(**index)

    @cached_property
    def series(self) -> xr.Dataset:
        """The sums of the model's terms at every recording, over (controls, temperature, chain, recording).

        See `spinlens.sampling.Plan.series`; what 1 stands for is in the attribute ``unit`` of each.
        """
        dimensions = (*self.plan.grid, "chain", "recording")
        units_of = {term.name: term.unit for term in self.model.tables(self.lattice).terms}
        arrays = {name: (dimensions, self._read(name, ...), {"unit": units_of[name]}) for name in self.plan.series}
        return xr.Dataset(arrays, coords={name: self._coordinates[name] for name in dimensions[:-1]})

    @property
    def sums(self) -> xr.Dataset:
        """The sums of each draw, exact, over (controls, temperature, chain, draw)."""
        assert self.plan.thin is not None
        kept = self.series.isel(recording=slice(self.plan.thin - 1, None, self.plan.thin))
        return kept.rename(recording="draw").assign_coords(draw=np.arange(self.plan.draws))

    @property
    def energy(self) -> xr.DataArray:
        """Energy per site of each draw, all terms included, float64 (controls, temperature, chain, draw)."""
        sums, strengths = self.sums, self._strengths
        total = sum(-strength * sums[name] for name, strength in strengths.items())
        if not isinstance(total, xr.DataArray):
            total = xr.zeros_like(next(iter(sums.values())), dtype=np.float64)
        return (total / self.lattice.sites).transpose(*self.plan.grid, "chain", "draw").rename("energy")

    @property
    def magnetization(self) -> xr.DataArray:
        """Sum of the spins per site of each draw, float64 (controls, temperature, chain, draw).

        Raises
        ------
        InputError
            If the model records no ``spin_sum``; `order_parameter` is there for every model.
        """
        if "spin_sum" not in self.plan.series:
            why = "has no sum of spins"
            raise InputError("magnetization", self.model.text, why, "Use order_parameter")
        return (self.sums["spin_sum"] / self.lattice.sites).rename("magnetization")

    @property
    def order_parameter(self) -> xr.DataArray:
        """The model's order parameter of each draw, per site, float64 (controls, temperature, chain, draw).

        The signed number where it has one component (the staggered magnetization of an antiferromagnet), else the
        length of the vector. The name of the array says what it is.

        Raises
        ------
        InputError
            If the model has none.
        """
        sums = self.sums
        for order in self.model.order_parameters(self.lattice):
            if all(name in sums for name in order.series):
                arrays = {name: sums[name].values for name in order.series}
                values = order.values(arrays, self.lattice.sites)
                data = values[..., 0] if order.components == 1 else np.linalg.norm(values, axis=-1)
                return sums[order.series[0]].copy(data=data).rename(order.name).assign_attrs(unit=1.0)
        raise InputError("order_parameter", self.model.text, "has no order parameter among its sums")

    @cached_property
    def diagnostics(self) -> xr.Dataset:
        """Convergence of every condition: r_hat, effective_sample_size, equilibrated, over the grid."""
        names = ("r_hat", "effective_sample_size", "equilibrated")
        arrays = {name: (tuple(self.grid), self._read(name, ...)) for name in names}
        return xr.Dataset(arrays, coords=self.grid)

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

    def observables(self) -> xr.Dataset:
        """Return thermal averages of every condition, each with its standard error ``NAME_error``.

        Returns
        -------
        xarray.Dataset
            Over the grid, per site: energy, specific heat, the model's order parameters with susceptibility and Binder
            cumulant; see `spinlens.statistics.observables`. Every recording is used, also between the kept draws.
        """
        return self._observables

    @cached_property
    def _observables(self) -> xr.Dataset:
        from spinlens.statistics import observables

        return observables(self)

    def reweight(self, **condition: Any) -> xr.Dataset:
        """Estimate the observables at another condition from all that were simulated.

        Parameters
        ----------
        **condition : float or array
            The temperature and any controls of the model, also those that were never varied; controls left out have the
            simulated value where there is one only, else the model's default.

        Returns
        -------
        xarray.Dataset
            As `observables`, with ``log_z``, over the temperatures.

        Raises
        ------
        InputError
            If the condition lies outside of what was simulated.
        """
        temperature = condition.pop("temperature", None)
        if temperature is None:
            raise InputError("temperature", None, "must be given", "For example reweight(temperature=2.3)")
        single = {name: values[0] for name, values in self.plan.controls.items() if len(values) == 1}
        return self.histogram.observables(temperature=temperature, **{**single, **condition})

    @cached_property
    def histogram(self) -> MultiHistogram:
        """All recordings as one data set that answers for conditions in between."""
        from spinlens.statistics import MultiHistogram

        return MultiHistogram.from_ensemble(self)

    def to_xarray(self) -> xr.Dataset:
        """Return energies, order parameters, sums and diagnostics as one dataset; configurations stay on the disk."""
        parts: dict[str, Any] = {str(name): values for name, values in self.sums.data_vars.items()}
        parts["energy"] = self.energy
        if self.model.order_parameters(self.lattice):
            parts[str(self.order_parameter.name)] = self.order_parameter
        if "spin_sum" in parts:
            parts["magnetization"] = self.magnetization
        attributes = {"configuration": json.dumps(self.configuration), "fingerprint": self.fingerprint}
        return xr.Dataset({**parts, **self.diagnostics.data_vars}, attrs=attributes)

    def __repr__(self) -> str:
        """Return one line."""
        sides = layout.AXES[: self.lattice.axes]
        counts = " x ".join(f"{length} {name}" for name, length in self.sizes.items() if name not in sides)
        place = str(self.path) if self.path else "in memory"
        return f"<Ensemble: {self.model.text}, {self.lattice.text}, {counts}{self._state}, {place}>"

    def _repr_html_(self) -> str:
        rows = {
            "model": self.model.text,
            "lattice": self.lattice.text,
            **{name: _range(values) for name, values in self.grid.items()},
            "chains x draws": f"{self.plan.chains} x {self.plan.draws}",
            "algorithm": f"{self.plan.algorithm}, {self.plan.equilibration} sweeps to equilibrate, "
            f"{self.plan.interval} between recordings, {'with' if self.plan.exchange else 'without'} exchange",
            "seed": str(self.plan.seed),
            "state": self._state.removeprefix(", ") or "complete",
            "place": str(self.path) if self.path else "in memory",
        }
        body = "".join(
            f"<tr><th style='text-align:left'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows.items()
        )
        return f"<table><caption>Ensemble {escape(self.fingerprint)}</caption>{body}</table>"

    @property
    def _state(self) -> str:
        if not self.complete:
            return f", {len(self.missing_units)} units missing"
        flagged = int((~self.diagnostics["equilibrated"]).sum())
        return f", {flagged} of {self.plan.conditions} conditions not equilibrated" if flagged else ""

    @property
    def _controls(self) -> dict[str, np.ndarray]:
        return {name: values for name, values in self.grid.items() if name != "temperature"}

    @property
    def _coordinates(self) -> dict[str, np.ndarray]:
        return {**self.grid, "chain": np.arange(self.plan.chains), "draw": np.arange(self.plan.draws)}

    @property
    def _strengths(self) -> Mapping[str, Any]:
        """By how much each recorded sum lowers the energy, a DataArray over the controls for each that ever does."""
        rows = [
            self.model.strengths(self.lattice, **self.plan.point_controls(point)) for point in range(self.plan.points)
        ]
        shape = tuple(len(values) for values in self._controls.values())
        columns = dict(zip(self.model.tables(self.lattice).names, np.array(rows).T, strict=True))
        return {
            name: xr.DataArray(column.reshape(shape), self._controls, tuple(self._controls))
            for name, column in columns.items()
            if column.any()
        }

    def _read(self, name: str, index: Any) -> np.ndarray:
        if missing := self.missing:
            raise IncompleteError(
                f"{self.path} lacks {len(missing)} units of work, the first is {missing[0]!r}. Run the command that "
                "made it again to continue."
            )
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


def _range(values: np.ndarray) -> str:
    return f"{values[0]:g} to {values[-1]:g}, {values.size} values" if values.size > 1 else f"{values[0]:g}"


def open_ensemble(path: Path | str) -> Ensemble:
    """Open the ensemble in a directory, or that of the study in it; nothing is read but its description.

    Parameters
    ----------
    path : path-like
        The directory.

    Raises
    ------
    InputError
        If there is no ensemble of a known format version.
    DamagedError
        If its description was altered.
    """
    path = study_ensemble(path)
    plan = read_plan(path)
    group = zarr.open_group(store=LocalStore(path, read_only=True), mode="r", zarr_format=3)
    return Ensemble(group, plan, path)
