"""``log.jsonl``: one checksummed line for each unit of work that is safely on the disk.

It is the only file of an ensemble that knows of the clock. A unit is done when its line is here, complete and
matching its own checksum; files without a line count for nothing and are written again.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NAME = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """A committed unit.

    Attributes
    ----------
    unit : str
        Its name.
    files : dict of str to str
        SHA-256 of each file it wrote, by the file's path in the ensemble.
    seconds : float
        How long the run had lasted when it was committed.
    """

    unit: str
    files: Mapping[str, str]
    seconds: float


class Journal:
    """The log of one ensemble.

    Parameters
    ----------
    folder : pathlib.Path
        The ensemble.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def read(self) -> dict[str, Entry]:
        """Return the committed units by name; a torn or altered line is not a commit."""
        entries = {}
        if self.path.exists():
            for line in self.path.read_bytes().splitlines():
                if (values := _checked(line)) is not None:
                    entries[values["unit"]] = Entry(values["unit"], values["files"], values["seconds"])
        return entries

    def append(self, entry: Entry) -> None:
        """Record a unit and flush the line to the disk."""
        values = {
            "unit": entry.unit,
            "files": dict(entry.files),
            "seconds": round(entry.seconds, 3),
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        text = _text(values)
        line = _text({**values, "check": _check(text)}) + "\n"
        with self.path.open("ab+") as file:
            # A line torn by a kill must not swallow this one.
            if file.tell() and not _ends_with_newline(file):
                file.write(b"\n")
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())


def _ends_with_newline(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)


def _check(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _checked(line: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
        check = values.pop("check")
        return values if check == _check(_text(values)) else None
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
