"""Read stored arrays so that damage is an error and never a number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from spinlens.ensemble.journal import Entry
from spinlens.ensemble.layout import array_metadata
from spinlens.errors import DamagedError
from spinlens.sampling import Plan


def read_checked(
    group: zarr.Group, name: str, index: Any, *, path: Path, plan: Plan, entries: Mapping[str, Entry]
) -> np.ndarray:
    """Return part of a stored array.

    Parameters
    ----------
    group : zarr.Group
        The ensemble.
    name : str
        The array.
    index : int, slice, ellipsis or tuple of them
        The part; units of work that are not committed must not be in it.
    path : pathlib.Path
        Where the ensemble lies.
    plan : Plan
        What it holds.
    entries : mapping of str to Entry
        The journal.

    Raises
    ------
    DamagedError
        If a journaled file is missing, or what is read does not match its checksum or its description.
    """
    # Zarr takes a chunk that is not there for one of zeros.
    for file, entry in _files(name, entries):
        if not (path / file).is_file():
            raise DamagedError(f"{path}: {file} of {entry.unit} is missing.")
    array = stored_array(group, name, path=path, plan=plan)
    try:
        return np.asarray(array[index])
    except OSError as error:
        raise DamagedError(f"{path}: {name} cannot be read ({error.strerror or error}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{path}: {_damage(name, path, entries) or f'{name} is damaged ({error})'}.") from error


def stored_array(group: zarr.Group, name: str, *, path: Path, plan: Plan) -> Any:
    """Return an array after a look at its description.

    Raises
    ------
    DamagedError
        If it is not there or is not laid out as the plan says.
    """
    # A fill value or a separator of chunk names that differs would turn what is stored into other numbers.
    try:
        array: Any = group[name]
        if array.metadata.to_dict() == array_metadata(plan)[name]:
            return array
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise DamagedError(f"{path}: the description of the array {name} is missing or altered.")


def _files(name: str, entries: Mapping[str, Entry]) -> Iterator[tuple[str, Entry]]:
    for entry in entries.values():
        for file in entry.files:
            if file.startswith(f"{name}/"):
                yield file, entry


def _damage(name: str, path: Path, entries: Mapping[str, Entry]) -> str | None:
    """Name the first file of an array that is not what the journal says."""
    for file, entry in _files(name, entries):
        if hashlib.sha256((path / file).read_bytes()).hexdigest() != entry.files[file]:
            return f"{file} of {entry.unit} does not match its checksum"
    return None
