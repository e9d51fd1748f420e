"""The arrays of an ensemble: their names, dimensions, types and chunks.

An ensemble is a Zarr v3 group. Chunks are raw little-endian bytes with a CRC-32C, so any Zarr reader opens them and
notices damage:

=====================  ==================================  =======  =============================================
array                  dimensions                          type     content
=====================  ==================================  =======  =============================================
spins                  CONTROLS temperature chain draw     uint8    codes packed along the last side, least
                       [tau] x [y [z]]                              significant bits first; see its attributes
NAME                   CONTROLS temperature chain          int32,   the sum of the term of that name, one array a
                       recording                           int64    term of the model
exchange_accepted      CONTROLS block pair                 int64    accepted swaps of temperatures pair, pair + 1
round_trips            CONTROLS chain                      int32    journeys coldest - hottest - coldest
r_hat                  CONTROLS temperature                float64  the worst one of energy and order parameters
effective_sample_size  CONTROLS temperature                float64  the smallest one, all chains together
equilibrated           CONTROLS temperature                bool     both within their limits: the chains have mixed
=====================  ==================================  =======  =============================================

CONTROLS stands for the model's controls other than the temperature, in their order: ``field`` for the Ising model. The
group's attributes hold the sampling plan; with the arrays ``temperature`` and those of the controls it describes
itself. Format 1 is the same for the Ising model on the square lattice, with another plan in the attributes.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import zarr
from zarr.abc.store import Store
from zarr.codecs import Crc32cCodec
from zarr.storage import MemoryStore

from spinlens.models import Bonds, Term
from spinlens.provenance import versions
from spinlens.sampling.chains import packed_shape, series_type
from spinlens.sampling.choice import sentences
from spinlens.sampling.plan import Plan
from spinlens.spaces import Space

FORMAT = "spinlens-ensemble"
FORMAT_VERSION = 2
READABLE = (1, 2)
"""Versions of the format that can be read, continued and repaired."""

AXES = ("x", "y", "z")
"""Names of the sides."""

CHUNK_BYTES = 16 * 2**20
MOST_VALUES = 256
"""Values of a site that the description spells out, at most."""

LARGEST_TABLE = 64
"""Tables with more entries are not written out in the attributes; the model has them."""

_FILTERS = threading.Lock()


@dataclass(frozen=True, slots=True)
class ArraySpecification:
    """Shape, chunks, type and dimension names of one array."""

    dimensions: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...]
    chunks: tuple[int, ...]


def sides_of(plan: Plan) -> tuple[str, ...]:
    """Return the names of the axes of a draw: the sides, behind imaginary time where there is a raster."""
    return (*(["tau"] if plan.raster else []), *AXES[: plan.lattice.axes])


def specifications(plan: Plan) -> dict[str, ArraySpecification]:
    """Return the arrays that an ensemble of ``plan`` consists of."""
    temperatures, controls = len(plan.temperature), tuple(plan.controls)
    sides = dict(zip(sides_of(plan), packed_shape(plan), strict=True))
    lanes = plan.blocks.lanes
    sizes = {
        **{name: (len(values), 1) for name, values in plan.controls.items()},
        **{name: (side, side) for name, side in sides.items()},
        "temperature": (temperatures, temperatures), "chain": (plan.chains, lanes), "draw": (plan.draws, plan.draws),
        "recording": (plan.recordings, plan.recordings), "block": (len(plan.blocks), 1),
        "pair": (max(1, temperatures - 1), max(1, temperatures - 1)),
    }  # fmt: skip

    def specify(dtype: str, *dimensions: str, **chunks: int) -> ArraySpecification:
        shape = tuple(sizes[name][0] for name in dimensions)
        return ArraySpecification(
            dimensions, dtype, shape, tuple(chunks.get(name, sizes[name][1]) for name in dimensions)
        )

    bytes_of_one_temperature = lanes * plan.draws * math.prod(sides.values())
    return {
        "spins": specify(
            "uint8", *controls, "temperature", "chain", "draw", *sides,
            temperature=max(1, min(temperatures, CHUNK_BYTES // bytes_of_one_temperature)),
        ),
        **{
            name: specify(series_type(plan, name), *controls, "temperature", "chain", "recording")
            for name in plan.series
        },
        "exchange_accepted": specify("int64", *controls, "block", "pair"),
        "round_trips": specify("int32", *controls, "chain"),
        "r_hat": specify("float64", *controls, "temperature"),
        "effective_sample_size": specify("float64", *controls, "temperature"),
        "equilibrated": specify("bool", *controls, "temperature"),
    }  # fmt: skip


def attributes(plan: Plan) -> dict[str, Any]:
    """Return what the group says of itself; nothing here depends on the clock, the machine or the workers."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "plan": plan.to_dict(),
        "fingerprint": fingerprint(plan.to_dict()),
        "random_generator": plan.kernels.generator,
        "space": _space(plan.model.space),
        "terms": _terms(plan),
        "versions": versions(),
        **(_resolution(plan) if plan.algorithm == "auto" else {}),
    }


def _space(space: Space) -> dict[str, Any]:
    """Return what the codes stand for; of very many their number, as an axis that is as good as continuous has."""
    few = space.states <= MOST_VALUES
    return {"name": space.name, **({"values": space.values.tolist()} if few else {"states": space.states})}


def _terms(plan: Plan) -> list[dict[str, Any]]:
    """Return name and unit of each recorded sum; small tables too, so that others can read them."""
    terms = [term for term in plan.model.tables(plan.lattice).terms if term.name in plan.series]
    over = {True: "bonds", False: "sites"}

    def small_table(term: Term) -> dict[str, Any]:
        bonds = isinstance(term, Bonds)
        if len(term.table) ** (2 if bonds else 1) > LARGEST_TABLE:
            return {}
        return {"table": (term.matrix if isinstance(term, Bonds) else term.table).tolist()}

    return [
        {"name": term.name, "sum_over": over[isinstance(term, Bonds)], "unit": term.unit} | small_table(term)
        for term in terms
    ]


def _resolution(plan: Plan) -> dict[str, Any]:
    """Return what ``"auto"`` stands for: the rule's number, the update of each [point][temperature], and why."""
    choices = [plan.choices(point) for point in range(plan.points)]
    return {
        "choice_rule": plan.kernels.rule,
        "algorithms": [[choice.algorithm for choice in row] for row in choices],
        "algorithm_reasons": sentences(choices, grid=plan.grid),
    }


@lru_cache(maxsize=8)
def array_metadata(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the metadata of every array of an ensemble of ``plan``, as Zarr understands them."""
    group = create(MemoryStore(), plan)
    return {name: cast(Any, group[name]).metadata.to_dict() for name in specifications(plan)}


def skeleton(plan: Plan, stored: Mapping[str, Any] | None = None) -> dict[str, bytes]:
    """Return the files of an ensemble of ``plan`` without draws, by their paths.

    ``stored`` are the group's attributes, in place of those that this version writes.
    """
    files: dict[str, Any] = {}
    store = MemoryStore(store_dict=files)
    create(store, plan, stored=stored)
    # With it xarray.open_zarr need not look at the other files. Zarr says that its specification lacks it so far.
    # Threads share the filters of warnings, hence the lock.
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        zarr.consolidate_metadata(store)
    return {name: buffer.to_bytes() for name, buffer in files.items()}


def fingerprint(plan: Mapping[str, Any]) -> str:
    """Return a digest of a plan's JSON types, 16 hexadecimal digits."""
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def create(store: Store, plan: Plan, *, stored: Mapping[str, Any] | None = None) -> zarr.Group:
    """Create the group, its arrays and their coordinates, without draws.

    Parameters
    ----------
    store : zarr.abc.store.Store
        An empty store.
    plan : Plan
        What the ensemble will hold.
    stored : dict, optional
        The group's attributes, in place of those that this version writes.
    """
    # Sorted, because that is how the journal keeps them.
    ordered = json.loads(json.dumps(stored or attributes(plan), sort_keys=True))
    group = zarr.create_group(store=store, attributes=ordered, zarr_format=3)
    for name, values in plan.grid.items():
        array = _create_array(group, name, ArraySpecification((name,), "float64", (len(values),), (len(values),)))
        array[:] = values
    for name, specification in specifications(plan).items():
        _create_array(group, name, specification)
    group["spins"].attrs["packing"] = _packing(plan)
    return group


def _packing(plan: Plan) -> dict[str, Any]:
    axis, length, bits = sides_of(plan)[-1], plan.lattice.shape[-1], plan.model.space.bits
    if bits == 1:
        return {"axis": axis, "bits_per_byte": 8, "bit_order": "little", "up": 1, "length": length}
    return {"axis": axis, "bits_per_site": bits, "bit_order": "little", "length": length}


def _create_array(group: zarr.Group, name: str, specification: ArraySpecification) -> Any:
    return group.create_array(
        name,
        shape=specification.shape,
        chunks=specification.chunks,
        dtype=specification.dtype,
        dimension_names=specification.dimensions,
        filters=None,
        compressors=Crc32cCodec(),
        # One folder an array: a new chunk needs no new folder that would have to be flushed as well.
        chunk_key_encoding={"name": "default", "separator": "."},
        fill_value=0,
    )
