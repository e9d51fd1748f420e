"""Arrays by name in one file: equal arrays are equal bytes, and no file makes its reader run code or fill memory."""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from spinlens.errors import DamagedError, InputError
from spinlens.files import write_atomically

EPOCH = (1980, 1, 1, 0, 0, 0)
"""When every member says that it was written: the first moment that such files know."""

LEVEL = 4
"""Of compression: higher ones take three times as long for a few per cent."""

MOST_BYTES = 1 << 31
"""Largest array that is read."""


def write_arrays(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Write arrays as a compressed NPZ file, which ``numpy.load`` reads too, and return the SHA-256 of its bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            content = io.BytesIO()
            npy.write_array(content, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            file.writestr(member, content.getvalue(), compresslevel=LEVEL)
    data = buffer.getvalue()
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def read_array(path: Path, name: str) -> NDArray[np.generic]:
    """Read one array of a file.

    Raises
    ------
    InputError
        If it cannot be read, has no such array, or the array is larger than `MOST_BYTES`.
    DamagedError
        If what is there is no array.
    """
    try:
        with zipfile.ZipFile(path) as file:
            member = file.getinfo(f"{name}.npy")
            if member.file_size > MOST_BYTES:
                raise InputError(f"{path.name}[{name!r}]", member.file_size, f"must be at most {MOST_BYTES} bytes")
            with file.open(member) as stream:
                data = stream.read(member.file_size)
        return _array(data)
    except KeyError:
        raise InputError("array", repr(name), f"is not in {path}") from None
    except OSError as error:
        raise InputError("file", path, f"cannot be read ({error.strerror})") from None
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise DamagedError(f"{path} does not hold an array {name!r} ({error}).") from None


def _array(data: bytes) -> NDArray[np.generic]:
    """Read an array whose header agrees with the bytes that follow it, before room is made for it."""
    stream = io.BytesIO(data)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("unknown version")
    shape, _, dtype = npy.read_array_header_1_0(stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data) - stream.tell():
        raise ValueError("header and content disagree")
    stream.seek(0)
    array: NDArray[np.generic] = npy.read_array(stream, allow_pickle=False)
    return array


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError("file", path, f"cannot be read ({error.strerror})") from None
