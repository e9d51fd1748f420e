"""From ensembles, or from arrays of one's own, to what was recorded at one size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.lattices.lattice import PLAIN
from spinlens.models import component, vector
from spinlens.statistics.fluctuations import Averaged, Modulus, Quantity
from spinlens.statistics.observables import events, quantities
from spinlens.statistics.recordings import Recordings, recordings
from spinlens.statistics.scaling.line import line_through
from spinlens.statistics.scaling.scan import Recorded
from spinlens.statistics.scaling.views import PerCondition

Array = NDArray[np.float64]


def recorded_ensembles(
    ensembles: Sequence[Any], *, control: str = "temperature",
    observables: Sequence[Mapping[str, Any]] | None = None, **fixed: float,
) -> list[Recorded]:  # fmt: skip
    """Return what ensembles of several sizes recorded; see `FiniteSize`."""
    if not isinstance(ensembles, Sequence) or not all(hasattr(e, "series") for e in ensembles):
        raise InputError(
            "ensembles", type(ensembles).__name__, "must be a list of ensembles, one for each size",
            "FiniteSize.from_arrays takes arrays",
        )  # fmt: skip
    _check_alike(ensembles)
    extra = observables if observables is not None else [{}] * len(ensembles)
    if len(extra) != len(ensembles):
        raise InputError("observables", len(extra), f"must be {len(ensembles)} mappings, one for each ensemble")
    return [
        from_ensemble(e, control=control, fixed=fixed, observables=more)
        for e, more in zip(ensembles, extra, strict=True)
    ]


def recorded_arrays(
    sizes: Mapping[int, Mapping[str, Any]], *, dimensions: int, sites: Callable[[int], int] | None = None
) -> list[Recorded]:
    """Return what arrays of several sizes hold; see `FiniteSize.from_arrays`."""
    found = []
    for length, arrays in sizes.items():
        for name in ("temperature", "energy"):
            if name not in arrays:
                raise InputError(f"sizes[{length}]", sorted(arrays), f"lacks {name!r}")
        rest = {name: array for name, array in arrays.items() if name not in ("temperature", "energy")}
        found.append(
            from_arrays(
                length, energy=arrays["energy"], temperature=arrays["temperature"], dimensions=dimensions,
                sites=sites(length) if sites else None, observables=rest,
            )
        )  # fmt: skip
    return found


def from_ensemble(
    ensemble: Any, *, control: str, fixed: Mapping[str, float], observables: Mapping[str, Any]
) -> Recorded:
    """Return what an ensemble recorded along one control.

    Parameters
    ----------
    ensemble : Ensemble
        Of any model.
    control : str
        ``"temperature"`` or a control of the model.
    fixed : mapping of str to float
        Which values of the others, where they were varied too.
    observables : mapping of str to array, shape (..., chain, recording) or (..., chain, draw)
        Further numbers of each recording, or of each draw, over the ensemble's grid; of draws everything else is then
        taken from the draws as well.

    Raises
    ------
    InputError
        If the control was not varied, others were and are not named, or an array has another shape.
    """
    drawn = _of_draws(ensemble, observables)
    source = {name: values.rename(draw="recording") for name, values in ensemble.sums.items()} if drawn else None
    found = recordings(source, model=ensemble.model, lattice=ensemble.lattice) if drawn else recordings(ensemble)
    here = chosen_conditions(found, control, fixed)
    temperature, model, lattice = found.temperature[here], found.model, found.lattice
    at = found.controls_at(int(here[0]))
    names = model.tables(lattice).names

    def factors(value: float) -> Array:
        controls = {**at, "temperature": float(temperature[0]), control: value}
        return model.factors(lattice, **controls)

    values = temperature if control == "temperature" else found.controls[control][here]
    line = line_through(control, factors, values)
    counts_events = model.tables(lattice).events
    # -E / T is K . S but for events, each of which counts 1.
    resting = np.where(counts_events, 1.0, line.origin)
    driven = not np.any(line.direction[counts_events])
    for name, d, o in zip(names, line.direction, resting, strict=True):
        if (d or o) and name not in found.sums:
            raise InputError("sums", sorted(found.sums), f"lack {name!r}, on which the energy depends")
    ends = [{n.order.name: n for n in quantities(found, {**at, **_without(control, v)})} for v in values[[0, -1]]]
    orders = [Quantity(q.order, q.prefix, q.vanishes and ends[1][n].vanishes) for n, q in ends[0].items()]
    arrays = {name: _laid_out(name, array, found, here) for name, array in observables.items()}
    own = [Quantity(component(name, name), f"{name}_", vanishes=False) for name in arrays]
    further: list[Averaged] = [*events(found, at if driven else None)]
    further += map(Modulus, found.stiffnesses) if _square_torus(lattice) else []

    def total(weights: Array, k: int) -> Array:
        parts = (w * np.asarray(found.sums[n][here[k]]) for n, w in zip(names, weights, strict=True) if w)
        return np.asarray(sum(parts, np.zeros(1)) + np.zeros(next(iter(found.sums.values())).shape[1:]))

    def components(k: int) -> list[Array]:
        sums = {name: np.asarray(sum_[here[k]]) for name, sum_ in found.sums.items()}
        ordered = [np.moveaxis(q.order.values(sums, found.sites), -1, 0) for q in orders]
        rest = [each.values(sums, found.sites) for each in further]
        return [*ordered, *(array[k][None] for array in arrays.values()), *rest]

    count = len(here)
    return Recorded(
        _linear_size(lattice.shape), len(lattice.shape), found.sites, control, values, temperature, line,
        PerCondition(count, lambda k: total(line.direction, k)), PerCondition(count, lambda k: total(resting, k)),
        (*orders, *own, *further), PerCondition(count, components), driven=driven,
        circle=model.space.states if model.space.circle and orders and orders[0].vanishes else 0,
    )  # fmt: skip


def from_arrays(
    length: int, *, energy: Any, temperature: Any, dimensions: int, sites: int | None, observables: Mapping[str, Any]
) -> Recorded:
    """Return what somebody else recorded over temperatures.

    Parameters
    ----------
    length : int
        L.
    energy : array, shape (T, chain, recording)
        Total energies, in units in which k_B = 1.
    temperature : array, shape (T,)
        Ascending, > 0.
    dimensions : int
        d.
    sites : int, optional
        N; by default L^d.
    observables : mapping of str to array, shape (T, chain, recording) or (T, chain, recording, d)
        Anything of each recording, per site; vectors have d components. The first is the order parameter.

    Raises
    ------
    InputError
        If shapes do not fit, or temperatures are not ascending.
    """
    t, e = np.asarray(temperature, dtype=np.float64), np.asarray(energy, dtype=np.float64)
    _check_ascending("temperature", t)
    if t[0] <= 0:
        raise InputError("temperature", float(t[0]), "must be > 0 (k_B = 1)")
    if e.ndim != 3 or len(e) != len(t):
        raise InputError(f"energy.shape at L = {length}", e.shape, f"must be ({len(t)}, chain, recording)")
    arrays = {name: np.asarray(array, dtype=np.float64) for name, array in observables.items()}
    for name, array in arrays.items():
        if array.shape[:3] != e.shape or array.ndim > 4:
            why = f"must be {e.shape} like the energy, with an axis of components behind if it is a vector"
            raise InputError(f"{name}.shape at L = {length}", array.shape, why)
    arrays = {name: array.reshape(*e.shape, -1) for name, array in arrays.items()}
    if not all(np.all(np.isfinite(array)) for array in (e, *arrays.values())):
        raise InputError("observables", f"L = {length}", "hold numbers that are not finite")
    line = line_through("temperature", lambda value: np.array([-1.0 / value]), t)
    # The direction is minus or plus one, whichever makes the largest number of D one.
    sign = float(line.direction[0])
    own = [
        Quantity(vector(name, array.shape[-1]), f"{name}_" if k else "", vanishes=False)
        for k, (name, array) in enumerate(arrays.items())
    ]
    return Recorded(
        int(length), int(dimensions), int(sites or length**dimensions), "temperature", t, t, line,
        [sign * part for part in e], [np.zeros_like(part) for part in e], tuple(own),
        [[np.moveaxis(array[k], -1, 0) for array in arrays.values()] for k in range(len(t))],
    )  # fmt: skip


def _of_draws(ensemble: Any, observables: Mapping[str, Any]) -> bool:
    """Return whether the arrays have a number for each draw rather than for each recording."""
    lengths = {np.shape(array)[-1] for array in observables.values()}
    recordings_, draws = ensemble.plan.recordings, ensemble.plan.draws
    if lengths - {recordings_} and lengths != {draws}:
        why = f"must end in {recordings_}, the recordings of a chain, or all in {draws}, its draws"
        raise InputError("observables.shape", sorted(lengths), why)
    return bool(lengths - {recordings_})


def chosen_conditions(found: Recordings, control: str, fixed: Mapping[str, float]) -> NDArray[np.int64]:
    """Return the conditions of a scan, in ascending order of its control."""
    every = {**found.controls, "temperature": found.temperature}
    for name in (control, *fixed):
        if name not in every:
            raise InputError("control", repr(name), f"{found.model.name} has {', '.join(every)}")
    kept = np.ones(len(found.temperature), dtype=bool)
    for name, value in fixed.items():
        kept &= np.isclose(every[name], value, rtol=1e-12, atol=1e-12)
        if not kept.any():
            raise InputError(name, value, f"was not simulated, only {np.unique(every[name]).tolist()}")
    for name, values in every.items():
        if name != control and np.ptp(values[kept]) > 0:
            low, high = values[kept].min(), values[kept].max()
            raise InputError(
                name, f"{low:g} to {high:g}", f"varies beside the {control}", f"Choose one: {name}={low:g}"
            )  # fmt: skip
    here = np.flatnonzero(kept)
    here = here[np.argsort(every[control][here], kind="stable")]
    _check_ascending(control, every[control][here])
    return here


def _check_ascending(name: str, values: Array) -> None:
    if values.ndim != 1 or len(values) < 2 or np.any(np.diff(values) <= 0):
        raise InputError(name, values.tolist(), "must be at least two ascending values at each size")


def _linear_size(shape: tuple[int, ...]) -> int:
    if len(set(shape)) > 1:
        raise InputError("lattice.shape", shape, "must have equal sides, so that one length says how large it is")
    return int(shape[0])


def _square_torus(lattice: Lattice) -> bool:
    """Return whether stiffnesses along the axes are those of a square that closes on itself, as their jump asks."""
    plain = lattice.kind == PLAIN[lattice.axes]
    return plain and all(rule == "periodic" for rule in lattice.rules)


def _laid_out(name: str, array: Any, found: Recordings, here: NDArray[np.int64]) -> Array:
    """Return an observable at the chosen conditions, float64 (C, chain, recording)."""
    expected = (*found.shape, *next(iter(found.sums.values())).shape[1:])
    if np.shape(array) != expected:
        raise InputError(f"observables[{name!r}].shape", np.shape(array), f"must be {expected} like the ensemble")
    return np.asarray(array, dtype=np.float64).reshape(-1, *expected[-2:])[here]


def _without(control: str, value: float) -> dict[str, float]:
    """Return a control by name, but not the temperature, which symmetry does not ask for."""
    return {} if control == "temperature" else {control: float(value)}


def _check_alike(ensembles: Sequence[Any]) -> None:
    for first, ensemble in pairwise(ensembles):
        if ensemble.model != first.model:
            raise InputError("ensembles", ensemble.model.text, f"is not the model of the others, {first.model.text}")
        one, other = first.lattice, ensemble.lattice
        if (one.kind, one.boundary) != (other.kind, other.boundary):
            raise InputError("ensembles", other.text, f"differs from {one.text} in more than its sides")
