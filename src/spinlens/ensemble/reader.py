"""Ensembles: physics on top of what is stored."""

from __future__ import annotations

import json
import warnings
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
from spinlens.ensemble.judgement import sentence, summarise
from spinlens.ensemble.seal import unsealed
from spinlens.ensemble.stored_draws import StoredDraws
from spinlens.ensemble.study_ensemble import study_ensemble
from spinlens.ensemble.writer import read_plan
from spinlens.errors import InputError, NoOverlapError, OverlapWarning
from spinlens.rooms import from_room

if TYPE_CHECKING:
    from spinlens.statistics import MultiHistogram


class Ensemble(StoredDraws):
    """All draws over a grid of conditions, with their observables and provenance.

    Dimensions are the model's controls, then ``temperature, chain, draw`` and the sides ``x, y, z``; for the Ising
    model on a square lattice ``field, temperature, chain, draw, x, y``. Configurations are read from the disk when they
    are asked for; sums are small and read once.
    """

    @property
    def configuration(self) -> dict[str, Any]:
        """The resolved sampling plan as JSON types."""
        return self.plan.to_dict()

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

    @property
    def energy(self) -> xr.DataArray:
        """Energy per site of each draw, all terms included, float64 (controls, temperature, chain, draw)."""
        sums, strengths = self.sums, self._strengths
        total = sum(-strength * sums[name] for name, strength in strengths.items())
        if not isinstance(total, xr.DataArray):
            total = xr.zeros_like(next(iter(sums.values())), dtype=np.float64)
        return self._labelled((total / self.lattice.sites).transpose(*self.plan.grid, "chain", "draw").rename("energy"))

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
        return self._labelled((self.sums["spin_sum"] / self.lattice.sites).rename("magnetization"))

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
                return self._labelled(sums[order.series[0]].copy(data=data).rename(order.name))
        raise InputError("order_parameter", self.model.text, "has no order parameter among its sums")

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

    def disorder_averages(self) -> xr.Dataset:
        """Return the observables averaged over quenched samples, with errors from samples; over the rest of the grid.

        See `spinlens.statistics.disorder_averages`.
        """
        from spinlens.statistics import disorder_averages

        return disorder_averages(self)

    def improved_observables(self, **settings: Any) -> xr.Dataset:
        """Return moments of the order parameter and correlations with smaller errors, from clusters of the draws.

        See `spinlens.statistics.improved_observables`, which takes the same settings.
        """
        from spinlens.statistics import improved_observables

        return improved_observables(self, **settings)

    def overlaps(self) -> xr.Dataset:
        """Return moments of the overlap of replicas, averaged over quenched samples, with errors from samples.

        See `spinlens.statistics.overlaps`.
        """
        from spinlens.statistics import overlaps

        return overlaps(self)

    def reweight(self, **condition: Any) -> xr.Dataset:
        """Estimate the observables at another condition from those that were simulated.

        From all of them. Where their histograms have nothing in common, those at the nearest point of the other
        controls answer alone: a warning and the attribute ``simulated_at`` say so, and ``log_z`` is left out, as
        nothing is known of its difference to the others.

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
            If the condition lies outside of what was simulated, or is several near different points that have nothing
            in common.

        Warns
        -----
        OverlapWarning
            If some of what was simulated could not be used.
        """
        temperature = condition.pop("temperature", None)
        if temperature is None:
            raise InputError("temperature", None, "must be given", "For example reweight(temperature=2.3)")
        single = {name: values[0] for name, values in self.plan.controls.items() if len(values) == 1}
        wanted = {**single, **condition}
        if not self._parts:
            try:
                return self.histogram.observables(temperature=temperature, **wanted)
            except NoOverlapError:
                pass
        place, part = self._part_near(wanted)
        at = ", ".join(f"{name} = {value:g}" for name, value in self.plan.point_controls(place).items())
        warnings.warn(f"Only what was simulated at {at} is used: the rest shares nothing with it.", OverlapWarning, 2)
        found = part.observables(temperature=temperature, **wanted)
        return found.drop_vars([name for name in found if str(name).startswith("log_z")]).assign_attrs(simulated_at=at)

    @cached_property
    def histogram(self) -> MultiHistogram:
        """All recordings as one data set that answers for conditions in between."""
        from spinlens.statistics import MultiHistogram

        return MultiHistogram.from_ensemble(self)

    def _part_near(self, wanted: Mapping[str, Any]) -> tuple[int, MultiHistogram]:
        """Return the nearest point of the other controls, and its histogram."""
        from spinlens.statistics import MultiHistogram

        controls, index = self.plan.controls, []
        for name, value in self.model.values_of_controls(wanted).items():
            distance = np.abs(np.subtract.outer(np.atleast_1d(value), np.asarray(controls[name])))
            nearest = np.unique(distance.argmin(axis=1))
            if len(nearest) > 1:
                why = "lie near simulated points whose histograms have nothing in common"
                raise InputError(name, np.asarray(value).tolist(), why, "Ask for those near one point at a time")
            index.append(int(nearest[0]))
        place = int(np.ravel_multi_index(index, tuple(map(len, controls.values())))) if index else 0
        if place not in self._parts:
            here = dict(zip(controls, ([i] for i in index), strict=True))
            part = dict(self.series.isel(here).data_vars)
            self._parts[place] = MultiHistogram(part, model=self.model, lattice=self.lattice)
        return place, self._parts[place]

    @cached_property
    def _parts(self) -> dict[int, MultiHistogram]:
        """The histograms of single points of the controls, where all together do not overlap."""
        return {}

    def _labelled(self, found: xr.DataArray) -> xr.DataArray:
        from spinlens.statistics.labels import labelled

        found.attrs = {}
        orders = tuple(order.name for order in self.model.order_parameters(self.lattice))
        return labelled(found, order_parameters=orders, controls=tuple(self.model.controls))

    @cached_property
    def plot(self) -> Any:
        """Pictures in a line each: ``ensemble.plot("energy")``, ``.plot.snapshots()``, ``.plot.histogram("energy")``.

        See `spinlens.figures.Plot`.
        """
        return from_room("figures", "Plot")(self)

    def report(self, out: Path | str | None = None) -> Any:
        """Write one HTML file to explore this ensemble in, see `spinlens.report.write_report`.

        Parameters
        ----------
        out : path-like, optional
            The file; by default beside the ensemble under its name.
        """
        return from_room("report", "write_report")(self, out)

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
        sides = layout.sides_of(self.plan)
        counts = " x ".join(f"{length} {name}" for name, length in self.sizes.items() if name not in sides)
        place = str(self.path) if self.path else "in memory"
        return f"<Ensemble: {self.model.text}, {self.lattice.text}, {counts}{self._state}, {place}>"

    def _repr_html_(self) -> str:
        rows = {
            "model": self.model.text,
            "lattice": self.lattice.text,
            **{name: _range(values) for name, values in self.grid.items()},
            "chains x draws": f"{self.plan.chains} x {self.plan.draws}",
            **self._making,
            "state": sentence(self._convergence) if self.complete else self._state.removeprefix(", "),
            "place": str(self.path) if self.path else "in memory",
        }
        body = "".join(
            f"<tr><th style='text-align:left'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows.items()
        )
        return f"<table><caption>Ensemble {escape(self.fingerprint)}</caption>{body}</table>"

    @property
    def imported(self) -> Mapping[str, Any]:
        """Where imported draws come from: files with their checksums, the axes that were named; empty of all others."""
        found: Any = self._group.attrs.get("imported", {})
        return dict(found)

    @property
    def _making(self) -> dict[str, str]:
        """How the draws were made, in words."""
        plan = self.plan
        if plan.imported:
            files = ", ".join(each["name"] for each in self.imported.get("sources", ()))
            return {"origin": f"imported from {files or 'arrays in memory'}"}
        exchange = "with" if plan.exchange else "without"
        sweeps = f"{plan.equilibration} sweeps to equilibrate, {plan.interval} between recordings"
        return {"algorithm": f"{plan.algorithm}, {sweeps}, {exchange} exchange", "seed": str(plan.seed)}

    @property
    def _state(self) -> str:
        if self.plan.imported:
            return ", imported"
        if not self.complete:
            return f", {len(self.missing_units)} units missing"
        found, of = self._convergence, f" of {self.plan.conditions} conditions "
        flagged, short = found["flagged_conditions"], found["too_short_conditions"]
        said = [f"{flagged}{of}not equilibrated"] if flagged else []
        return ", ".join(["", *said, *([f"{short}{of}too short to tell"] if short else [])])

    @property
    def _convergence(self) -> dict[str, Any]:
        return summarise(self.diagnostics, self.plan)

    @property
    def _strengths(self) -> Mapping[str, Any]:
        """By how much 1 in each recorded sum lowers the energy, a DataArray over the controls for each that ever does.

        Of events it is the temperature, over its own axis.
        """
        rows = [
            self.model.strengths(self.lattice, **self.plan.point_controls(point)) for point in range(self.plan.points)
        ]
        shape = tuple(len(values) for values in self._controls.values())
        tables, t = self.model.tables(self.lattice), self.temperature
        return {
            name: xr.DataArray(t, {"temperature": t}, ("temperature",)) if event
            else xr.DataArray(column.reshape(shape), self._controls, tuple(self._controls))
            for name, event, column in zip(tables.names, tables.events, np.array(rows).T, strict=True)
            if column.any()
        }  # fmt: skip


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
    plan = unsealed(read_plan(path), path)
    group = zarr.open_group(store=LocalStore(path, read_only=True), mode="r", zarr_format=3)
    return Ensemble(group, plan, path)
