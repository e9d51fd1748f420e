"""The history of a training: one row of numbers an epoch, as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

from spinlens.errors import DamagedError
from spinlens.learning.checkpoint import REMEDY, write_file

HISTORY = "history.jsonl"

Row = dict[str, float | int]


def write_history(folder: Path, history: list[Row]) -> None:
    """Write one JSON line per epoch."""
    write_file(folder / HISTORY, "".join(json.dumps(row) + "\n" for row in history).encode())


def read_history(folder: Path) -> list[Row]:
    """Read what `write_history` wrote, or nothing where there is none.

    Raises
    ------
    DamagedError
        If a line is not JSON.
    """
    path = folder / HISTORY
    if not path.is_file():
        return []
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except ValueError as problem:
        raise DamagedError(f"{path} is not JSON lines: {problem}. {REMEDY}") from problem
