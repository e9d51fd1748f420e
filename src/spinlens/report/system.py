"""What can be explored of one system: observables over its conditions, some configurations, what a network says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble, equilibration_summary
from spinlens.ensemble.judgement import sentence
from spinlens.exact import critical_temperature
from spinlens.exact.curves import exact_values
from spinlens.report.arrays import encoded, finite
from spinlens.report.configurations import Shown, shown
from spinlens.report.live import live_sampler
from spinlens.sampling import Plan
from spinlens.sampling.convergence import Verdict
from spinlens.statistics.labels import label

Array = NDArray[np.float64]

FINE = 193
"""Temperatures of an exact curve."""

VERDICTS = {
    Verdict.TOO_SHORT: "recorded too shortly to tell whether it is equilibrated",
    Verdict.EQUILIBRATED: "equilibrated",
    Verdict.NOT_EQUILIBRATED: "not equilibrated",
}
MISSING = 255
"""Stands for the verdict where nothing is stored yet."""


@dataclass(frozen=True)
class Quantity:
    """A number for each condition.

    Attributes
    ----------
    name, label, unit : str
        What it is called, in code and in words, and its unit.
    values : ndarray, float64 (controls, temperature)
        NaN where it is not known.
    error : ndarray, optional
        Standard errors of the same shape.
    exact : ndarray, optional
        What theory says, of the same shape.
    curve : (ndarray, ndarray), optional
        The same along a fine axis, where one alone varies.
    """

    name: str
    label: str
    unit: str
    values: Array
    error: Array | None = None
    exact: Array | None = None
    curve: tuple[Array, Array] | None = None


@dataclass(frozen=True)
class Line:
    """A line over a map, or one place on an axis.

    Attributes
    ----------
    label : str
        What it is.
    values : sequence of float
        Along the axis; NaN where the line has a gap.
    x : sequence of float
        Places on the first control that varies; empty for one place.
    error : sequence of float, optional
        Standard errors.
    exact : bool
        Whether theory says so.
    axis : str
        Name of the axis.
    """

    label: str
    values: Sequence[float]
    x: Sequence[float] = ()
    error: Sequence[float] | None = None
    exact: bool = False
    axis: str = "temperature"


@dataclass(frozen=True)
class System:
    """One ensemble as the page shows it.

    Attributes
    ----------
    name : str
        Among several.
    text : str
        Model, lattice, counts.
    grid : dict of str to ndarray
        The axes, the temperature last.
    quantities : sequence of Quantity
        What can be drawn; the first one is drawn first.
    verdict : ndarray, uint8 (controls, temperature)
        Of `Verdict`, `MISSING` where nothing is stored.
    configurations : Shown
        Some configurations of each condition, and what is known of each.
    lines : sequence of Line
        What lies over the map.
    sampler : dict, optional
        The model's own tables for sampling in the page.
    group : str
        Systems of one group are drawn over each other, as several sizes are; those of none stand alone.
    """

    name: str
    text: str
    grid: Mapping[str, Array]
    quantities: Sequence[Quantity]
    verdict: NDArray[np.uint8]
    configurations: Shown
    lines: Sequence[Line] = ()
    sampler: Mapping[str, Any] | None = None
    group: str = ""

    def with_quantities(self, quantities: Sequence[Quantity], lines: Sequence[Line] = ()) -> System:
        """Return the system with further quantities first, and further lines."""
        return replace(self, quantities=[*quantities, *self.quantities], lines=[*lines, *self.lines])

    def with_configurations(self, configurations: Shown) -> System:
        """Return the system with more that is known of its configurations."""
        return replace(self, configurations=configurations)

    def data(self) -> dict[str, Any]:
        """Return JSON types."""
        return {
            "name": self.name,
            "group": self.group,
            "text": self.text,
            "axes": [
                {"name": name, "label": label(name)[0], "unit": label(name)[1], "values": np.asarray(values).tolist()}
                for name, values in self.grid.items()
            ],
            "quantities": [
                {
                    "name": each.name, "label": each.label, "unit": each.unit, "values": encoded(each.values),
                    "error": None if each.error is None else encoded(each.error),
                    "exact": None if each.exact is None else encoded(each.exact),
                    "curve": None if each.curve is None else [encoded(part) for part in each.curve],
                }
                for each in self.quantities
            ],
            "verdict": encoded(self.verdict, "uint8"),
            "verdicts": {str(int(key)): words for key, words in VERDICTS.items()} | {str(MISSING): "not sampled yet"},
            "configurations": self.configurations.data(),
            "lines": [
                {"label": each.label, "values": finite(list(each.values)), "x": list(each.x), "axis": each.axis,
                 "error": None if each.error is None else finite(list(each.error)), "exact": each.exact}
                for each in self.lines
            ],
            "sampler": self.sampler,
        }  # fmt: skip


def system_of(ensemble: Ensemble, *, name: str = "", budget: int) -> System:
    """Return what a page shows of an ensemble, whole or unfinished.

    Parameters
    ----------
    ensemble : Ensemble
        Of any model.
    name : str
        Among several.
    budget : int
        Bytes of configurations at most.
    """
    plan = ensemble.plan
    shape = tuple(len(values) for values in plan.grid.values())
    parts = list(ensemble.parts())
    tables = {part.point: part.observables() for part in parts}
    verdict = np.full((plan.points, len(plan.temperature)), MISSING, dtype=np.uint8)
    for part in parts:
        verdict[part.point] = part.convergence().verdict
    return System(
        name=name,
        text=f"{plan.model.text}, {plan.lattice.text}, {plan.chains} chains x {plan.draws} draws",
        grid={key: np.asarray(values) for key, values in plan.grid.items()},
        quantities=_quantities(plan, tables),
        verdict=verdict.reshape(shape),
        configurations=shown(plan, parts, budget=budget),
        lines=_critical(plan),
        sampler=live_sampler(plan),
    )


def cautions_of(ensemble: Ensemble) -> list[str]:
    """Return what must be said first of an ensemble: what is missing, and what is not in equilibrium."""
    if ensemble.complete:
        said = sentence(equilibration_summary(ensemble))
        return [] if ensemble.diagnostics["equilibrated"].all() else [said]
    left, of = len(ensemble.missing_units), ensemble.plan.points * len(ensemble.plan.blocks)
    return [f"Unfinished: {left} of {of} units of work are not stored yet. What is stored so far is shown."]


def _names(tables: Mapping[int, Any]) -> list[str]:
    """Return the observables, the order parameter before its square, those that say most first."""
    if not tables:
        return []
    found = next(iter(tables.values()))
    # Of a system whose energy nobody knows it is a number nowhere.
    known = [str(name) for name in found if any(np.isfinite(table[name].values).any() for table in tables.values())]
    names = [name for name in known if not name.endswith("_error")]
    order = found.attrs.get("order_parameter", "")
    first = [name for name in (f"absolute_{order}", order, "energy", "specific_heat") if name in names]
    return [*first, *(name for name in names if name not in first)]


def _quantities(plan: Plan, tables: Mapping[int, Any]) -> list[Quantity]:
    """Return the observables over the grid, beside what is exactly known of them."""
    shape = tuple(len(values) for values in plan.grid.values())
    at = np.asarray(plan.temperature)
    known = {point: _exact(plan, point, at) for point in tables}
    # Along the temperature alone an exact curve is drawn; elsewhere exact values stand beside the others.
    alone = plan.points == 1 and len(at) > 1
    fine = np.linspace(at[0], at[-1], FINE)
    curves = _exact(plan, 0, fine) if alone and known.get(0) else {}

    def over_grid(columns: Mapping[int, Mapping[str, Any]], name: str) -> Array | None:
        found = np.full((plan.points, len(at)), np.nan)
        for point, column in columns.items():
            if name in column:
                found[point] = column[name]
        return found.reshape(shape) if any(name in column for column in columns.values()) else None

    quantities = []
    for name in _names(tables):
        attributes = next(iter(tables.values()))[name].attrs
        values = over_grid(tables, name)
        assert values is not None
        quantities.append(
            Quantity(
                name, attributes.get("long_name", name), attributes.get("units", "1"), values,
                over_grid(tables, f"{name}_error"), over_grid(known, name),
                (fine, curves[name]) if name in curves else None,
            )
        )  # fmt: skip
    return quantities


def _exact(plan: Plan, point: int, temperature: Array) -> dict[str, Array]:
    return exact_values(plan.model_at(point), plan.lattice, temperature=temperature, **plan.point_controls(point))


def _critical(plan: Plan) -> list[Line]:
    """Return the exact critical temperature of the infinite lattice, where it is known."""
    # It is known at zero field, so whatever has another control has none that would hold at all its conditions.
    at_zero_field = {*plan.controls} <= {"field"} and all(0.0 in values for values in plan.controls.values())
    found = critical_temperature(plan.model, plan.lattice) if at_zero_field and not plan.model.sealed else None
    return [Line("exact critical temperature, infinite lattice", [found], exact=True)] if found else []
