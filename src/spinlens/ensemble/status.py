"""How far an ensemble has come: done, left, what the draws are worth so far, and how long the rest may take."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import LocalStore

from spinlens.ensemble.checked_reading import read_checked
from spinlens.ensemble.checkpoint import Checkpoint
from spinlens.ensemble.journal import Entry, Journal
from spinlens.ensemble.parts import stored_parts
from spinlens.ensemble.writer import diagnostics_name, read_plan, unit_name
from spinlens.sampling import Plan, units
from spinlens.sampling.convergence import Verdict
from spinlens.sampling.diagnostics import mixing


@dataclass(frozen=True, slots=True)
class Status:
    """How far an ensemble has come.

    Attributes
    ----------
    path : str
        The ensemble.
    units, done : int
        Units of work in all, and how many are stored.
    missing : tuple of str
        Names of those that are not.
    begun : float
        How much of those is done by their checkpoints, in units.
    running : bool
        Whether a process is writing to it now.
    conditions, sampled : int
        Conditions in all, and how many have draws.
    smallest_effective_samples, total_effective_samples : float or None
        Over the conditions that have draws, from the chains so far; None where there are none or they cannot be known.
    flagged, too_short : int
        Sampled conditions that are not equilibrated so far, and for which that cannot be told.
    seconds : float
        How long all runs have lasted, up to their last commits.
    seconds_left : float or None
        For the units that are not stored, if their work, by the engine's cost, takes as long as that
        of those before; None where nothing is known.
    seconds_since : float or None
        Since the last commit.
    """

    path: str
    units: int
    done: int
    missing: tuple[str, ...]
    begun: float
    running: bool
    conditions: int
    sampled: int
    smallest_effective_samples: float | None
    total_effective_samples: float | None
    flagged: int
    too_short: int
    seconds: float
    seconds_left: float | None
    seconds_since: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON types."""
        return asdict(self)


def status(path: Path | str) -> Status:
    """Say how far an ensemble has come; nothing is written.

    Parameters
    ----------
    path : path-like
        The ensemble's directory, at rest or being written to.

    Raises
    ------
    InputError
        If there is no ensemble.
    DamagedError
        If its description or its sums are damaged.
    """
    path = Path(path)
    plan = read_plan(path)
    journal = Journal(path)
    entries = [entry for entry in journal.lines() if entry is not None]
    known = {entry.unit: entry for entry in entries}
    weights = {unit_name(plan, unit): plan.kernels.cost(plan, unit.point) for unit in units(plan)}
    missing = tuple(name for name in weights if name not in known)
    begun = {
        name: Checkpoint(path, plan, unit).fraction
        for unit in units(plan)
        if (name := unit_name(plan, unit)) in missing
    }
    left = sum(weights[name] * (1 - begun[name]) for name in missing)
    spent, (seconds, done) = durations(entries, weights)
    sizes, verdicts = _worth(path, plan, known)
    judged = np.isfinite(sizes).all() and sizes.size > 0
    return Status(
        path=str(path),
        units=len(weights),
        done=len(weights) - len(missing),
        missing=missing,
        begun=sum(begun.values()),
        running=_running(path),
        conditions=plan.conditions,
        sampled=sizes.size,
        smallest_effective_samples=float(sizes.min()) if judged else None,
        total_effective_samples=float(sizes.sum()) if judged else None,
        flagged=int((verdicts == Verdict.NOT_EQUILIBRATED).sum()),
        too_short=int((verdicts == Verdict.TOO_SHORT).sum()),
        seconds=spent,
        seconds_left=0.0 if not missing else (seconds / done * left if done else None),
        seconds_since=max(0.0, time.time() - journal.path.stat().st_mtime) if entries else None,
    )


def durations(entries: list[Entry], weights: Mapping[str, float]) -> tuple[float, tuple[float, float]]:
    """Return how long all runs lasted, and for the estimate of what is left seconds and the work done in them.

    ``weights`` is the work of each unit by its name.

    The clock of the journal starts anew with every run. The last run with a unit in it counts for the estimate: its
    workers and its machine are those to expect.
    """
    runs: list[list[Entry]] = []
    for entry in entries:
        if not runs or entry.seconds < runs[-1][-1].seconds:
            runs.append([])
        runs[-1].append(entry)
    spent = sum(run[-1].seconds for run in runs)
    for run in reversed(runs):
        if found := [entry for entry in run if entry.unit in weights]:
            return spent, (found[-1].seconds, sum(weights[entry.unit] for entry in found))
    return spent, (0.0, 0)


def _worth(path: Path, plan: Plan, known: dict[str, Entry]) -> tuple[np.ndarray, np.ndarray]:
    """Return effective sample sizes and verdicts of all conditions that have draws, (condition,)."""
    group = zarr.open_group(store=LocalStore(path, read_only=True), mode="r", zarr_format=3)

    def read(name: str, index: Any) -> np.ndarray:
        return read_checked(group, name, index, path=path, plan=plan, entries=known)

    sizes, verdicts = [np.empty(0)], [np.empty(0, dtype=np.int8)]
    for part in stored_parts(plan, read, known):
        judged = diagnostics_name(plan, part.point) in known
        if judged:
            sizes.append(read("effective_sample_size", plan.place(part.point)))
        else:
            found = mixing(part.sums, model=plan.model, lattice=plan.lattice, **part.controls)
            sizes.append(found.effective_sample_size)
        verdicts.append(part.convergence().verdict)
    return np.concatenate(sizes), np.concatenate(verdicts)


def _running(path: Path) -> bool:
    """Tell whether another process holds the journal's lock; asking leaves everything as it is."""
    if not Journal(path).path.exists():
        return False
    with Journal(path).path.open("rb") as journal:
        try:
            fcntl.flock(journal, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            # The file system has no locks, and nobody can tell.
            return False
    return False
