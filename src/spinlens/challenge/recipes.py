"""What each problem of a challenge is: a function of the secret, its number and what is published, and of no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np

from spinlens.challenge.schedule import CHAINS_OF_A_SAMPLE, Schedule
from spinlens.challenge.secret import Secret
from spinlens.challenge.systems import FAMILIES, NULLS, System
from spinlens.errors import InputError
from spinlens.sampling import Plan
from spinlens.seeds import Purpose, generator, seed_sequence

SMALLEST_UNIT, LARGEST_UNIT = 0.6, 1.7
"""The hidden unit of energy is uniform in its logarithm between these."""

NARROWEST, WIDEST = 0.25, 0.35
"""The window of temperatures, in ln T."""

MARGIN = 0.1
"""Part of the window at either end in which there is never a transition: nobody could locate it."""

MOST_PROBLEMS = 999


@dataclass(frozen=True)
class Recipe:
    """Everything that the data of a problem depend on.

    Attributes
    ----------
    number : int
        From 1.
    system : System
        The model and its lattices, in the model's unit of energy.
    unit : float
        By which energies and temperatures are multiplied before anyone sees them.
    low, width : float
        Where the window begins, and how wide it is, in ln T of the model's unit.
    seed : int
        Of the challenge.
    """

    number: int
    system: System
    unit: float
    low: float
    width: float
    seed: int

    @property
    def temperature(self) -> float | None:
        """Of the transition, in hidden units; None where there is none."""
        return None if self.system.kind is None else self.unit * self.system.temperature

    @property
    def error(self) -> float:
        """Uncertainty of the temperature of the transition, in hidden units."""
        return self.unit * self.system.error

    @property
    def window(self) -> tuple[float, float]:
        """The lowest and the highest temperature, in hidden units."""
        return self.unit * math.exp(self.low), self.unit * math.exp(self.low + self.width)

    def lengths(self, schedule: Schedule) -> tuple[int, ...]:
        """Return the sizes L, ascending."""
        return self.system.sizes[: schedule.sizes]

    def plan(self, length: int, schedule: Schedule) -> Plan:
        """Return what is sampled at a size, in the model's unit of energy."""
        system, samples = self.system, schedule.chains // CHAINS_OF_A_SAMPLE
        controls: dict[str, Any] = dict(system.controls)
        if system.quenched:
            controls[system.model.quenched or ""] = range(samples)
        words = seed_sequence(self.seed, Purpose.CHALLENGE, self.number, length).generate_state(1, np.uint64)
        return Plan(
            model=system.model, lattice=system.lattice_of(length),
            temperature=np.exp(self.low + self.width * np.linspace(0.0, 1.0, schedule.temperatures)),
            controls=controls, chains=CHAINS_OF_A_SAMPLE if system.quenched else schedule.chains,
            draws=schedule.draws, recordings=-(-schedule.recordings // schedule.draws) * schedule.draws,
            interval=schedule.interval, equilibration=schedule.equilibration, start="dispersed", seed=int(words[0]),
        )  # fmt: skip

    def order(self, length: int, conditions: int) -> np.ndarray:
        """Return which condition's data stand at each temperature, int64 (T,): the same one, unless permuted."""
        if not self.system.permuted:
            return np.arange(conditions)
        random = generator(self.seed, Purpose.CHALLENGE, self.number, length, 1)
        return np.argsort(random.random(conditions), kind="stable")

    def to_dict(self) -> dict[str, Any]:
        """Return what is published once the challenge is open, as JSON types."""
        system = self.system
        return {
            "number": self.number, "family": system.family, "temperature": self.temperature, "error": self.error,
            "kind": system.kind, "window": list(self.window), "unit": self.unit, "model": system.model.to_dict(),
            "controls": dict(system.controls), "lattice": system.lattice, "permuted": system.permuted,
        }  # fmt: skip


def recipes(secret: Secret, *, problems: int, nulls: int) -> list[Recipe]:
    """Return the recipes of a challenge in the order of their numbers.

    Parameters
    ----------
    secret : Secret
        Of the challenge.
    problems, nulls : int
        How many have a transition, and how many have none.

    Notes
    -----
    Families take turns, and so do the variants of each, from a beginning that the secret says; the secret shuffles
    what comes of it.

    Raises
    ------
    InputError
        If there are no problems, fewer than no nulls, or more than 999 in all.
    """
    for name, count, least in (("problems", problems, 1), ("nulls", nulls, 0)):
        if not isinstance(count, int) or isinstance(count, bool) or count < least:
            raise InputError(name, count, f"must be a whole number >= {least}")
    total = problems + nulls
    if total > MOST_PROBLEMS:
        raise InputError("problems + nulls", total, f"must be at most {MOST_PROBLEMS}")
    random = generator(secret.seed, Purpose.CHALLENGE)
    draws = []
    for kinds, count in ((FAMILIES, problems), (NULLS, nulls)):
        beginning, *variants = (int(number * 60) for number in random.random(1 + len(kinds)))
        names = list(kinds)
        for place, name in enumerate(islice(cycle(names), beginning, beginning + count)):
            draws.append((kinds[name], variants[names.index(name)] + place // len(names)))
    order = np.argsort(random.random(total), kind="stable")
    return [_recipe(secret, number, *draws[place]) for number, place in enumerate(order, start=1)]


def _recipe(secret: Secret, number: int, draw: Any, turn: int) -> Recipe:
    random = generator(secret.seed, Purpose.CHALLENGE, number)
    unit, width, position = random.random(3).tolist()
    system = draw(random, turn)
    width = NARROWEST + (WIDEST - NARROWEST) * width
    low = math.log(system.temperature) - width * (MARGIN + (1 - 2 * MARGIN) * position)
    unit = SMALLEST_UNIT * (LARGEST_UNIT / SMALLEST_UNIT) ** unit
    return Recipe(number, system, unit, low, width, secret.seed)
