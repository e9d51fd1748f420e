"""Updates by their names, and how they follow one another: ``"swendsen_wang + 15 metropolis"``.

Each update leaves Boltzmann's distribution as it is, so any fixed succession of them does too, and it reaches every
state if one of them does from every state in one step, as heat bath and Swendsen-Wang do: a mixture is exact, and
forgets what any of its updates forgets.

References
----------
L. Tierney, Ann. Stat. 22, 1701 (1994), doi:10.1214/aos/1176325750.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean

LOCAL = ("heat_bath", "metropolis")
"""Site after site."""

LABELLED = ("swendsen_wang", "wolff")
"""Clusters, of one chain after the other."""

CLUSTERS = (*LABELLED, "seeded_clusters")

SEEDED = "seeded_clusters"

REFLECTIONS = "reflections"
"""Site after site about the local field, which hardly changes the energy: for angles, between other updates."""

UPDATES = (*LOCAL, REFLECTIONS, *CLUSTERS)

PAST = "from_the_past"
"""No update but a draw that forgets all before it: exact by itself, and so never one of several."""

IMPORTED = "imported"
"""No update at all: draws that somebody else made, nobody knows how. Only the engine of that name takes it."""

ALGORITHMS = (*UPDATES, PAST, "auto")
"""What plans may say beside mixtures."""

MOST_SWEEPS = 4096
"""Of one update in a row."""

_PART = re.compile(r"(?:(\d{1,5})\s*)?([a-z_]+)", re.ASCII)


@lru_cache(maxsize=256)
def updates_in_turn(algorithm: str) -> tuple[tuple[str, int], ...]:
    """Return the updates of an algorithm that is not ``"auto"``, each with the sweeps before the next begins.

    Raises
    ------
    InputError
        If a name is unknown, or a number of sweeps.
    """
    if algorithm in (PAST, IMPORTED):
        return ((algorithm, 1),)
    found: list[tuple[str, int]] = []
    for part in algorithm.split("+"):
        match = _PART.fullmatch(part.strip())
        name = match[2] if match else part.strip()
        if name not in UPDATES:
            known = (*ALGORITHMS, "swendsen_wang + 15 metropolis")
            raise InputError("algorithm", repr(algorithm), "is unknown", did_you_mean(name, known))
        sweeps = int(match[1] or 1) if match else 1
        if not 1 <= sweeps <= MOST_SWEEPS:
            raise InputError("algorithm", repr(algorithm), f"must have 1 to {MOST_SWEEPS} sweeps of each update")
        found.append((name, sweeps))
    return tuple(found) if len(found) > 1 else ((found[0][0], 1),)


def check_algorithm(algorithm: object) -> str:
    """Return an algorithm as plans keep it.

    Raises
    ------
    InputError
        If it is neither ``"auto"``, an update, nor updates with their numbers of sweeps between plus signs.
    """
    if algorithm == "auto":
        return "auto"
    if not isinstance(algorithm, str):
        raise InputError("algorithm", repr(algorithm), "is unknown", did_you_mean(str(algorithm), ALGORITHMS))
    return " + ".join(name if sweeps == 1 else f"{sweeps} {name}" for name, sweeps in updates_in_turn(algorithm))


def updates_of(*algorithms: str) -> frozenset[str]:
    """Return the different updates of some algorithms; ``"auto"`` has none."""
    return frozenset(name for word in algorithms if word != "auto" for name, _ in updates_in_turn(word))


def stretches(algorithms: Sequence[str], pieces: Sequence[slice]) -> list[tuple[slice, str]]:
    """Return the stretches of neighbouring temperatures with one algorithm, each within one of the pieces."""
    found = []
    for piece in pieces:
        for algorithm, group in groupby(range(piece.start, piece.stop), key=algorithms.__getitem__):
            places = list(group)
            found.append((slice(places[0], places[-1] + 1), algorithm))
    return found


def most_turns(algorithm: str, *, intervals: int, interval: int) -> int:
    """Return how often an update comes up at most in so many intervals of so many sweeps."""
    return intervals * (1 if len(updates_in_turn(algorithm)) == 1 else interval)


class Turn:
    """Where a succession of updates stands, which begins again when it has ended.

    Parameters
    ----------
    algorithm : str
        Not ``"auto"``.
    position : ndarray, int64 (n, 2), optional
        Where to keep which update it is and how many of its sweeps are done, in every row.
    """

    def __init__(self, algorithm: str, position: NDArray[np.int64] | None = None) -> None:
        self._parts = updates_in_turn(algorithm)
        self._position = np.zeros((1, 2), dtype=np.int64) if position is None else position

    def take(self, sweeps: int) -> Iterator[tuple[str, int]]:
        """Yield the updates of the next sweeps, each with its number."""
        if len(self._parts) == 1:
            yield self._parts[0][0], sweeps
            return
        while sweeps:
            part, done = map(int, self._position[0])
            name, whole = self._parts[part]
            now = min(sweeps, whole - done)
            yield name, now
            sweeps -= now
            ended = done + now == whole
            self._position[:] = ((part + 1) % len(self._parts), 0) if ended else (part, done + now)


class Turns:
    """Whose turn it is at each temperature of a unit of work.

    Parameters
    ----------
    algorithms : sequence of str
        Of each temperature, none ``"auto"``.
    pieces : sequence of slice
        Neighbouring temperatures that are moved together.

    Attributes
    ----------
    parts : list of (slice, str)
        The stretches of neighbouring temperatures, each within a piece and with one algorithm.
    positions : ndarray, int64 (T, 2)
        Where the succession of each temperature stands; it may be set between two calls.
    """

    def __init__(self, algorithms: Sequence[str], pieces: Sequence[slice]) -> None:
        self.parts = stretches(algorithms, pieces)
        self.positions = np.zeros((len(algorithms), 2), dtype=np.int64)
        self._turns = [(part, Turn(algorithm, self.positions[part])) for part, algorithm in self.parts]

    def take(self, here: slice, sweeps: int) -> Iterator[tuple[slice, str, int]]:
        """Yield the stretches among the temperatures ``here``, each with its next updates and their sweeps."""
        for part, turn in self._turns:
            if here.start <= part.start < here.stop:
                for name, count in turn.take(sweeps):
                    yield part, name, count


def mean_cost(algorithm: str, cost: Mapping[str, float]) -> float:
    """Return what a sweep of an algorithm costs on average, given what one of each update costs."""
    turn = updates_in_turn(algorithm)
    return sum(cost[name] * sweeps for name, sweeps in turn) / sum(sweeps for _, sweeps in turn)
