"""``log.jsonl``: one checksummed line for each unit of work that is safely on the disk.

It is the only file of an ensemble that knows of the clock. A unit is done when its line is here, complete and
matching its own checksum; files without a line count for nothing and are written again.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from spinlens.errors import DamagedError

NAME = "log.jsonl"

DESCRIPTION = "the description"
"""Name of the first line, which holds what the ensemble says of itself: everything that is there before any draw."""


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
    attributes : dict, optional
        Of the description alone: the attributes of the group, in case the group loses them.
    """

    unit: str
    files: Mapping[str, str]
    seconds: float
    attributes: Mapping[str, Any] | None = None


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
        return {entry.unit: entry for entry in self.lines() if entry is not None}

    def described(self) -> Mapping[str, Any] | None:
        """Return the attributes that the first line holds, None where it is none of a description."""
        if not self.path.is_file():
            return None
        with self.path.open("rb") as file:
            entry = _entry(file.readline())
        return entry.attributes if entry is not None and entry.unit == DESCRIPTION else None

    def lines(self) -> list[Entry | None]:
        """Return what each line says, None where it is torn or altered, in the order of the file."""
        return [entry for _, entry in self._read()]

    def readable(self) -> bytes:
        """Return the content without the lines that are torn or altered."""
        return b"".join(line + b"\n" for line, entry in self._read() if entry is not None)

    def _read(self) -> list[tuple[bytes, Entry | None]]:
        if not self.path.exists():
            return []
        if not self.path.is_file():
            raise DamagedError(f"{self.path} is no file.")
        *lines, rest = self.path.read_bytes().split(b"\n")
        # The end of a line is written with it: without one it is not whole, whatever it looks like.
        return [(line, _entry(line)) for line in lines if line] + ([(rest, None)] if rest else [])

    @property
    def torn(self) -> bool:
        """Whether the last line was never finished, as a kill leaves it."""
        content = self.path.read_bytes() if self.path.exists() else b""
        return bool(content) and not content.endswith(b"\n")

    def append(self, entry: Entry) -> None:
        """Record a unit and flush the line to the disk."""
        values = {
            "unit": entry.unit,
            "files": dict(entry.files),
            "seconds": round(entry.seconds, 3),
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            **({"attributes": dict(entry.attributes)} if entry.attributes is not None else {}),
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


def _entry(line: bytes) -> Entry | None:
    """Return what a line says if it is whole, matches its check and is about files of this ensemble."""
    try:
        values = json.loads(line)
        check = values.pop("check")
        if check != _check(_text(values)):
            return None
        unit, files, seconds = values["unit"], values["files"], values["seconds"]
        attributes = values.get("attributes")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None
    named = isinstance(unit, str) and isinstance(files, dict) and all(map(_inside, files))
    digests = named and all(isinstance(digest, str) for digest in files.values())
    timed = isinstance(seconds, int | float) and not isinstance(seconds, bool) and math.isfinite(seconds)
    described = attributes is None or isinstance(attributes, dict)
    return Entry(unit, files, float(seconds), attributes) if digests and timed and described else None


def _inside(file: str) -> bool:
    path = PurePosixPath(file)
    return file != "" and "\0" not in file and not path.is_absolute() and ".." not in path.parts
