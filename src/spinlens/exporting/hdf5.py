"""Exports as HDF5: netCDF-4, and plain files with dimension scales, which survive a disk that is full."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spinlens.exporting.arrays import Report, arrays
from spinlens.exporting.contents import Contents


def write_netcdf(contents: Contents, path: Path, report: Report) -> None:
    """Write a netCDF-4 file, as `xarray.open_dataset` reads it.

    The older netCDF-3, which needs no HDF5, has no whole numbers of 64 bits, and sums would not come back as they are.
    """
    import h5netcdf

    with _patient(path) as disk, h5netcdf.File(disk, "w") as file:
        file.dimensions = contents.sizes
        file.attrs.update(contents.attributes)
        for variable, chunks, pieces in arrays(contents, report):
            array: Any = file.create_variable(
                variable.name, variable.dimensions, variable.dtype, chunks=chunks, **_compressed(chunks)
            )
            array.attrs.update(variable.attributes)
            for place, values in pieces:
                array[place] = values
                disk.check()


def write_hdf5(contents: Contents, path: Path, report: Report) -> None:
    """Write an HDF5 file, axes as dimension scales under their names."""
    import h5py

    with _patient(path) as disk, h5py.File(disk, "w") as file:
        file.attrs.update(contents.attributes)
        for variable, chunks, pieces in arrays(contents, report):
            array = file.create_dataset(
                variable.name, variable.shape, variable.dtype, chunks=chunks, **_compressed(chunks)
            )
            array.attrs.update(variable.attributes)
            if variable.dimensions == (variable.name,):
                array.make_scale(variable.name)
            for axis, name in enumerate(variable.dimensions):
                array.dims[axis].label = name
                if name in contents.coordinates and name != variable.name:
                    array.dims[axis].attach_scale(file[name])
            for place, values in pieces:
                array[place] = values
                disk.check()


def _compressed(chunks: tuple[int, ...] | None) -> dict[str, Any]:
    return {"compression": "gzip", "compression_opts": 1, "shuffle": True} if chunks else {}


@contextmanager
def _patient(path: Path) -> Iterator[_Disk]:
    """Open a file whose failure is told when HDF5 is done with it."""
    with path.open("w+b", buffering=0) as file:
        disk = _Disk(file.fileno())
        yield disk
        disk.check()


class _Disk(io.RawIOBase):
    """A file that keeps the first error to itself, because HDF5 crashes the process where a write fails.

    After it nothing is written, and what is read is zero, until somebody asks by `check`.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor, self._place, self._end = descriptor, 0, 0
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise what went wrong."""
        if self._error is not None:
            raise self._error

    def write(self, data: Any) -> int:
        """Write all of it, or remember why not."""
        view, done = memoryview(data).cast("B"), 0
        try:
            while done < len(view) and self._error is None:
                done += os.pwrite(self._descriptor, view[done:], self._place + done)
        except OSError as error:
            self._error = error
        self._place += len(view)
        self._end = max(self._end, self._place)
        return len(view)

    def readinto(self, buffer: Any) -> int:
        """Read what was written, zeros where that failed."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._end - self._place))
        found = os.pread(self._descriptor, count, self._place)
        view[:count] = found.ljust(count, b"\0")
        self._place += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place from the begin, the current one or the end."""
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._end}[whence]
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def truncate(self, size: int | None = None) -> int:
        """Give the file a length, unless it failed before."""
        self._end = self._place if size is None else size
        if self._error is None:
            try:
                os.ftruncate(self._descriptor, self._end)
            except OSError as error:
                self._error = error
        return self._end

    def readable(self) -> bool:
        """Say yes."""
        return True

    def writable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True
