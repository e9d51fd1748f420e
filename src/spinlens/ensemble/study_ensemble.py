"""Which directory is meant: a study stands for the ensembles in it."""

from __future__ import annotations

from pathlib import Path

from spinlens.errors import InputError

ENSEMBLE, ENSEMBLES, SUFFIX = "ensemble", "ensembles", ".ens"
"""Where a study of one ensemble keeps it, and where one of several keeps them."""


def study_ensemble(path: Path | str) -> Path:
    """Return the ensemble's directory, given it or the directory of a study.

    Raises
    ------
    InputError
        If it is the directory of a study of several ensembles.
    """
    found = study_ensembles(path)
    if "" not in found:
        names = ", ".join(found)
        advice = f"Name one of them, for example {next(iter(found.values()))}"
        raise InputError("path", Path(path), f"is a study of several ensembles: {names}", advice)
    return found[""]


def study_ensembles(path: Path | str) -> dict[str, Path]:
    """Return the directories of all ensembles that are meant, by name; one alone has none.

    Raises
    ------
    InputError
        If it is the directory of a study of several ensembles that holds none yet.
    """
    path = Path(path)
    if (path / "zarr.json").exists() or (path / "log.jsonl").exists():
        return {"": path}
    if (path / ENSEMBLES).is_dir():
        found = {each.stem: each for each in sorted((path / ENSEMBLES).iterdir()) if each.suffix == SUFFIX}
        if not found:
            raise InputError("path", path, "is a study that holds no ensemble yet", "Run its command again")
        return found
    return {"": path / ENSEMBLE if (path / ENSEMBLE).is_dir() else path}
