"""Which directory is meant: a study stands for the ensemble in it."""

from __future__ import annotations

from pathlib import Path


def study_ensemble(path: Path | str) -> Path:
    """Return the ensemble's directory, given it or the directory of a study."""
    path = Path(path)
    itself = (path / "zarr.json").exists() or (path / "log.jsonl").exists()
    return path / "ensemble" if (path / "ensemble").is_dir() and not itself else path
