"""Arrays by name from files of other programs: each kind of file in a few lines, and never any code from them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.images.files import read_levels

Arrays = Mapping[str, NDArray[Any]]

ALONE = ""
"""Name of the array of a file that holds one without a name."""


def read_arrays(path: Path) -> Arrays:
    """Return what a file holds.

    Parameters
    ----------
    path : pathlib.Path
        ``.npy``, ``.npz``, text with spaces or tabs (``.txt``, ``.dat``), ``.csv``, ``.png``, HDF5 (``.h5``, ``.hdf5``)
        or ``.mat``.

    Returns
    -------
    mapping of str to ndarray
        By their names: members of an archive, data sets by their paths, columns of a table with a heading. An array
        without a name has `ALONE`.

    Raises
    ------
    InputError
        If the file is of another kind, cannot be read, or takes a library that is not installed.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError("file", path, f"is of no kind that is read, which are {', '.join(_READERS)}")
    if not path.is_file():
        raise InputError("file", path, "is not there" if not path.exists() else "is no file")
    try:
        return reader(path)
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, EOFError, MemoryError, UnicodeDecodeError) as error:
        raise InputError("file", path, f"cannot be read ({' '.join(str(error).split())[:120]})") from None


def files_of(paths: Path | str | Sequence[Path | str]) -> list[Path]:
    """Return files, in the order given; a folder stands for those in it that can be read, by their names.

    Raises
    ------
    InputError
        If there are none.
    """
    found: list[Path] = []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        place = Path(path)
        found += (
            sorted(each for each in place.iterdir() if each.suffix.lower() in _READERS) if place.is_dir() else [place]
        )
    if not found:
        raise InputError("files", paths, f"hold nothing to read, which are {', '.join(_READERS)}")
    return found


def source_of(path: Path) -> dict[str, Any]:
    """Return name, length and SHA-256 of a file, for the record."""
    data = path.read_bytes()
    return {"name": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def chosen(arrays: Arrays, name: str | None, path: Path, *, other: Sequence[str] = ()) -> NDArray[Any]:
    """Return the array of configurations: the one that is named, or the only one that is not among the others.

    Raises
    ------
    InputError
        If it is not there, or there are several and none is named.
    """
    if name is not None:
        if name not in arrays:
            raise InputError("dataset", repr(name), f"is not in {path}", did_you_mean(name, arrays))
        return arrays[name]
    left = [each for each in arrays if each not in other]
    if len(left) != 1:
        raise InputError("dataset", None, f"{path} holds {', '.join(sorted(left)) or 'none'}", "Name one of them")
    return arrays[left[0]]


def _npy(path: Path) -> Arrays:
    return {ALONE: np.load(path, allow_pickle=False)}


def _npz(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _text(path: Path) -> Arrays:
    return {ALONE: np.loadtxt(path, ndmin=2)}


def _csv(path: Path) -> Arrays:
    """Return a table of numbers; where the first line is a heading, its columns by their names."""
    with path.open(newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    if not rows:
        raise InputError("file", path, "is empty")
    if _numbers(rows[0]):
        return {ALONE: np.array(rows, dtype=np.float64)}
    heading, body = [name.strip() for name in rows[0]], np.array(rows[1:], dtype=np.float64)
    if body.ndim != 2 or body.shape[1] != len(heading) or len(set(heading)) < len(heading):
        raise InputError("file", path, "must have a number for each column of its heading, all of other names")
    return dict(zip(heading, body.T, strict=True))


def _numbers(row: Sequence[str]) -> bool:
    try:
        [float(cell) for cell in row]
    except ValueError:
        return False
    return True


def _png(path: Path) -> Arrays:
    return {ALONE: read_levels(path)}


@contextmanager
def hdf5(path: Path) -> Iterator[Any]:
    """Open an HDF5 file to read.

    Raises
    ------
    InputError
        If h5py is not installed.
    """
    try:
        import h5py
    except ImportError:
        do = "Install it with pip install 'spinlens[hdf5]'"
        raise InputError("file", path, "reading HDF5 takes h5py, which is not installed", do) from None
    with h5py.File(path, "r") as file:
        yield file


def _hdf5(path: Path) -> Arrays:
    found: dict[str, NDArray[Any]] = {}
    with hdf5(path) as file:
        # Groups have no shape.
        file.visititems(lambda name, item: found.update({name: item[()]}) if hasattr(item, "shape") else None)
    return {name: np.asarray(values) for name, values in found.items()}


def _mat(path: Path) -> Arrays:
    from scipy.io import loadmat

    try:
        found = loadmat(path)
    except NotImplementedError:
        # Since version 7.3 they are HDF5 files, with the axes the other way round.
        return {name: values.T for name, values in _hdf5(path).items()}
    return {name: values for name, values in found.items() if not name.startswith("__")}


_READERS: dict[str, Callable[[Path], Arrays]] = {
    ".npy": _npy, ".npz": _npz, ".txt": _text, ".dat": _text, ".csv": _csv, ".png": _png, ".h5": _hdf5, ".hdf5": _hdf5,
    ".mat": _mat,
}  # fmt: skip
