"""What an ensemble's recordings tell of equilibrium, judged when it is asked for, and in words.

Stored are R-hat and effective sample size; the verdict is not, so that ensembles of every age are judged alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from spinlens.ensemble.exchange_gaps import gap_sentence
from spinlens.sampling import Plan
from spinlens.sampling.choice import SYMBOLS
from spinlens.sampling.convergence import ENOUGH, FEWEST_CHAINS, FEWEST_RECORDINGS, Convergence, Verdict, convergence
from spinlens.sampling.diagnostics import mixing
from spinlens.sampling.plan import RECORDINGS

Read = Callable[[str, int], Any]
"""Returns a point of the grid of an array by its name."""

SHOWN = 4
"""Conditions that are named in a sentence."""

STUCK = 20
"""Whoever remembers for so many times the equilibration will hardly be helped by a longer one."""

WINDOWS = 4
"""Autocorrelation times that a window should have, for a decay to be seen to its end."""


def diagnose(read: Read, plan: Plan, point: int) -> dict[str, np.ndarray]:
    """Return what is stored of one point of the grid, arrays (temperature,) by their names."""
    sums = {name: read(name, point) for name in plan.series}
    found = mixing(
        sums, model=plan.model, lattice=plan.lattice, temperature=plan.temperature, **plan.point_controls(point)
    )
    return {
        "r_hat": found.r_hat,
        "effective_sample_size": found.effective_sample_size,
        "equilibrated": found.mixed,
    }


def judge(read: Read, plan: Plan, point: int) -> Convergence:
    """Return the verdict on one point of the grid.

    Imported draws are never called equilibrated: their order and distance in time are only what their owner says.
    """
    found = convergence(
        {name: read(name, point) for name in plan.series}, model=plan.model, lattice=plan.lattice,
        interval=plan.interval, equilibration=plan.equilibration, dispersed=plan.start == "dispersed",
        temperature=plan.temperature, **plan.point_controls(point),
    )  # fmt: skip
    if not plan.imported:
        return found
    unknown = np.where(found.verdict == Verdict.EQUILIBRATED, Verdict.TOO_SHORT, found.verdict)
    return replace(found, verdict=unknown.astype(np.int8))


def verdicts(read: Read, plan: Plan) -> xr.Dataset:
    """Return ``verdict``, ``drift``, ``memory`` and ``equilibrated`` over the grid."""
    found = [judge(read, plan, point) for point in range(plan.points)]
    shape, grid = tuple(len(values) for values in plan.grid.values()), tuple(plan.grid)
    arrays = {
        name: (grid, np.stack([getattr(part, name) for part in found]).reshape(shape), attributes)
        for name, attributes in _ATTRIBUTES.items()
    }
    sound = arrays["verdict"][1] == Verdict.EQUILIBRATED
    return xr.Dataset({**arrays, "equilibrated": (grid, sound)}, coords={n: list(v) for n, v in plan.grid.items()})


_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "verdict": {
        "flag_values": [int(verdict) for verdict in Verdict],
        "flag_meanings": "too_short_to_tell equilibrated not_equilibrated",
    },
    "drift": {"units": "standard errors"},
    "memory": {"units": "sweeps", "long_name": "autocorrelation time"},
}


def summarise(diagnostics: xr.Dataset, plan: Plan) -> dict[str, Any]:
    """Return what was found as JSON types: how many conditions, which, and what to do.

    What is not finite (nothing could be known, or chains stay apart) is None.
    """
    verdict, r_hat, memory = (diagnostics[name].values for name in ("verdict", "r_hat", "memory"))
    return {
        "conditions": int(verdict.size),
        "flagged_conditions": int((verdict == Verdict.NOT_EQUILIBRATED).sum()),
        "too_short_conditions": int((verdict == Verdict.TOO_SHORT).sum()),
        "worst_r_hat": float(r_hat.max()) if np.isfinite(r_hat).all() else None,
        "longest_memory": float(memory.max()) if np.isfinite(memory).all() else None,
        "flagged": _places(verdict == Verdict.NOT_EQUILIBRATED, plan.grid),
        "too_short": _places(verdict == Verdict.TOO_SHORT, plan.grid),
        **({"imported": True} if plan.imported else {}),
        "remedy": "" if plan.imported else _remedy(verdict, memory, plan),
    }


def _places(which: np.ndarray, grid: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
    return [
        {name: values[i] for (name, values), i in zip(grid.items(), place, strict=True)}
        for place in np.argwhere(which).tolist()
    ]


def _remedy(verdict: np.ndarray, memory: np.ndarray, plan: Plan) -> str:
    """Return what would make the conditions sound that are not, or let them be told."""
    flagged, short = verdict == Verdict.NOT_EQUILIBRATED, verdict == Verdict.TOO_SHORT
    if not (flagged | short).any():
        return ""
    if (memory[flagged] > STUCK * max(plan.equilibration, plan.interval * plan.recordings)).any():
        return "some chains stay where they are, so take another algorithm or start, or exchange with hotter chains"
    window, parts = plan.interval * plan.recordings, []
    if plan.recordings < FEWEST_RECORDINGS:
        parts.append(f"record at least {RECORDINGS} times")
    elif short.any() and plan.chains < FEWEST_CHAINS:
        parts.append(f"take at least {FEWEST_CHAINS} chains")
    known = memory[(flagged | short) & np.isfinite(memory)]
    longest = float(known.max()) if known.size else 0.0
    if flagged.any() or ENOUGH * longest > plan.equilibration + window / 2:
        times = max(2, math.ceil(ENOUGH * longest / max(plan.equilibration, 1)))
        long = times * plan.equilibration if plan.equilibration else math.ceil(ENOUGH * max(longest, window))
        parts.append(f"equilibrate for {long} sweeps" + (f", {times} times as many" if plan.equilibration else ""))
    if short.any() and WINDOWS * longest > window:
        parts.append(_longer(plan, max(2, math.ceil(WINDOWS * longest / window))))
    return ", and ".join(parts) or _longer(plan, 2)


def _longer(plan: Plan, times: int) -> str:
    sweeps, recordings = times * plan.interval * plan.recordings, times * plan.recordings
    return f"record over {sweeps} sweeps, {times} times as many (recordings={recordings})"


def sentence(summary: Mapping[str, Any]) -> str:
    """Say how many conditions are not equilibrated or cannot be told, which come first, and what to do."""
    conditions, flagged = summary["conditions"], summary["flagged_conditions"]
    short = summary.get("too_short_conditions", 0)
    if not flagged and not short:
        memory = summary.get("longest_memory")
        remember = "" if memory is None else f"; chains remember for at most {memory:.0f} sweeps"
        return f"All {conditions} conditions are equilibrated{remember}."
    parts = []
    if flagged:
        parts.append(f"{flagged} of {conditions} conditions are not equilibrated: {_named(summary['flagged'])}.")
    if short and summary.get("imported"):
        parts.append(
            f"The draws of {short} of {conditions} conditions were imported: nothing tells how they were made, so "
            "nobody can say whether they are equilibrated."
        )
    elif short:
        parts.append(
            f"{short} of {conditions} conditions are recorded too shortly to tell whether they are: "
            f"{_named(summary['too_short'])}."
        )
    if remedy := summary.get("remedy"):
        parts.append(f"{remedy[0].upper()}{remedy[1:]}.")
    # Of chains that need no help they need not know.
    if flagged and (gaps := gap_sentence(summary.get("uncrossed", ()))):
        parts.append(gaps)
    return " ".join(parts)


def _named(places: Sequence[Mapping[str, float]]) -> str:
    first = ", ".join(
        "(" + ", ".join(f"{SYMBOLS.get(name, name)} {value:g}" for name, value in place.items()) + ")"
        for place in places[:SHOWN]
    )
    return first + (", ..." if len(places) > SHOWN else "")
