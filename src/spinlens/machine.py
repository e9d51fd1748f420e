"""What the machine has: memory, and room on a disk."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

_PREFIXES = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def memory_bytes(control_groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return how much memory a process may ever have: that of the machine, or less by a container's limit.

    None where the system does not tell.
    """
    found = []
    with suppress(OSError, ValueError, AttributeError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    # The two versions of Linux' control groups; "max" is none.
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            found.append(int((control_groups / name).read_text()))
    return min((each for each in found if each > 0), default=None)


def free_bytes(path: Path) -> int | None:
    """Return the room on the disk that a path lies on, or would lie on; None where the system does not tell."""
    place = path.absolute()
    with suppress(OSError):
        while not place.exists() and place != place.parent:
            place = place.parent
        return shutil.disk_usage(place).free
    return None


def readable_bytes(count: float) -> str:
    """Return a number of bytes in words, to two digits: 1.2 GB."""
    power = 0
    while count >= 999.5 and power < len(_PREFIXES) - 1:
        count, power = count / 1000, power + 1
    digits = 1 if power and count < 9.95 else 0
    return f"{count:.{digits}f} {_PREFIXES[power]}"
