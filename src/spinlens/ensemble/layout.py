"""The arrays of an ensemble: their names, dimensions, types and chunks.

An ensemble is a Zarr v3 group. Chunks are raw little-endian bytes with a CRC-32C, so any Zarr reader opens them and
notices damage:

=================  ======================================  ======  ===========================================
array              dimensions                              type    content
=================  ======================================  ======  ===========================================
spins              field temperature chain draw x y        uint8   8 spins a byte along y, least significant
                                                                   bit first, 1 for up
bond_sum           field temperature chain recording       int32   sum of s s' over all bonds
spin_sum           field temperature chain recording       int32   sum of s over all sites
bond_sum_x         field temperature chain recording       int32   only if Jx and Jy differ: the bonds along x
staggered_sum      field temperature chain recording       int32   only for antiferromagnets and staggered fields:
                                                                   sum of (-1)^(x + y) s
exchange_accepted  field block pair                        int64   accepted swaps of temperatures pair, pair + 1
round_trips        field chain                             int32   journeys coldest - hottest - coldest
r_hat              field temperature                       float64 the worse one of energy and magnetization
effective_sample_size  field temperature                       float64 the smaller one, all chains together
equilibrated       field temperature                       bool    both within their limits
=================  ======================================  ======  ===========================================

The group's attributes hold the sampling plan; with the arrays ``temperature`` and ``field`` it describes itself.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import zarr
from zarr.abc.store import Store
from zarr.codecs import Crc32cCodec
from zarr.storage import MemoryStore

from spinlens.provenance import versions
from spinlens.sampling.choice import RULE, sentences
from spinlens.sampling.kernels import generator
from spinlens.sampling.plan import LANES, Plan

FORMAT = "spinlens-ensemble"
FORMAT_VERSION = 1
CHUNK_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class ArraySpecification:
    """Shape, chunks, type and dimension names of one array."""

    dimensions: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...]
    chunks: tuple[int, ...]


def specifications(plan: Plan) -> dict[str, ArraySpecification]:
    """Return the arrays that an ensemble of ``plan`` consists of."""
    fields, temperatures = len(plan.field), len(plan.temperature)
    height, bytes_wide = plan.lattice.shape[0], -(-plan.lattice.shape[1] // 8)
    lanes = min(LANES, plan.chains)
    sizes = {
        "field": (fields, 1), "temperature": (temperatures, temperatures), "chain": (plan.chains, lanes),
        "draw": (plan.draws, plan.draws), "x": (height, height), "y": (bytes_wide, bytes_wide),
        "recording": (plan.recordings, plan.recordings), "block": (plan.blocks, 1),
        "pair": (max(1, temperatures - 1), max(1, temperatures - 1)),
    }  # fmt: skip

    def specify(dtype: str, *dimensions: str, **chunks: int) -> ArraySpecification:
        shape = tuple(sizes[name][0] for name in dimensions)
        return ArraySpecification(
            dimensions, dtype, shape, tuple(chunks.get(name, sizes[name][1]) for name in dimensions)
        )

    spins_of_one_temperature = lanes * plan.draws * height * bytes_wide
    return {
        "spins": specify(
            "uint8", "field", "temperature", "chain", "draw", "x", "y",
            temperature=max(1, min(temperatures, CHUNK_BYTES // spins_of_one_temperature)),
        ),
        **{name: specify("int32", "field", "temperature", "chain", "recording") for name in plan.series},
        "exchange_accepted": specify("int64", "field", "block", "pair"),
        "round_trips": specify("int32", "field", "chain"),
        "r_hat": specify("float64", "field", "temperature"),
        "effective_sample_size": specify("float64", "field", "temperature"),
        "equilibrated": specify("bool", "field", "temperature"),
    }  # fmt: skip


def attributes(plan: Plan) -> dict[str, Any]:
    """Return what the group says of itself; nothing here depends on the clock, the machine or the workers."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "plan": plan.to_dict(),
        "fingerprint": fingerprint(plan.to_dict()),
        "random_generator": generator.NAME,
        "versions": versions(),
        **(_resolution(plan) if plan.algorithm == "auto" else {}),
    }


def _resolution(plan: Plan) -> dict[str, Any]:
    """Return what ``"auto"`` stands for: the rule's number, the update of each [field][temperature], and why."""
    choices = [plan.choices(field) for field in range(len(plan.field))]
    return {
        "choice_rule": RULE,
        "algorithms": [list(row) for row in plan.algorithms],
        "algorithm_reasons": sentences(choices, temperature=plan.temperature, field=plan.field),
    }


@lru_cache(maxsize=8)
def array_metadata(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the metadata of every array of an ensemble of ``plan``, as Zarr understands them."""
    group = create(MemoryStore(), plan)
    return {name: cast(Any, group[name]).metadata.to_dict() for name in specifications(plan)}


def skeleton(plan: Plan, said: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of an ensemble of ``plan`` without draws, by their paths, with the attributes ``said``."""
    files: dict[str, Any] = {}
    create(MemoryStore(store_dict=files), plan, said=said)
    return {name: buffer.to_bytes() for name, buffer in files.items()}


def fingerprint(plan: Mapping[str, Any]) -> str:
    """Return a digest of a plan's JSON types, 16 hexadecimal digits."""
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def create(store: Store, plan: Plan, *, said: Mapping[str, Any] | None = None) -> zarr.Group:
    """Create the group, its arrays and their coordinates, without draws.

    Parameters
    ----------
    store : zarr.abc.store.Store
        An empty store.
    plan : Plan
        What the ensemble will hold.
    said : dict, optional
        The group's attributes, in place of those that this version writes.
    """
    # Sorted, because that is how the journal keeps them.
    ordered = json.loads(json.dumps(said or attributes(plan), sort_keys=True))
    group = zarr.create_group(store=store, attributes=ordered, zarr_format=3)
    for name in ("field", "temperature"):
        values = getattr(plan, name)
        array = _create_array(group, name, ArraySpecification((name,), "float64", (len(values),), (len(values),)))
        array[:] = values
    for name, specification in specifications(plan).items():
        _create_array(group, name, specification)
    packing: dict[str, Any] = {
        "axis": "y",
        "bits_per_byte": 8,
        "bit_order": "little",
        "up": 1,
        "length": plan.lattice.shape[1],
    }
    group["spins"].attrs["packing"] = packing
    # With it xarray.open_zarr need not look at the other files. Zarr says that its specification lacks it so far.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        zarr.consolidate_metadata(store)
    return group


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
