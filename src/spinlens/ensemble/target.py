"""Sampling until standard errors are small enough: rounds of more and more recordings, the last of which is kept.

Every round is a plan of its own, which the errors of the one before determine, so that the same command takes the same
rounds again, whoever interrupted it. A round begins with the very recordings of the one before. Errors are those
between chains, where there are enough of them, so that they hold however slowly chains move; that they are small where
one stops makes them a little small.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble.reader import Ensemble, open_ensemble
from spinlens.ensemble.simulate import sample
from spinlens.errors import InputError
from spinlens.files import flush, local_path
from spinlens.sampling import Plan
from spinlens.statistics import observables

GROWTH = 8
"""How many times as long a round is at most as the one before, whose estimate may be rough."""

MARGIN = 1.2
"""Of the recordings that errors call for: with 64 chains an error is known to a tenth."""

MOST_RECORDINGS = 2**20
"""Of a chain; beyond it more chains are the better way."""


def check_target(target: Any) -> dict[str, float]:
    """Return standard errors to reach by the names of observables.

    Raises
    ------
    InputError
        If it is no mapping to positive numbers.
    """
    if not isinstance(target, Mapping) or not target:
        raise InputError(
            "target", repr(target), "must name observables with the errors to reach", 'Like {"energy": 1e-4}'
        )
    for name, error in target.items():
        number = isinstance(error, int | float | np.number) and not isinstance(error, bool)
        if not number or not error > 0 or not math.isfinite(error):
            raise InputError(f"target[{name!r}]", error, "must be a number > 0")
    return {str(name): float(error) for name, error in target.items()}


def check_names(target: Mapping[str, float], plan: Plan) -> None:
    """Check that a plan will have the observables, before anything is sampled.

    Raises
    ------
    InputError
        If there is none of such a name.
    """
    sums = {name: np.zeros((2, 2), dtype=np.int64) for name in plan.series}
    controls = plan.point_controls(0)
    found = observables(sums, model=plan.model, lattice=plan.lattice, temperature=plan.temperature[0], **controls)
    known = sorted(str(name).removesuffix("_error") for name in found if str(name).endswith("_error"))
    for name in target:
        if name not in known:
            raise InputError("target", repr(name), "is no observable with an error", f"There are {', '.join(known)}")


def sample_until(
    plan: Plan, target: Mapping[str, float], *, out: Path | str | None = None, **options: Any
) -> Ensemble:  # fmt: skip
    """Sample a plan with as many recordings as it takes.

    Parameters
    ----------
    plan : Plan
        With the fewest recordings to take.
    target : mapping of str to float
        The largest standard error that an observable may have at any condition, see `Ensemble.observables`.
    out : path-like, optional
        Where the last round is put; those before lie beside it meanwhile.
    **options
        As `spinlens.ensemble.sample`.

    Raises
    ------
    InputError
        If there is no such observable, more than `MOST_RECORDINGS` would be needed, or ``out`` holds something else.
    """
    target = check_target(target)
    check_names(target, plan)
    if out is None:
        *_, ensemble = _rounds(plan, target, None, options)
        return ensemble
    place = local_path(out)
    rounds = place.resolve().with_name(f".{place.resolve().name}.rounds")
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        found = _found(place, plan, target)
    else:
        *_, last = _rounds(plan, target, rounds, options)
        if place.exists():
            place.rmdir()
        assert last.path is not None
        last.path.replace(place)
        flush(place.resolve().parent)
        found = open_ensemble(place)
    shutil.rmtree(rounds, ignore_errors=True)
    return found


def _rounds(
    plan: Plan, target: Mapping[str, float], folder: Path | None, options: Mapping[str, Any]
) -> Iterator[Ensemble]:  # fmt: skip
    """Yield one ensemble after another, the last of which reaches the target."""
    recordings = plan.recordings
    while True:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        out, label = folder and folder / str(recordings), f"round of {recordings} recordings"
        ensemble = sample(replace(plan, recordings=recordings), out=out, label=label, **options)
        yield ensemble
        times = excess(ensemble, target)
        try:
            needed = MARGIN * times * recordings
            if times > 1 and needed > MOST_RECORDINGS:
                raise InputError(
                    "target", dict(target), f"takes about {needed:.2g} recordings of each chain, and "
                    f"{MOST_RECORDINGS} are the most",
                    f"Take {math.ceil(needed / MOST_RECORDINGS)} times as many chains, or a larger error",
                )  # fmt: skip
        except InputError:
            if folder is not None:
                shutil.rmtree(folder)
            raise
        if times <= 1:
            return
        recordings = plan.draws * math.ceil(min(needed, GROWTH * recordings) / plan.draws)


def excess(ensemble: Ensemble, target: Mapping[str, float]) -> float:
    """Return how many times as many recordings an ensemble would need; 1 or less where it reaches the target.

    Raises
    ------
    InputError
        If one has no error at any condition.
    """
    found = ensemble.observables()
    ratios = {name: found[f"{name}_error"].values / error for name, error in target.items()}
    for name, values in ratios.items():
        if np.isnan(values).all():
            why = "has no error at any condition: there are too few chains and recordings to tell"
            raise InputError("target", repr(name), why, "Take more chains, or more recordings to begin with")
    # Where an observable has no error, as at the ground state, more recordings would not give it one.
    return float(max(np.nan_to_num(values, posinf=GROWTH).max() for values in ratios.values()) ** 2)


def _found(place: Path, plan: Plan, target: Mapping[str, float]) -> Ensemble:
    """Return the ensemble of an earlier call."""
    ensemble = open_ensemble(place)
    same = replace(plan, recordings=ensemble.plan.recordings) if ensemble.plan.recordings % plan.draws == 0 else None
    if same != ensemble.plan:
        raise InputError("out", place, "holds an ensemble with another configuration", "Choose another directory")
    if not ensemble.complete or excess(ensemble, target) > 1:
        why = "holds an ensemble of the same configuration that does not reach the target"
        raise InputError("out", place, why, "Choose another directory")
    return ensemble
