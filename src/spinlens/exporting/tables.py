"""Exports of tables: recordings as Parquet, and configurations as a data set that Hugging Face's `datasets` reads."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.exporting.contents import Contents

SHARD_BYTES = 256 * 2**20
"""Of configurations in one file of a data set, before compression; a point of the controls is never split."""

ROWS = 2**17
"""Of a group that is compressed together."""

Report = Callable[[float], None]


def write_parquet(contents: Contents, path: Path, report: Report) -> None:
    """Write what was recorded, one row for each condition, chain and recording.

    Columns are the controls, the temperature, ``chain``, ``recording``, ``draw`` (which configuration was kept there,
    if any), the sums, energy and order parameter; where it all comes from is in the metadata of the schema.
    """
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    names = ("chain", "recording")
    kept = np.full(contents.recordings, -1, dtype=np.int32)
    kept[contents.recording_of_draw] = np.arange(contents.draws)
    conditions, total = _conditions(contents), len(contents.ensemble.temperature) * contents.ensemble.plan.points
    writer, done = None, 0
    try:
        for place, found in contents.points():
            shape = next(iter(found.values())).shape[1:]
            chain, recording = (axis.ravel().astype(np.int32) for axis in np.indices(shape))
            draw = pyarrow.array(kept[recording], mask=kept[recording] < 0)
            for t, condition in enumerate(conditions(place)):
                columns = {
                    **{name: np.full(chain.size, value) for name, value in condition.items()},
                    **dict(zip(names, (chain, recording), strict=True)), "draw": draw,
                    **{name: np.ascontiguousarray(values[t]).ravel() for name, values in found.items()},
                }  # fmt: skip
                table = pyarrow.table(columns)
                if writer is None:
                    schema = table.schema.with_metadata(contents.attributes)
                    writer = ParquetWriter(path, schema)
                writer.write_table(table.cast(writer.schema), row_group_size=ROWS)
                done += 1
                report(done / total)
    finally:
        if writer is not None:
            writer.close()


def write_huggingface(contents: Contents, path: Path, report: Report) -> None:
    """Write a folder that ``datasets.load_dataset(path)`` reads without a network.

    One row for each configuration: condition, ``chain``, ``draw``, energy, order parameter and ``spins``. A card with
    the types, and files of points of the controls as split ``train``: what to hold out depends on the question.
    """
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    data = path / "data"
    data.mkdir(parents=True)
    spins, names = contents.spins, [each.name for each in contents.recorded if each.dtype == np.float64]
    places = [contents.ensemble.plan.place(point) for point in range(contents.ensemble.plan.points)]
    each = math.prod(spins.shape) * spins.dtype.itemsize // len(places)
    by = max(1, SHARD_BYTES // each)
    shards, done, rows = -(-len(places) // by), 0, 0
    conditions, writer = _conditions(contents), None
    try:
        for number, (place, found) in enumerate(contents.points()):
            if number % by == 0:
                if writer is not None:
                    writer.close()
                writer, file = None, data / f"train-{number // by:05d}-of-{shards:05d}.parquet"
            at = {name: found[name][..., contents.recording_of_draw] for name in names}
            here = conditions(place)
            for (*_, t, c), values in contents.configurations_at(place):
                assert isinstance(t, slice) and isinstance(c, slice)  # noqa: PT018
                shape = values.shape[:3]
                chain, draw = (axis.ravel().astype(np.int32) for axis in np.indices(shape)[1:])
                columns = {
                    **{
                        name: np.repeat([each[name] for each in here[t]], math.prod(shape[1:]))
                        for name in contents.ensemble.grid
                    },
                    "chain": chain + np.int32(c.start), "draw": draw,
                    **{name: np.ascontiguousarray(series[t, c]).ravel() for name, series in at.items()},
                    "spins": _nested(values.reshape(-1, *values.shape[3:])),
                }  # fmt: skip
                table = pyarrow.table(columns)
                if writer is None:
                    writer = ParquetWriter(file, table.schema.with_metadata(contents.attributes))
                writer.write_table(table.cast(writer.schema), row_group_size=max(1, ROWS // spins.shape[-1]))
                done, rows = done + values.size, rows + len(chain)
                report(done / math.prod(spins.shape))
    finally:
        if writer is not None:
            writer.close()
    card = _card(contents, names, rows, sum(each.stat().st_size for each in data.iterdir()))
    (path / "README.md").write_text(card)


def _conditions(contents: Contents) -> Callable[[tuple[int, ...]], list[dict[str, float]]]:
    """Return what gives the conditions, one a temperature, at a place of the controls."""
    grid = contents.ensemble.grid
    controls = [name for name in grid if name != "temperature"]

    def at(place: tuple[int, ...]) -> list[dict[str, float]]:
        here = {name: float(grid[name][i]) for name, i in zip(controls, place, strict=True)}
        return [{**here, "temperature": float(t)} for t in grid["temperature"]]

    return at


def _nested(values: NDArray[Any]) -> Any:
    """Return an array (n, sides) as lists of lists."""
    import pyarrow

    array = pyarrow.array(values.ravel())
    for axis in range(values.ndim - 1, 0, -1):
        count = math.prod(values.shape[:axis])
        offsets = np.arange(count + 1, dtype=np.int32) * np.int32(values.shape[axis])
        array = pyarrow.ListArray.from_arrays(offsets, array)
    return array


def _card(contents: Contents, names: list[str], rows: int, size: int) -> str:
    """Return the card of a data set: types for programs, then words for people."""
    said, ensemble = contents.attributes, contents.ensemble
    types = {
        **dict.fromkeys(ensemble.grid, "float64"), "chain": "int32", "draw": "int32", **dict.fromkeys(names, "float64")
    }  # fmt: skip
    features = "\n".join([*(line for name, kind in types.items() for line in _feature(name, kind)), *_spins(contents)])
    words = {name: (each.attributes["long_name"], each.attributes["units"]) for each in contents.recorded
             if (name := each.name) in names}  # fmt: skip
    columns = {
        **dict.fromkeys(ensemble.grid, "of the condition, k_B = 1"),
        "chain": "independent Markov chain", "draw": "successive configurations of a chain",
        **{name: f"{text}, unit {unit}" for name, (text, unit) in words.items()},
        "spins": f"values of {ensemble.model.space.text}, sides {' x '.join(map(str, ensemble.lattice.shape))}",
    }  # fmt: skip
    return f"""---
pretty_name: {json.dumps(said["title"])}
tags:
- physics
- lattice-spin-models
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
dataset_info:
  features:
{features}
  splits:
  - name: train
    num_bytes: {size}
    num_examples: {rows}
---

# {said["title"]}

{rows} configurations at {ensemble.plan.conditions} conditions. Exported by {said["exported_by"]} from the ensemble
{said["fingerprint"]}, whose sampling plan and versions are in the metadata of each file in `data/`.

| column | what |
|---|---|
{chr(10).join(f"| {name} | {text} |" for name, text in columns.items())}
"""


def _feature(name: str, kind: str) -> Iterator[str]:
    yield f"  - name: {name}"
    yield f"    dtype: {kind}"


def _spins(contents: Contents) -> Iterator[str]:
    """Yield the lines that say what a configuration is, in the words of `datasets`."""
    shape, kind = contents.ensemble.lattice.shape, contents.spins.dtype.name
    yield "  - name: spins"
    if len(shape) == 1:
        yield f"    list: {kind}"
        return
    yield "    dtype:"
    yield f"      array{len(shape)}_d:"
    yield "        shape:"
    yield from (f"        - {side}" for side in shape)
    yield f"        dtype: {kind}"
