"""Which update suits a condition, and why: what engines answer where a plan says ``"auto"``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """An algorithm and why it was taken.

    Attributes
    ----------
    algorithm : str
        The update.
    reason : str
        Half a sentence of physics.
    known : bool
        Whether the physics of the condition says that some dozens of sweeps forget everything.
    """

    algorithm: str
    reason: str
    known: bool = False


def sentences(choices: Sequence[Sequence[Choice]], *, grid: Mapping[str, Sequence[float]]) -> list[str]:
    """Say for each distinct choice where it was made and why, one sentence each, the most frequent first.

    Parameters
    ----------
    choices : sequence of sequence of Choice
        [point][temperature].
    grid : mapping of str to sequence of float
        The controls' axes, last the temperature's.
    """
    *controls, temperature = grid
    points: list[tuple[float, ...]] = [()]
    for name in controls:
        points = [(*point, value) for point in points for value in grid[name]]
    places: dict[Choice, list[tuple[float, ...]]] = {}
    for point, row in zip(points, choices, strict=True):
        for t, choice in zip(grid[temperature], row, strict=True):
            places.setdefault(choice, []).append((t, *point))
    total = len(points) * len(grid[temperature])
    names = ["T", *(SYMBOLS.get(name, name) for name in controls)]
    return [
        f"{choice.algorithm} at {len(where)} of {total} conditions "
        f"({', '.join(_range(name, column) for name, column in zip(names, zip(*where, strict=True), strict=True))}): "
        f"{choice.reason}."
        for choice, where in sorted(places.items(), key=lambda item: -len(item[1]))
    ]


SYMBOLS = {"field": "h", "temperature": "T", "crystal_field": "Delta", "chemical_potential": "mu"}
"""How controls are printed for short."""


def _range(name: str, values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{name} = {low:g}" if low == high else f"{name} in {low:g} to {high:g}"
