"""Parts of what was recorded: a range of the control, another order parameter in front. Nothing is read or copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spinlens.statistics.fluctuations import Averaged, Quantity
from spinlens.statistics.scaling.scan import Recorded


class PerCondition(Sequence[Any]):
    """One item for each condition, made when it is asked for: memory holds one condition at a time."""

    def __init__(self, length: int, make: Callable[[Any], Any]) -> None:
        self._length, self._make = length, make

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, condition: Any) -> Any:
        return self._make(condition)

    def __iter__(self) -> Iterator[Any]:
        return (self._make(condition) for condition in range(self._length))


def within(recorded: Recorded, low: float, high: float) -> Recorded:
    """Return the conditions within a range of the control; perhaps fewer than a scan needs."""
    here = np.flatnonzero((recorded.values >= low) & (recorded.values <= high))

    def kept(items: Sequence[Any]) -> PerCondition:
        return PerCondition(len(here), lambda k: items[int(here[k])])

    return replace(
        recorded, values=recorded.values[here], temperature=recorded.temperature[here],
        conjugate=kept(recorded.conjugate), rest=kept(recorded.rest), components=kept(recorded.components),
    )  # fmt: skip


def led_by(recorded: Recorded, which: int) -> Recorded:
    """Return the same with another quantity, an order parameter, first; names without a prefix are its own."""
    if which == 0:
        return recorded
    order = [which, *(k for k in range(len(recorded.quantities)) if k != which)]

    def named(place: int, quantity: Averaged) -> Averaged:
        if not isinstance(quantity, Quantity):
            return quantity
        return replace(quantity, prefix=f"{quantity.order.name}_" if place else "")

    return replace(
        recorded, quantities=tuple(named(place, recorded.quantities[k]) for place, k in enumerate(order)),
        components=PerCondition(len(recorded.values), lambda k: [recorded.components[k][each] for each in order]),
        # What is known of twists is known of the first.
        circle=0,
    )  # fmt: skip
