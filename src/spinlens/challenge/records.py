"""The small JSON files of a challenge: written atomically, read with a bound, refused where they are something else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spinlens.errors import InputError
from spinlens.files import write_atomically

MOST_BYTES = 1 << 22
"""Longest file that is read."""


def write_record(path: Path, values: Mapping[str, Any]) -> None:
    """Write a file for people and machines; the same values are the same bytes."""
    write_atomically(path, (json.dumps(values, indent=2, allow_nan=False) + "\n").encode())


def read_record(path: Path, *, what: str, form: str, do: str = "") -> dict[str, Any]:
    """Return the content of a file of a form.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    what : str
        Its name in an error.
    form : str
        Its key ``format``.
    do : str
        Advice where it is missing.

    Raises
    ------
    InputError
        If it cannot be read, is too long, is no JSON object or has another format.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        values = json.loads(data) if len(data) <= MOST_BYTES else None
    except OSError as error:
        raise InputError(what, path, f"cannot be read ({error.strerror})", do) from None
    except (ValueError, RecursionError):
        raise InputError(what, path, "is not JSON") from None
    if not isinstance(values, dict) or values.get("format") != form:
        raise InputError(what, path, f"is not of the format {form!r}")
    return values
