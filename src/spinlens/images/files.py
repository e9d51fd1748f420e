"""Spins in files: PNG images of two grey levels, and NumPy arrays."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from spinlens.errors import InputError
from spinlens.images.render import DOWN, UP
from spinlens.images.spins import check_spins

SUFFIXES = (".png", ".npy")

_PAIRS = (((0, 0, 0), (255, 255, 255)), (DOWN, UP))
"""Colours of down and up."""

UNREADABLE = (
    UnidentifiedImageError, Image.DecompressionBombError, TokenError, OSError, SyntaxError, ValueError, TypeError,
    EOFError, MemoryError, OverflowError, RecursionError,
)  # fmt: skip
"""What NumPy and Pillow raise for files that are cut, changed, or announce more than any memory holds."""


def find_images(path: Path | str) -> list[Path]:
    """Return the PNG and NumPy files in a folder and the folders below it, sorted; a file is its own only one.

    Raises
    ------
    InputError
        If there are none.
    """
    path = Path(path)
    if not path.exists():
        raise InputError("path", path, "there is no such file or folder")
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not found:
        raise InputError("path", path, "holds no PNG or NumPy files")
    return found


def read_images(paths: Path | str | Sequence[Path | str], *, shape: tuple[int, int] | None = None) -> NDArray[np.int8]:
    """Read configurations.

    Parameters
    ----------
    paths : path-like or sequence of path-like
        PNG files with one pixel a spin, up white and down black or as `render` paints them, and ``.npy`` files of
        spins +-1 with the shape (Lx, Ly) or (n, Lx, Ly), or with ``shape`` (n, Lx Ly). A folder stands for all of its
        files, see `find_images`.
    shape : tuple of int, optional
        The sides (Lx, Ly) that are expected; by default those of the first file. It must be given where a NumPy file
        could be one configuration as well as flattened ones: where it has two unequal sides.

    Returns
    -------
    numpy.ndarray
        int8 +-1 (n, Lx, Ly), in the order of the files.

    Raises
    ------
    InputError
        Naming the file that cannot be read, has another size, or holds something else than spins.
    """
    if not isinstance(paths, str | Path) and hasattr(paths, "__array__"):
        raise InputError("paths", "an array", "must be files or folders", "Arrays of spins need no reading")
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    files = [file for path in given for file in find_images(path)]
    if not files:
        raise InputError("paths", "[]", "there are no images")
    parts = []
    for file in files:
        spins = _read(file, shape)
        shape = shape or (spins.shape[1], spins.shape[2])
        if spins.shape[1:] != tuple(shape):
            size = " x ".join(map(str, spins.shape[1:]))
            raise InputError(str(file), size, f"images of {' x '.join(map(str, shape))} spins are expected")
        parts.append(spins)
    return np.concatenate(parts)


def encode_png(codes: NDArray[Any], states: int = 2) -> bytes:
    """Return a PNG file of one configuration, one pixel a site, without loss.

    Parameters
    ----------
    codes : integer array, shape (Lx,), (Lx, Ly) or (Lx, Ly, Lz)
        Codes 0 to q - 1. A chain is one row; of three sides the planes of constant x stand below each other.
    states : int
        q; the code c is the grey level 255 c / (q - 1), rounded: of two states black and white. Beyond 256 it is c
        itself, in 16 bits.
    """
    plane = np.atleast_2d(codes).reshape(-1, codes.shape[-1]).astype(np.int64)
    if states <= 256:
        levels = np.rint(255.0 * np.arange(states) / (states - 1)).astype(np.uint8)[plane]
    else:
        levels = plane.astype(np.uint16)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, format="PNG")
    return file.getvalue()


def read_levels(path: Path) -> NDArray[np.int64]:
    """Return the grey levels of a PNG file of anybody's, int64 (rows, columns).

    Raises
    ------
    InputError
        If it cannot be read, or has colours.
    """
    try:
        with Image.open(path, formats=["PNG"]) as image:
            grey = image if image.mode in ("1", "L", "I", "I;16") else image.convert("RGB")
            levels = np.asarray(grey).astype(np.int64)
    except UNREADABLE as error:
        raise InputError("file", path, f"cannot be read as a PNG image ({error})") from None
    if levels.ndim == 2:
        return levels
    if np.any(levels != levels[..., :1]):
        raise InputError("file", path, "has colours, and only grey levels are read", "Save it in grey")
    return np.asarray(levels[..., 0])


def decode_png(data: bytes, states: int = 2) -> NDArray[np.int64]:
    """Return the codes in a file of `encode_png`, int64 (rows, columns).

    Raises
    ------
    InputError
        If a pixel is none of the grey levels of so many states.
    """
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        levels = np.asarray(image).astype(np.int64)
    if states > 256:
        return levels
    known = np.rint(255.0 * np.arange(states) / (states - 1)).astype(np.int64)
    codes = np.searchsorted(known, levels).clip(0, states - 1)
    if not np.array_equal(known[codes], levels):
        raise InputError("image", f"{len(np.unique(levels))} grey levels", f"are not those of {states} states")
    return np.asarray(codes, dtype=np.int64)


def _read(file: Path, shape: tuple[int, int] | None) -> NDArray[np.int8]:
    """Return the configurations in one file, (n, Lx, Ly)."""
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(str(file), repr(file.suffix), "images are .png or .npy files; other formats may lose spins")
    is_array = file.suffix.lower() == ".npy"
    try:
        content = _load_array(file) if is_array else _load_pixels(file)
    except FileNotFoundError:
        raise InputError("path", file, "there is no such file") from None
    except InputError:
        raise
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError("path", file, f"cannot be read ({reason})") from None
    return _from_array(file, content, shape) if is_array else _from_pixels(file, content)


def _load_array(file: Path) -> NDArray[np.generic]:
    # numpy.load would also open zip archives and pickles.
    with file.open("rb") as stream:
        content: NDArray[np.generic] = np.lib.format.read_array(stream, allow_pickle=False)
    return content


def _load_pixels(file: Path) -> NDArray[np.uint8]:
    with Image.open(file, formats=["PNG"]) as image:
        if image.mode.startswith("I"):
            raise InputError(str(file), f"mode {image.mode}", "spins are black or white pixels of at most eight bits")
        return np.asarray(image.convert("RGBA"))


def _from_array(file: Path, values: NDArray[Any], shape: tuple[int, int] | None) -> NDArray[np.int8]:
    spins = check_spins(str(file), values, dimensions=(2, 3))
    if spins.ndim == 3:
        return spins
    if shape is None and spins.shape[0] != spins.shape[1]:
        rows, columns = spins.shape
        raise InputError(
            str(file), f"{rows} x {columns} spins", f"may be one configuration, or {rows} flattened ones",
            f"Give the sides: shape=({rows}, {columns}), or those of one of {columns} spins",
        )  # fmt: skip
    if shape is not None and spins.shape != tuple(shape) and spins.shape[1] == shape[0] * shape[1]:
        return spins.reshape(-1, *shape)
    return spins[None]


def _from_pixels(file: Path, pixels: NDArray[Any]) -> NDArray[np.int8]:
    for down, up in _PAIRS:
        is_up, is_down = (np.all(pixels == (*colour, 255), axis=2) for colour in (up, down))
        if np.all(is_up | is_down):
            return np.where(is_up, 1, -1).astype(np.int8)[None]
    levels = len(np.unique(pixels.reshape(-1, 4), axis=0))
    raise InputError(
        str(file), f"{levels} colours", "spins are pixels of black and white, or of the two colours of render",
        "Save it without loss, without smoothing, one pixel a spin",
    )  # fmt: skip
