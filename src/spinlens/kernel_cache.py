"""Where compiled kernels are kept: beside the source or in the user's cache, as Numba does, or for one process.

A service's user may be able to write to neither, and Numba then refuses to compile at all.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"


def ensure_kernel_cache() -> None:
    """Let kernels be compiled where nothing of this user can be written to, in a folder that ends with the process.

    The folder is this process' own and new: what lies in a cache is run, so it must be nobody else's.
    """
    if os.environ.get(VARIABLE) or any(map(_writable, (Path(__file__).parent, *_users()))):
        return
    place = tempfile.mkdtemp(prefix="spinlens-kernels-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    os.environ[VARIABLE] = place
    if (numba := sys.modules.get("numba")) is not None:
        numba.config.CACHE_DIR = place
    said = (
        f"Neither {Path(__file__).parent} nor a home can be written to, so kernels are compiled anew in every process, "
        f"for some seconds each: set {VARIABLE} to a folder of your own that stays."
    )
    warnings.warn(said, RuntimeWarning, stacklevel=3)


def _users() -> list[Path]:
    """Return where Numba would look for the user's cache."""
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return [Path(cache)]
    try:
        return [Path.home() / ".cache"]
    except RuntimeError:
        return []


def _writable(place: Path) -> bool:
    """Return whether a folder can be written to, or made."""
    there = next((folder for folder in (place, *place.parents) if folder.exists()), place)
    return os.access(there, os.W_OK)
