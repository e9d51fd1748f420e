"""Which software made a result."""

from __future__ import annotations

import json
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path


@cache
def versions() -> dict[str, str]:
    """Return the versions of spinlens and of the libraries whose numbers enter a result."""
    found = {"python": platform.python_version()}
    for name in ("spinlens", "numpy", "numba", "zarr", "torch", "transformers", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def commit() -> str | None:
    """Return the commit of the source that runs, with ``+changes`` where it was edited; None outside a checkout."""
    try:
        origin = json.loads(distribution("spinlens").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        return None
    if (vcs := origin.get("vcs_info")) is not None:
        return str(vcs.get("commit_id"))
    source = Path(__file__).parent
    try:
        head = _git(source, "rev-parse", "HEAD")
        changed = _git(source, "status", "--porcelain", "--", str(source))
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+changes" if changed else "")


def provenance() -> dict[str, object]:
    """Return commit and versions, as JSON types."""
    return {"commit": commit(), "versions": versions()}


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()
