"""Exports of named arrays, piece by piece: Zarr and NumPy's archive, and what those in HDF5 hold as well."""

from __future__ import annotations

import json
import math
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.storage import LocalStore

from spinlens.exporting.contents import BLOCK, Contents, Variable

CHUNK_BYTES = 4 * 2**20
"""Of configurations that are compressed together, at most: whoever reads one of them reads so many."""

Report = Callable[[float], None]


class _StoppingStore(LocalStore):
    """Writes nothing more after an error: Zarr writes several chunks at once, and the others would still come."""

    stopped = False

    async def set(self, key: str, value: Any) -> None:
        self.set_sync(key, value)

    def set_sync(self, key: str, value: Any) -> None:
        """Write one file; some versions of Zarr go round `set`."""
        if not self.stopped:
            path = self.root / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(value.as_buffer_like())

    @contextmanager
    def stopping(self) -> Iterator[Self]:
        """Stop where the block fails."""
        try:
            yield self
        except BaseException:
            self.stopped = True
            raise


def write_zarr(contents: Contents, path: Path, report: Report) -> None:
    """Write a Zarr group of the third format with named axes, as `xarray.open_zarr` reads it."""
    with _StoppingStore(path).stopping() as store:
        group = zarr.create_group(store=store, attributes=dict(contents.attributes), zarr_format=3)
        for variable, chunks, pieces in arrays(contents, report):
            array = group.create_array(
                variable.name, shape=variable.shape, chunks=chunks or variable.shape, dtype=variable.dtype,
                dimension_names=variable.dimensions, attributes=variable.attributes,
            )  # fmt: skip
            for place, values in pieces:
                array[place] = values
        # Zarr warns that its specification lacks it so far, and xarray where it is not there.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            zarr.consolidate_metadata(store)


def write_npz(contents: Contents, path: Path, report: Report) -> None:
    """Write NumPy's compressed archive, as `numpy.load` reads it without pickles.

    Each array has its name; ``dimensions`` and ``attributes`` are JSON, the former a list of names for each array.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        dimensions = {}
        for variable, _, pieces in arrays(contents, report):
            dimensions[variable.name] = list(variable.dimensions)
            header = {
                "descr": np.lib.format.dtype_to_descr(variable.dtype), "fortran_order": False, "shape": variable.shape
            }  # fmt: skip
            with archive.open(f"{variable.name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array_header_1_0(file, header)
                for _, values in pieces:
                    file.write(np.ascontiguousarray(values, dtype=variable.dtype).data.cast("B"))
        for name, said in {"dimensions": dimensions, "attributes": contents.attributes}.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, np.array(json.dumps(said)), allow_pickle=False)


def arrays(
    contents: Contents, report: Report
) -> Iterator[tuple[Variable, tuple[int, ...] | None, Iterator[tuple[Any, NDArray[Any]]]]]:
    """Yield each array with its chunks, None where it is one, and its pieces; the configurations last."""
    for name, values in contents.coordinates.items():
        yield _whole(name, (name,), values)
    yield _whole("recording_of_draw", ("draw",), contents.recording_of_draw)
    for variable, values in contents.judged.values():
        yield variable, None, iter([((...,), values)])
    for variable in contents.recorded:
        yield variable, _chunks(variable), contents.pieces(variable)
    yield contents.spins, _chunks(contents.spins), _told(contents, report)


def _told(contents: Contents, report: Report) -> Iterator[tuple[Any, NDArray[Any]]]:
    done, total = 0, math.prod(contents.spins.shape)
    for place, values in contents.pieces(contents.spins):
        yield place, values
        done += values.size
        report(done / total)


def _whole(name: str, dimensions: tuple[str, ...], values: NDArray[Any]) -> Any:
    return Variable(name, dimensions, values.shape, values.dtype), None, iter([((...,), values)])


def _chunks(variable: Variable) -> tuple[int, ...]:
    """Return chunks of one condition, and as many chains and draws or recordings as are not too many bytes.

    Chains by a power of two: pieces of whole blocks then fill whole chunks.
    """
    place = variable.dimensions.index("chain")
    chains, many, *sides = variable.shape[place:]
    one = math.prod(sides) * variable.dtype.itemsize
    many = max(1, min(many, CHUNK_BYTES // one))
    chains = min(chains, 2 ** min(BLOCK.bit_length() - 1, max(1, CHUNK_BYTES // (one * many)).bit_length() - 1))
    return (*(1,) * place, chains, many, *sides)
