"""A damaged file, and whose draws it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spinlens.ensemble.layout import specifications
from spinlens.sampling import Plan
from spinlens.sampling.choice import SYMBOLS


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not what it was.

    Attributes
    ----------
    file : str
        Its path in the ensemble.
    problem : str
        What is wrong with it.
    unit : str
        The unit of work that wrote it, as in the journal.
    controls : dict of str to float, or None
        The controls of the draws that it holds; None where it holds none.
    temperature : tuple of float
        The temperatures; empty where it holds no draws.
    chains : tuple of int or None
        First and last chain; None where it holds no draws.
    """

    file: str
    problem: str
    unit: str
    controls: Mapping[str, float] | None = None
    temperature: tuple[float, ...] = ()
    chains: tuple[int, int] | None = None

    def __str__(self) -> str:
        """Print one line."""
        if self.controls is None or self.chains is None:
            return f"{self.file} {self.problem}"
        low, high = self.temperature[0], self.temperature[-1]
        temperatures = f"T = {low:g}" if low == high else f"T = {low:g} to {high:g}"
        chains = f"chains {self.chains[0]} to {self.chains[1]}"
        controls = [f"{SYMBOLS.get(name, name)} = {value:g}" for name, value in self.controls.items()]
        return f"{self.file} {self.problem}: {', '.join([*controls, temperatures, chains])}"


def damage_of(file: str, problem: str, unit: str, plan: Plan) -> Damage:
    """Say whose draws a file holds, from its place in the array."""
    array, _, key = file.partition("/")
    specification = specifications(plan).get(array)
    if specification is None or not key.startswith("c."):
        return Damage(file, problem, unit)
    here, places = {}, key.split(".")[1:]
    counts = [-(-size // chunk) for size, chunk in zip(specification.shape, specification.chunks, strict=True)]
    known = len(places) == len(counts) and all(place.isdecimal() for place in places)
    # A journal may be anybody's.
    if not known or any(int(place) >= count for place, count in zip(places, counts, strict=True)):
        return Damage(file, problem, unit)
    columns = zip(specification.dimensions, specification.shape, specification.chunks, places, strict=True)
    for dimension, size, chunk, index in columns:
        here[dimension] = range(int(index) * chunk, min(size, (int(index) + 1) * chunk))
    chains = here.get("chain", range(plan.chains))
    if "block" in here:
        chains = plan.blocks.chains_of(here["block"].start)
    temperatures = here.get("temperature", range(len(plan.temperature)))
    controls = {name: values[here[name].start] for name, values in plan.controls.items()}
    kept = tuple(plan.temperature[t] for t in temperatures)
    return Damage(file, problem, unit, controls, kept, (chains.start, chains.stop - 1))
