"""How much time, memory and room a plan takes: said before the run, and refused where it cannot fit."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from spinlens.ensemble.layout import specifications
from spinlens.errors import InputError
from spinlens.machine import free_bytes, memory_bytes, readable_bytes
from spinlens.progress import clock_time
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.blocks import LANES

CHECKSUM = 4
"""Bytes that each chunk has beside its values."""

WORTH_SAYING = 60.0
"""Seconds from which on a run is announced."""

SECONDS = 6e-9
"""Of a bit-sliced update of a site, roughly: it tells which plans are worth a measurement."""

TRIAL = 3
"""Stretches of sweeps that are timed."""

LONGEST_TRIAL = 5.0
"""Seconds of a measurement, roughly; what takes longer is estimated from the kernels' costs alone."""


def disk_bytes(plan: Plan) -> int:
    """Return the bytes of all arrays of an ensemble, which are stored uncompressed."""
    found = 0
    for each in specifications(plan).values():
        chunks = math.prod(-(-size // chunk) for size, chunk in zip(each.shape, each.chunks, strict=True))
        found += chunks * (math.prod(each.chunks) * np.dtype(each.dtype).itemsize + CHECKSUM)
    return found


def unit_bytes(plan: Plan) -> int:
    """Return how much memory a unit of work takes at least: its draws, its sums, and the chains that move."""
    arrays, chains = specifications(plan), plan.blocks.lanes
    spins = arrays["spins"]
    draws = len(plan.temperature) * chains * math.prod(spins.shape[spins.dimensions.index("draw") :])
    size = sum(np.dtype(arrays[name].dtype).itemsize for name in plan.series)
    sums = len(plan.temperature) * chains * plan.recordings * size
    moving = len(plan.temperature) * plan.lattice.sites * plan.model.space.bits * LANES // 8
    return draws + sums + moving


def check_fits(plans: Mapping[Path, Plan] | Plan, *, units: int = 1) -> None:
    """Refuse what cannot fit, before anything is written.

    Parameters
    ----------
    plans : mapping of Path to Plan, or Plan
        What is stored where; one alone stays in memory.
    units : int
        How many units of work are in memory at the same time.

    Raises
    ------
    InputError
        If a unit of work, or an ensemble in memory, needs more memory than there is; or ensembles more room than is
        left on their disk, without what is stored of them already.
    """
    there = memory_bytes()
    for plan in [plans] if isinstance(plans, Plan) else plans.values():
        blocks = min(units, plan.points * len(plan.blocks))
        need = blocks * unit_bytes(plan) + (disk_bytes(plan) if isinstance(plans, Plan) else 0)
        if there is not None and need > there:
            raise _too_large("memory", need, f"this machine has {readable_bytes(there)}", plan)
    if isinstance(plans, Plan):
        return
    room: dict[int, int] = {}
    for path, plan in plans.items():
        stored = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else 0
        need, free = max(0, disk_bytes(plan) - stored), free_bytes(path)
        if free is None:
            continue
        # Those before it on the same disk need their room too.
        key = _disk(path)
        room[key] = room.get(key, 0) + need
        if room[key] > free:
            raise _too_large("disk", room[key], f"there is room for {readable_bytes(free)} at {path}", plan)


def _too_large(what: str, need: int, there: str, plan: Plan) -> InputError:
    """Say what does not fit, and which parameter makes it so large."""
    sizes = {name: math.prod(each.shape) * np.dtype(each.dtype).itemsize for name, each in specifications(plan).items()}
    much = "draws" if max(sizes, key=sizes.__getitem__) == "spins" else "recordings"
    return InputError(what, f"{readable_bytes(need)} at least", there, f"Lower {much}, chains, conditions or sides")


def _disk(path: Path) -> int:
    place = path.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return place.stat().st_dev


def expected_seconds(work: float, plan: Plan, unit: Unit, *, side_by_side: int, threads: int) -> float | None:
    """Return about how long a run takes, None where that is less than is worth saying.

    Parameters
    ----------
    work : float
        Of all units, in bit-sliced updates of a site, see `spinlens.sampling.engines.Engine`.
    plan, unit
        The longest of them: some stretches of it are sampled, and not kept.
    side_by_side, threads : int
        How many units are done at the same time, by how many threads each.
    """
    roughly = work * SECONDS / (side_by_side * threads)
    if roughly < WORTH_SAYING / 4:
        return None
    short = replace(plan, draws=1, recordings=TRIAL + 2, equilibration=min(plan.interval, plan.equilibration))
    if work_of(short, unit) * SECONDS / threads > LONGEST_TRIAL:
        return roughly
    clock = _Clock()
    run_unit(short, unit, threads=threads, keeper=clock)
    # Kernels are compiled in the first stretches, and draws are packed after the last.
    seconds = (clock.times[TRIAL + 1] - clock.times[1]) / TRIAL
    stages = len(plan.temperature) if plan.start == "heated" else 1
    stretch = plan.kernels.cost(plan, unit.point) * plan.lattice.sites * plan.interval / stages
    found = seconds * work / stretch / side_by_side
    return found if found > WORTH_SAYING else None


class _Clock:
    """Keeps nothing of a unit but when each stretch of sweeps was over."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def load(self) -> dict[str, np.ndarray]:
        """Return nothing that was kept."""
        return {}

    def due(self) -> bool:
        """Note the time."""
        self.times.append(time.perf_counter())
        return False

    def save(self, arrays: Mapping[str, np.ndarray], fraction: float) -> None:
        """Do nothing."""


def work_of(plan: Plan, unit: Unit) -> float:
    """Return how much work a unit is, in bit-sliced updates of a site."""
    sweeps = (-(-plan.equilibration // plan.interval) + plan.recordings) * plan.interval
    return plan.kernels.cost(plan, unit.point) * plan.lattice.sites * sweeps


def announcement(seconds: float, plans: Iterable[Plan], side_by_side: int) -> str:
    """Return what is said before a run of so many seconds."""
    plans = list(plans)
    disk = sum(disk_bytes(plan) for plan in plans)
    memory = max(min(side_by_side, plan.points * len(plan.blocks)) * unit_bytes(plan) for plan in plans)
    return f"about {clock_time(seconds)}, {readable_bytes(disk)} on the disk, {readable_bytes(memory)} of memory"
