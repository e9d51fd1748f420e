"""Create an ensemble or continue one, and commit units of work to it."""

from __future__ import annotations

import errno
import hashlib
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.core.buffer import cpu
from zarr.storage import LocalStore

from spinlens.config import differences
from spinlens.ensemble import layout
from spinlens.ensemble.checked_reading import read_checked, stored_array
from spinlens.ensemble.checkpoint import Checkpoint, sweep_out
from spinlens.ensemble.journal import DESCRIPTION, Entry, Journal
from spinlens.ensemble.locks import claimed, lock
from spinlens.errors import DamagedError, IncompleteError, InputError
from spinlens.files import PARTIAL, flush, interrupts_held, write_atomically
from spinlens.sampling import Plan, Unit, UnitDraws, units


class DurableStore(LocalStore):
    """A Zarr store whose every write is flushed and renamed into place, and remembered by its digest."""

    def __init__(self, root: Path | str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.digests: dict[str, str] = {}

    async def set(self, key: str, value: Any) -> None:
        """Write one file durably."""
        self.set_sync(key, value)

    def set_sync(self, key: str, value: Any) -> None:
        """Write one file durably; some versions of Zarr go round `set`."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        data = value.as_buffer_like()
        write_atomically(path, data)
        self.digests[key] = hashlib.sha256(data).hexdigest()


class Writer:
    """Commits units of one plan to a directory.

    Parameters
    ----------
    path : pathlib.Path
        The ensemble's directory: new, empty, or an unfinished ensemble of the same plan.
    plan : Plan
        What the ensemble holds.
    provenance : mapping, optional
        Further attributes of the group, where it is new.

    Raises
    ------
    InputError
        If the directory holds something else, or an ensemble of another plan, or cannot be written to.
    DamagedError
        If the description of one of its arrays was altered.
    """

    def __init__(self, path: Path, plan: Plan, provenance: Mapping[str, Any] | None = None) -> None:
        self.path, self.plan = path, plan
        self._begun = time.monotonic()
        try:
            _prepare(path, plan, provenance or {})
            self._lock = lock(path)
        except OSError as error:
            raise InputError("out", path, f"cannot be written to ({error.strerror})", "Choose another place") from None
        try:
            for leftover in path.rglob("*" + PARTIAL):
                leftover.unlink()
            self._store = DurableStore(path)
            self.group = zarr.open_group(store=self._store, mode="r+", zarr_format=3)
            for name in layout.specifications(plan):
                stored_array(self.group, name, path=path, plan=plan)
            self.journal = Journal(path)
            self.done = self.journal.read()
            sweep_out(path, plan, self.missing_units())
        except BaseException:
            self.close()
            raise

    def check_rule(self) -> None:
        """Make sure that units sampled now get the algorithms that those before had.

        Raises
        ------
        InputError
            If ``"auto"`` was resolved by another rule than this version's.
        """
        stored = self.group.attrs
        rule = self.plan.kernels.rule
        if self.plan.algorithm == "auto" and stored.get("choice_rule") != rule:
            raise InputError(
                "out", self.path, f"chose its algorithms by rule {stored.get('choice_rule')}, this spinlens samples by "
                f"rule {rule}", f"Continue or repair it with the version that made it: {stored.get('versions')}",
            )  # fmt: skip

    def missing_units(self) -> list[Unit]:
        """Return the units of work that are not committed yet."""
        return [unit for unit in units(self.plan) if unit_name(self.plan, unit) not in self.done]

    def filled_points(self) -> list[int]:
        """Return the points of the grid whose draws are all committed but whose diagnostics are not."""
        waiting = {unit.point for unit in self.missing_units()}
        return [
            point
            for point in range(self.plan.points)
            if point not in waiting and diagnostics_name(self.plan, point) not in self.done
        ]

    def commit(self, unit: Unit, draws: UnitDraws) -> None:
        """Put the draws of one unit on the disk and record it; an interruption waits until that is done.

        Raises
        ------
        IncompleteError
            If the disk is full or fails; what was committed before is safe.
        """
        with self._committing(unit_name(self.plan, unit)):
            write_unit(self.group, self.plan, unit, draws)
        Checkpoint(self.path, self.plan, unit).remove()

    def take_over(self, unit: Unit, files: Iterable[tuple[str, bytes]]) -> None:
        """Put the files of a unit that lies elsewhere, names and contents, on the disk and record it; as `commit`."""
        with self._committing(unit_name(self.plan, unit)):
            for name, content in files:
                self._store.set_sync(name, cpu.Buffer.from_bytes(content))

    def commit_diagnostics(self, point: int, diagnostics: dict[str, np.ndarray]) -> None:
        """Put the diagnostics (temperature,) of one point of the grid on the disk and record them."""
        with self._committing(diagnostics_name(self.plan, point)):
            for name, values in diagnostics.items():
                self.group[name][self.plan.place(point)] = values  # type: ignore[index]

    def record(self, name: str, digests: Mapping[str, str]) -> None:
        """Record a unit whose files lie on the disk already."""
        entry = Entry(name, dict(digests), time.monotonic() - self._begun)
        self.journal.append(entry)
        self.done[name] = entry

    def read(self, name: str, point: int) -> np.ndarray:
        """Return one point of an array, all units of which are committed.

        Raises
        ------
        DamagedError
            If a file is missing or does not match its checksum.
        """
        return read_checked(self.group, name, self.plan.place(point), path=self.path, plan=self.plan, entries=self.done)

    @contextmanager
    def _committing(self, name: str) -> Iterator[None]:
        with interrupts_held():
            self._store.digests.clear()
            try:
                # A chunk of zeros must be a file like any other: "not there" means "not sampled yet".
                with zarr.config.set({"array.write_empty_chunks": True}):
                    yield
                entry = Entry(name, dict(self._store.digests), time.monotonic() - self._begun)
                self.journal.append(entry)
            except OSError as error:
                raise cannot_store(error, self.path, name) from None
            self.done[name] = entry

    def close(self) -> None:
        """Let other processes write."""
        self._lock.close()


def cannot_store(error: OSError, path: Path, name: str) -> IncompleteError:
    """Return what to say when the disk is full or fails."""
    reason = "the disk is full" if error.errno == errno.ENOSPC else str(error.strerror or error)
    return IncompleteError(
        f"{path}: {reason}, so {name} could not be stored. What was stored before is safe; make room and run the same "
        "command again to continue."
    )


def unit_name(plan: Plan, unit: Unit) -> str:
    """Return the name of a unit in the journal, for example ``field=0 block=1``."""
    return f"{_point_name(plan, unit.point)}block={unit.block}"


def diagnostics_name(plan: Plan, point: int) -> str:
    """Return the name of a point's diagnostics in the journal."""
    return f"{_point_name(plan, point)}diagnostics"


def _point_name(plan: Plan, point: int) -> str:
    return "".join(f"{name}={place} " for name, place in zip(plan.controls, plan.place(point), strict=True))


def files_of(name: str, plan: Plan) -> list[str]:
    """Return the files that a unit of work or a point's diagnostics of that name writes."""
    drawn = ("spins", *plan.series, "exchange_accepted", "round_trips")
    place = {key: [int(index)] for key, _, index in (part.partition("=") for part in name.split()) if index}
    block = place.get("block", [])
    place["chain"] = block
    found = []
    for array, specification in layout.specifications(plan).items():
        if (array in drawn) == bool(block):
            axes = zip(specification.dimensions, specification.shape, specification.chunks, strict=True)
            chunks = product(*(place.get(d) or range(-(-size // chunk)) for d, size, chunk in axes))
            found += [f"{array}/c.{'.'.join(map(str, chunk))}" for chunk in chunks]
    return found


def write_unit(group: zarr.Group, plan: Plan, unit: Unit, draws: UnitDraws) -> None:
    """Write the draws of one unit into the arrays; it owns all chunks it touches."""
    chains = plan.blocks.chains_of(unit.block)
    here = slice(chains.start, chains.stop)
    arrays: dict[str, Any] = {name: group[name] for name in layout.specifications(plan)}
    place = plan.place(unit.point)
    arrays["spins"][(*place, slice(None), here)] = draws.codes
    for name, series in draws.sums.items():
        arrays[name][(*place, slice(None), here)] = series
    arrays["round_trips"][(*place, here)] = draws.round_trips
    accepted = draws.exchange_accepted if draws.exchange_accepted.size else 0
    arrays["exchange_accepted"][(*place, unit.block)] = accepted


def _write_description(folder: Path, plan: Plan, attributes: Mapping[str, Any]) -> dict[str, str]:
    """Write the files of an ensemble without draws and return their digests.

    Zarr makes them in memory first: it writes several at once, and where one fails the others would still come after
    the folder was cleared.
    """
    store = DurableStore(folder)
    for key, value in layout.skeleton(plan, attributes).items():
        store.set_sync(key, cpu.Buffer.from_bytes(value))
    return dict(store.digests)


def _prepare(path: Path, plan: Plan, provenance: Mapping[str, Any]) -> None:
    """Make sure that ``path`` is an ensemble of ``plan``."""
    if path.exists() and not path.is_dir():
        raise InputError("out", path, "is a file", "Name a directory")
    if path.is_dir() and any(path.iterdir()):
        stored = read_plan(path)
        if differing := differences(plan.to_dict(), stored.to_dict()):
            raise InputError(
                "out", path, f"holds an ensemble with another configuration: {', '.join(differing)}",
                "Continue with the same configuration or choose another directory",
            )  # fmt: skip
        return
    place = path.resolve()
    if place == Path.cwd():
        raise InputError("out", path, "is the current directory", "Name a directory in it")
    skeleton = place.with_name(f".{place.name}{PARTIAL}")
    try:
        with claimed(skeleton):
            attributes = {**layout.attributes(plan), **provenance}
            digests = _write_description(skeleton, plan, attributes)
            Journal(skeleton).append(Entry(DESCRIPTION, digests, 0.0, attributes))
            flush(skeleton)
            # It appears whole or not at all.
            skeleton.replace(place)
    except InputError:
        raise
    except BaseException as error:
        shutil.rmtree(skeleton, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            # Another process was faster.
            _prepare(path, plan, provenance)
            return
        raise
    flush(place.parent)


def read_plan(path: Path) -> Plan:
    """Return the plan of the ensemble at ``path``.

    Raises
    ------
    InputError
        If there is no ensemble, or one of a format that this version does not read.
    DamagedError
        If the plan is not the one that the ensemble was made with.
    """
    attributes: dict[str, Any] = {}
    # Whatever Zarr makes of something that is not a group of its own, it is not an ensemble.
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        attributes = dict(zarr.open_group(store=LocalStore(path, read_only=True), mode="r", zarr_format=3).attrs)
    if attributes.get("format") != layout.FORMAT:
        raise InputError("path", path, "is not a spinlens ensemble", "Name a new directory or an ensemble")
    if attributes.get("format_version") not in layout.READABLE:
        raise InputError(
            "path", path, f"has format version {attributes.get('format_version')}, this spinlens reads "
            f"{' and '.join(map(str, layout.READABLE))}",
        )  # fmt: skip
    stored = attributes.get("plan")
    if not isinstance(stored, dict):
        raise InputError("path", path, "has no sampling plan in its attributes", "Restore its zarr.json from a copy")
    if attributes.get("fingerprint") != layout.fingerprint(stored):
        raise DamagedError(f"{path}: the sampling plan in zarr.json does not match its fingerprint.")
    plan = Plan.from_dict(stored)
    described = Journal(path).described()
    if described is not None and described != attributes:
        edited = sorted(name for name in {*described, *attributes} if described.get(name) != attributes.get(name))
        raise DamagedError(f"{path}: {', '.join(edited)} in zarr.json is not what the ensemble was made with.")
    return plan
