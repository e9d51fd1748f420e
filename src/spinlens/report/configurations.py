"""Which configurations of each condition a page holds, packed, and what is known of each of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble.parts import Part
from spinlens.report.arrays import encoded
from spinlens.sampling import Plan
from spinlens.spaces import Angles, Space

MOST = 16
"""Configurations of one condition, at most."""

HUES = 256
"""Angles that a picture tells apart."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shown:
    """Configurations of some conditions.

    Attributes
    ----------
    codes : ndarray, uint8 (conditions, count, rows, bytes)
        Packed along the last side, ``bits`` a code, least significant first.
    bits, columns : int
        Of a code, and codes in a row.
    states : int
        Different codes.
    conditions : ndarray, int32 (conditions,)
        Their places on the flattened grid, ascending.
    draws : sequence of (int, int)
        Chain and draw of each that is shown of a condition.
    values : sequence of float
        What the codes stand for; empty for angles, which go round a circle.
    circular : bool
        Whether they are angles.
    numbers : dict of str to ndarray, float64 (conditions, count)
        What is known of each configuration: energy, order parameter, latents.
    outputs : dict of str to ndarray, float64 (conditions, count)
        Probabilities that a network gives to each class.
    layer : str
        Which part of a configuration is shown, where that is not all of it.
    """

    codes: NDArray[np.uint8]
    bits: int
    columns: int
    states: int
    conditions: NDArray[np.int32]
    draws: Sequence[tuple[int, int]]
    values: Sequence[float]
    circular: bool
    numbers: Mapping[str, Array]
    outputs: Mapping[str, Array]
    layer: str = ""

    def with_numbers(self, numbers: Mapping[str, Array], outputs: Mapping[str, Array] | None = None) -> Shown:
        """Return the same with more that is known of each."""
        return replace(self, numbers={**self.numbers, **numbers}, outputs={**self.outputs, **(outputs or {})})

    def data(self) -> dict[str, Any]:
        """Return JSON types."""
        return {
            "codes": encoded(self.codes, "uint8"), "bits": self.bits, "columns": self.columns,
            "states": self.states,
            "conditions": encoded(self.conditions, "int32"), "draws": [list(each) for each in self.draws],
            "values": list(self.values), "circular": self.circular,
            "numbers": {name: encoded(values) for name, values in self.numbers.items()},
            "outputs": {name: encoded(values) for name, values in self.outputs.items()},
            "layer": self.layer,
        }  # fmt: skip


def shown(plan: Plan, parts: Sequence[Part], *, budget: int) -> Shown:
    """Choose configurations that fit into some bytes, and unpack nothing that does not stay.

    Parameters
    ----------
    plan : Plan
        Of the ensemble.
    parts : sequence of Part
        What is stored of it.
    budget : int
        Bytes of codes. Where one configuration a condition is too many, conditions are left out evenly.
    """
    space, lattice = plan.model.space, plan.drawn
    rows, columns = _picture(lattice.shape)
    bits = min(space.bits, 8)
    size = rows * math.ceil(columns * bits / 8)
    temperatures = len(plan.temperature)
    stored = len(parts) * temperatures
    most = max(1, budget // size)
    count = max(1, min(MOST, plan.chains * plan.draws, most // max(1, stored)))
    chosen = [_spread(part, plan.draws, count) for part in parts]
    count = min((len(each) for each in chosen), default=0)
    step = math.ceil(stored * max(count, 1) / most)
    # Every step-th temperature, another one at each point, so that no line of conditions stays without.
    codes, places, numbers = [], [], dict[str, list[Array]]()
    for part, picks in zip(parts, chosen, strict=True):
        here = np.arange(part.point % step, temperatures, step)
        if not len(here):
            continue
        places.append(part.point * temperatures + here)
        codes.append(np.stack([_codes(part, space, lattice.shape, *pick)[here] for pick in picks[:count]], axis=1))
        for name, values in _numbers(plan, part, picks[:count]).items():
            numbers.setdefault(name, []).append(values[here])
    empty = np.zeros((0, count, rows, math.ceil(columns * bits / 8)), dtype=np.uint8)
    circular = isinstance(space, Angles)
    picks = chosen[0][:count] if chosen else []
    draws = [(int(part.chains[chain]), draw) for part in parts[:1] for chain, draw in picks]
    return Shown(
        codes=_packed(np.concatenate(codes), space) if codes else empty, bits=bits, columns=columns,
        states=min(space.states, HUES),
        conditions=np.concatenate(places).astype(np.int32) if places else np.zeros(0, dtype=np.int32), draws=draws,
        values=() if circular else [float(value) for value in space.values], circular=circular,
        numbers={name: np.concatenate(values) for name, values in numbers.items()}, outputs={},
        layer=f"the layer x = 0 of {lattice.shape[0]}" if len(lattice.shape) == 3 else "",
    )  # fmt: skip


def _picture(shape: Sequence[int]) -> tuple[int, int]:
    """Return rows and columns of the picture of a configuration: a chain is one row."""
    return (1, shape[0]) if len(shape) == 1 else (shape[-2], shape[-1])


def _spread(part: Part, draws: int, count: int) -> list[tuple[int, int]]:
    """Return chains, as they are counted in the part, and draws, evenly over all; the same chains in all parts."""
    total = len(part.chains) * draws
    places = np.unique(np.linspace(0, total - 1, min(count, total)).round().astype(int))
    return [(int(place) // draws, int(place) % draws) for place in places]


def _codes(part: Part, space: Space, shape: Sequence[int], chain: int, draw: int) -> NDArray[Any]:
    """Return the codes of one draw at all temperatures, (temperature, rows, columns)."""
    codes = space.unpack(part.packed(slice(None), chain, draw), shape[-1])
    rows, columns = _picture(shape)
    return codes[:, 0] if len(shape) == 3 else codes.reshape(len(codes), rows, columns)


def _packed(codes: NDArray[Any], space: Space) -> NDArray[np.uint8]:
    """Return codes in at most eight bits each: angles of more are rounded to as many as hues are told apart."""
    if space.bits <= 8:
        return space.pack(codes)
    return np.asarray((codes.astype(np.int64) * HUES // space.states) % HUES, dtype=np.uint8)


def _numbers(plan: Plan, part: Part, picks: Sequence[tuple[int, int]]) -> dict[str, Array]:
    """Return energy and order parameters per site of the chosen draws, (temperature, count)."""
    sites, found = plan.lattice.sites, dict[str, Array]()
    sums = [part.draw_sums(chain, draw) for chain, draw in picks]
    if not sums:
        return {}
    together = {name: np.stack([each[name] for each in sums], axis=1) for name in sums[0]}
    shape = (len(plan.temperature), len(picks))
    temperature = np.asarray(plan.temperature)[:, None]
    energy = plan.model.energy_total(plan.lattice, together, temperature=temperature, **part.controls)
    found["energy"] = np.broadcast_to(np.asarray(energy, dtype=np.float64) / sites, shape)
    for order in plan.model.order_parameters(plan.lattice):
        if all(name in together for name in order.series):
            values = order.values(together, sites)
            found[order.name] = values[..., 0] if order.components == 1 else order.size(together, sites)
    return found
