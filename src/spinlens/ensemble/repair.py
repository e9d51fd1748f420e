"""Sample exactly what is damaged again; the random streams have names, so the bytes are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import zarr
from zarr.storage import MemoryStore

from spinlens.ensemble import layout
from spinlens.ensemble.damage import Damage
from spinlens.ensemble.journal import DESCRIPTION, Entry, Journal
from spinlens.ensemble.journal import NAME as JOURNAL
from spinlens.ensemble.judgement import diagnose
from spinlens.ensemble.locks import lock
from spinlens.ensemble.verification import group_attributes, known_plan, lost_names, verify
from spinlens.ensemble.writer import Writer, cannot_store, diagnostics_name, unit_name, write_unit
from spinlens.errors import DamagedError
from spinlens.files import write_atomically
from spinlens.progress import progress_bar
from spinlens.sampling import Plan, Unit, UnitDraws, run_unit, units
from spinlens.workers import check_workers, finished


@dataclass(frozen=True, slots=True)
class Repair:
    """What `repair` did.

    Attributes
    ----------
    path : str
        The ensemble.
    damages : tuple of Damage
        What was damaged.
    units : tuple of str
        The units of work that were sampled again, and the diagnostics that were judged again.
    missing : tuple of str
        Units that were never sampled; the command that made the ensemble continues it.
    """

    path: str
    damages: tuple[Damage, ...]
    units: tuple[str, ...]
    missing: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON types."""
        return asdict(self)


def repair(
    path: Path | str, *, workers: int | None = None, scheduler: str | None = None, progress: bool = True
) -> Repair:
    """Make a damaged ensemble what it was, byte for byte.

    Parameters
    ----------
    path : path-like
        The ensemble's directory.
    workers : int, optional
        Threads; by default one for each core.
    scheduler : str, optional
        Address of a Dask scheduler to use instead, or the file that it wrote.
    progress : bool
        Whether to show progress on stderr.

    Returns
    -------
    Repair
        What was damaged and what was done again. Nothing else is touched.

    Raises
    ------
    InputError
        If there is no ensemble, another process is writing to it, or ``"auto"`` chose by another rule for what must be
        sampled again.
    DamagedError
        If the plan is lost, or this version does not make the bytes that the journal knows; the damaged files are
        then left as they are.
    IncompleteError
        If the disk is full or fails, or the workers are lost; the same call continues.
    """
    path = Path(path)
    check_workers(workers, scheduler)
    before = verify(path)
    if before.intact:
        return Repair(str(path), (), (), before.missing)
    plan, entries = known_plan(path)
    try:
        again = _restore(path, plan, entries, before.damages, workers, scheduler, progress)
    except OSError as error:
        raise cannot_store(error, path, "what was repaired") from None
    after = verify(path)
    if not after.intact:
        raise DamagedError(f"{path}: could not be repaired: {'; '.join(map(str, after.damages))}.")
    return Repair(str(path), before.damages, again, after.missing)


def _restore(
    path: Path,
    plan: Plan,
    entries: Mapping[str, Entry],
    damages: tuple[Damage, ...],
    workers: int | None,
    scheduler: str | None,
    progress: bool,
) -> tuple[str, ...]:
    _restore_description(path, plan, entries)
    writer = Writer(path, plan)
    try:
        # Whatever a line was about whose text is gone left files behind.
        altered = any(damage.file == JOURNAL for damage in damages)
        lost = lost_names(path, plan, writer.done, some=True) if altered else []
        again = {damage.unit for damage in damages} - {DESCRIPTION, ""} | set(lost)
        work = [unit for unit in units(plan) if unit_name(plan, unit) in again]
        if work:
            writer.check_rule()
        with progress_bar("repair", show=progress) as report:
            drawn_again = finished(partial(run_unit, plan), work, workers=workers, scheduler=scheduler, report=_ignore)
            for done, (unit, draws) in enumerate(drawn_again, start=1):
                _put_back(writer, unit_name(plan, unit), {unit: draws})
                report(done / len(work), f"{done}/{len(work)} units")
        for point in range(plan.points):
            drawn = all(unit_name(plan, unit) in writer.done for unit in units(plan) if unit.point == point)
            if (name := diagnostics_name(plan, point)) in again and drawn:
                _put_back(writer, name, diagnostics={point: diagnose(writer.read, plan, point)})
        return tuple(sorted(again))
    finally:
        writer.close()


def _ignore(unit: Unit, fraction: float) -> None:
    """Let single units go unreported; they are few."""


def _put_back(
    writer: Writer,
    name: str,
    draws: Mapping[Unit, UnitDraws] | None = None,
    diagnostics: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:
    """Write those files of a unit that are not what the journal says, or all of them if it says nothing."""
    files: dict[str, Any] = {}
    group = layout.create(MemoryStore(store_dict=files), writer.plan)
    empty = set(files)
    with zarr.config.set({"array.write_empty_chunks": True}):
        for unit, values in (draws or {}).items():
            write_unit(group, writer.plan, unit, values)
        for point, arrays in (diagnostics or {}).items():
            for array, row in arrays.items():
                group[array][writer.plan.place(point)] = row  # type: ignore[index]
    content = {file: files[file].to_bytes() for file in files if file not in empty}
    digests = {file: hashlib.sha256(data).hexdigest() for file, data in content.items()}
    if name in writer.done and digests != writer.done[name].files:
        made = group_attributes(writer.path, writer.plan, writer.done).get("versions")
        raise DamagedError(
            f"{writer.path}: {name}, sampled again, is not what the journal knows, so it was left as it is. The "
            f"ensemble was made with {made}; repair it with these versions."
        )
    _write(writer.path, content, digests.items())
    if name not in writer.done:
        writer.record(name, digests)


def _write(path: Path, content: Mapping[str, bytes], digests: Iterable[tuple[str, str]]) -> None:
    for file, digest in digests:
        place = path / file
        if place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == digest:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, content[file])


def _restore_description(path: Path, plan: Plan, entries: Mapping[str, Entry]) -> None:
    """Write what is there before any draw: the group, the arrays, the coordinates."""
    attributes = group_attributes(path, plan, entries)
    content = layout.skeleton(plan, attributes)
    digests = {file: hashlib.sha256(data).hexdigest() for file, data in content.items()}
    described = entries.get(DESCRIPTION)
    if described is not None and digests != described.files:
        raise DamagedError(
            f"{path}: this version of Zarr describes arrays in other words than the one that made it, so nothing was "
            f"repaired. The ensemble was made with {attributes.get('versions')}; repair it with these versions."
        )
    with lock(path):
        _write(path, content, digests.items())
        if described is None:
            Journal(path).append(Entry(DESCRIPTION, digests, 0.0, attributes))
