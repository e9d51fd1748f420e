"""Look at every byte of an ensemble, and name what is damaged by its condition and chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spinlens.ensemble.damage import Damage, damage_of
from spinlens.ensemble.journal import DESCRIPTION, Entry, Journal
from spinlens.ensemble.journal import NAME as JOURNAL
from spinlens.ensemble.layout import attributes, skeleton
from spinlens.ensemble.writer import diagnostics_name, files_of, read_plan, unit_name
from spinlens.errors import DamagedError, InputError
from spinlens.sampling import Plan, units


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found.

    Attributes
    ----------
    path : str
        The ensemble.
    files : int
        Files that were looked at.
    damages : tuple of Damage
        What is not as it was.
    missing : tuple of str
        Units of work that no line of the journal knows: not sampled yet, or lost with their lines.
    """

    path: str
    files: int
    damages: tuple[Damage, ...]
    missing: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether everything that was committed is as it was."""
        return not self.damages

    def to_dict(self) -> dict[str, Any]:
        """Return JSON types."""
        return {**asdict(self), "intact": self.intact, "complete": not self.missing}


def verify(path: Path | str) -> Verification:
    """Compare every file of an ensemble with its checksum.

    Parameters
    ----------
    path : path-like
        The ensemble's directory.

    Returns
    -------
    Verification
        Every damaged file with the controls, the temperatures and the chains whose draws it holds.

    Raises
    ------
    InputError
        If there is no ensemble.
    DamagedError
        If the sampling plan is lost in both places, zarr.json and the journal, so that nothing else can be judged.
    """
    path = Path(path)
    plan, entries = known_plan(path)
    names = all_names(plan)
    known = {name: entry for name, entry in entries.items() if name in names or name == DESCRIPTION}
    damages, files = [], 1
    for entry in known.values():
        for file, digest in entry.files.items():
            files += 1
            if (problem := _problem(path / file, digest)) is not None:
                damages.append(damage_of(file, problem, entry.unit, plan))
    missing = tuple(name for name in names if name not in entries)
    damages += _journal_damages(path, plan, entries)
    return Verification(str(path), files, tuple(damages), missing)


def known_plan(path: Path) -> tuple[Plan, Mapping[str, Entry]]:
    """Return the plan, from the journal if zarr.json is damaged, and what the journal knows.

    Raises
    ------
    InputError, DamagedError
        As `verify`.
    """
    entries: dict[str, Entry] = {}
    try:
        entries = Journal(path).read()
        return read_plan(path), entries
    except NotADirectoryError:
        raise InputError("path", path, "is not a spinlens ensemble", "Name a new directory or an ensemble") from None
    except (InputError, DamagedError):
        described = entries.get(DESCRIPTION)
        if described is None or not isinstance(described.attributes, Mapping):
            raise
        plan = described.attributes.get("plan")
        if not isinstance(plan, dict):
            raise
        return Plan.from_dict(plan), entries


def group_attributes(path: Path, plan: Plan, entries: Mapping[str, Entry]) -> dict[str, Any]:
    """Return the attributes that the group was created with, as far as they are still known."""
    if (described := entries.get(DESCRIPTION)) is not None and described.attributes is not None:
        return dict(described.attributes)
    return {**attributes(plan), **_stored_attributes(path)}


def all_names(plan: Plan) -> list[str]:
    """Return the names of all units of work and diagnostics of a plan."""
    sampled = [unit_name(plan, unit) for unit in units(plan)]
    return sampled + [diagnostics_name(plan, point) for point in range(plan.points)]


def _problem(path: Path, digest: str) -> str | None:
    if path.exists() and not path.is_file():
        return "is no file"
    try:
        return None if hashlib.sha256(path.read_bytes()).hexdigest() == digest else "does not match its checksum"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _journal_damages(path: Path, plan: Plan, entries: Mapping[str, Entry]) -> list[Damage]:
    """Return what the journal itself lacks; only a kill may leave its last line torn."""
    lines, found = Journal(path).lines(), []
    for number, entry in enumerate(lines, start=1):
        if entry is None and not (number == len(lines) and Journal(path).torn):
            found.append(Damage(JOURNAL, f"line {number} does not match its checksum", ""))
    if DESCRIPTION not in entries:
        found.append(Damage(JOURNAL, "does not hold the line of the description", DESCRIPTION))
        for file, content in skeleton(plan, group_attributes(path, plan, entries)).items():
            if (problem := _problem(path / file, hashlib.sha256(content).hexdigest())) is not None:
                found.append(Damage(file, problem, DESCRIPTION))
    # A kill between the last file of a unit and its line leaves one such unit.
    if len(lost := lost_names(path, plan, entries)) > 1:
        found.append(Damage(JOURNAL, f"lacks the lines of {', '.join(lost)}, whose files are there", ""))
    return found


def lost_names(path: Path, plan: Plan, entries: Mapping[str, Entry], *, some: bool = False) -> list[str]:
    """Return the units that the journal does not know although all of their files, or some, are there."""
    enough = any if some else all
    missing = [name for name in all_names(plan) if name not in entries]
    return [name for name in missing if enough((path / file).is_file() for file in files_of(name, plan))]


def _stored_attributes(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((path / "zarr.json").read_bytes())["attributes"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
