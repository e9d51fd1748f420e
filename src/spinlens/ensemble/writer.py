"""Create an ensemble or continue one, and commit units of work to it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import LocalStore

from spinlens.ensemble import layout
from spinlens.ensemble.journal import NAME as JOURNAL
from spinlens.ensemble.journal import Entry, Journal
from spinlens.errors import IncompleteError, InputError
from spinlens.files import PARTIAL, interrupts_held, sync_folder, write_atomically
from spinlens.sampling import Plan, Unit, UnitDraws, units


class DurableStore(LocalStore):
    """A Zarr store whose every write is flushed and renamed into place, and remembered by its digest."""

    def __init__(self, root: Path | str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.digests: dict[str, str] = {}

    async def set(self, key: str, value: Any) -> None:
        """Write one file durably."""
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

    Raises
    ------
    InputError
        If the directory holds something else, or an ensemble of another plan, or cannot be written to.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path, self.plan = path, plan
        self._begun = time.monotonic()
        try:
            _prepare(path, plan)
            self._lock = (path / JOURNAL).open("ab")
        except OSError as error:
            raise InputError("out", path, f"cannot be written to ({error.strerror})", "Choose another place") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise InputError("out", path, "another process is writing to it", "Wait for it to finish") from None
        for leftover in path.rglob("*" + PARTIAL):
            leftover.unlink()
        self._store = DurableStore(path)
        self.group = zarr.open_group(store=self._store, mode="r+", zarr_format=3)
        self.journal = Journal(path)
        self.done = set(self.journal.read())

    def missing_units(self) -> list[Unit]:
        """Return the units of work that are not committed yet."""
        return [unit for unit in units(self.plan) if unit_name(unit) not in self.done]

    def filled_fields(self) -> list[int]:
        """Return the fields whose draws are all committed but whose diagnostics are not."""
        waiting = {unit.field for unit in self.missing_units()}
        return [
            field
            for field in range(len(self.plan.field))
            if field not in waiting and diagnostics_name(field) not in self.done
        ]

    def commit(self, unit: Unit, draws: UnitDraws) -> None:
        """Put the draws of one unit on the disk and record it; an interruption waits until that is done.

        Raises
        ------
        IncompleteError
            If the disk is full or fails; what was committed before is safe.
        """
        with self._committing(unit_name(unit)):
            write_unit(self.group, self.plan, unit, draws)

    def commit_diagnostics(self, field: int, diagnostics: dict[str, np.ndarray]) -> None:
        """Put the diagnostics (temperature,) of one field on the disk and record them."""
        with self._committing(diagnostics_name(field)):
            for name, values in diagnostics.items():
                self.group[name][field] = values  # type: ignore[index]

    @contextmanager
    def _committing(self, name: str) -> Iterator[None]:
        with interrupts_held():
            self._store.digests.clear()
            try:
                yield
                self.journal.append(Entry(name, dict(self._store.digests), time.monotonic() - self._begun))
            except OSError as error:
                reason = "the disk is full" if error.errno == errno.ENOSPC else str(error.strerror or error)
                raise IncompleteError(
                    f"{self.path}: {reason}, so {name} could not be stored. What was stored before is safe; make room "
                    "and run the same command again to continue."
                ) from None
            self.done.add(name)

    def close(self) -> None:
        """Let other processes write."""
        self._lock.close()


def unit_name(unit: Unit) -> str:
    """Return the name of a unit in the journal."""
    return f"field={unit.field} block={unit.block}"


def diagnostics_name(field: int) -> str:
    """Return the name of a field's diagnostics in the journal."""
    return f"field={field} diagnostics"


def write_unit(group: zarr.Group, plan: Plan, unit: Unit, draws: UnitDraws) -> None:
    """Write the draws of one unit into the arrays; it owns all chunks it touches."""
    chains = plan.chains_of(unit.block)
    here = slice(chains.start, chains.stop)
    arrays: dict[str, Any] = {name: group[name] for name in layout.specifications(plan)}
    arrays["spins"][unit.field, :, here] = draws.spins
    arrays["bond_sum"][unit.field, :, here] = draws.bond_sum
    arrays["spin_sum"][unit.field, :, here] = draws.spin_sum
    arrays["round_trips"][unit.field, here] = draws.round_trips
    arrays["exchange_accepted"][unit.field, unit.block] = draws.exchange_accepted if draws.exchange_accepted.size else 0


def _prepare(path: Path, plan: Plan) -> None:
    """Make sure that ``path`` is an ensemble of ``plan``."""
    if path.exists() and not path.is_dir():
        raise InputError("out", path, "is a file", "Name a directory")
    if path.is_dir() and any(path.iterdir()):
        stored = read_plan(path)
        if differing := _differences(plan.to_dict(), stored.to_dict()):
            raise InputError(
                "out", path, f"holds an ensemble with another configuration: {differing}",
                "Continue with the same configuration or choose another directory",
            )  # fmt: skip
        return
    # The skeleton appears whole or not at all.
    skeleton = path.with_name(f".{path.name}{PARTIAL}")
    shutil.rmtree(skeleton, ignore_errors=True)
    skeleton.mkdir(parents=True)
    layout.create(DurableStore(skeleton), plan)
    (skeleton / JOURNAL).touch()
    if path.is_dir():
        path.rmdir()
    skeleton.replace(path)
    sync_folder(path.parent)


def read_plan(path: Path) -> Plan:
    """Return the plan of the ensemble at ``path``.

    Raises
    ------
    InputError
        If there is no ensemble, or one of a format that this version does not read.
    """
    try:
        attributes = dict(zarr.open_group(store=LocalStore(path, read_only=True), mode="r", zarr_format=3).attrs)
    except (OSError, ValueError, KeyError):
        attributes = {}
    if attributes.get("format") != layout.FORMAT:
        raise InputError("path", path, "is not a spinlens ensemble", "Name a new directory or an ensemble")
    if attributes.get("format_version") != layout.FORMAT_VERSION:
        raise InputError(
            "path", path, f"has format version {attributes.get('format_version')}, this spinlens reads "
            f"{layout.FORMAT_VERSION}",
        )  # fmt: skip
    return Plan.from_dict(attributes["plan"])  # type: ignore[arg-type]


def _differences(asked: dict[str, Any], stored: dict[str, Any]) -> str:
    """Name the keys that differ with both values, shortened."""

    def short(value: Any) -> str:
        text = str(value)
        return text if len(text) <= 40 else f"{text[:37]}..."

    keys = [key for key in asked if asked[key] != stored[key]]
    return ", ".join(f"{key} (asked {short(asked[key])}, stored {short(stored[key])})" for key in keys)
