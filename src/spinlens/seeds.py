"""Random streams named by purpose and place, never by worker or by ``seed + i``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, unique

import numpy as np

from spinlens.errors import InputError


@unique
class Purpose(IntEnum):
    """What a stream is for: the first element of its spawn key."""

    SWEEP = 1
    EXCHANGE = 2
    START = 3
    TRAINING = 4
    BOOTSTRAP = 5
    ENCODING = 6
    CLUSTERS = 7
    PRETRAINING = 8
    CLASSIFICATION = 9
    SPLITTING = 10
    SYMMETRIES = 11
    SEEDED_CLUSTERS = 12
    DISORDER = 13
    FROM_THE_PAST = 14
    CHALLENGE = 15
    NULLS = 16
    IMPROVED_ESTIMATORS = 17


def check_seed(seed: object) -> int:
    """Return ``seed`` as a Python integer.

    Raises
    ------
    InputError
        If it is not a whole number >= 0.
    """
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or seed < 0:  # type: ignore[operator]
        raise InputError("seed", seed, "must be a whole number >= 0")
    return int(seed)  # type: ignore[call-overload, no-any-return]


def check_seeds(seed: object) -> int | tuple[int, ...]:
    """Return one seed as a number, and several as a tuple.

    Raises
    ------
    InputError
        If one is no whole number >= 0, there is none, or two are equal.
    """
    if isinstance(seed, str) or not isinstance(seed, Sequence | np.ndarray):
        return check_seed(seed)
    seeds = tuple(map(check_seed, seed))
    if not seeds:
        raise InputError("seed", [], "must be at least one")
    if len(set(seeds)) < len(seeds):
        why = "must be different from each other: chains of equal seeds are the same chains"
        raise InputError("seed", list(seeds), why)
    return seeds if len(seeds) > 1 else seeds[0]


def seed_sequence(seed: int | tuple[int, ...], purpose: Purpose, *place: int) -> np.random.SeedSequence:
    """Return the seed sequence of one stream.

    Parameters
    ----------
    seed : int
        The user's seed.
    purpose : Purpose
        What the stream is for.
    *place : int
        Where it is used, for example field index, temperature index, word index.

    Notes
    -----
    A stream depends on these numbers alone, so results are the same for any number of workers,
    any order of the work and any number of resumes.
    """
    # NumPy would take several seeds as one long one.
    if isinstance(seed, tuple):
        raise TypeError("a stream belongs to one seed, see spinlens.sampling.Plan.of_seed")
    return np.random.SeedSequence(seed, spawn_key=(int(purpose), *place))


def generator(seed: int | tuple[int, ...], purpose: Purpose, *place: int) -> np.random.Generator:
    """Return a NumPy generator (PCG64DXSM) on the stream of ``purpose`` at ``place``."""
    return np.random.Generator(np.random.PCG64DXSM(seed_sequence(seed, purpose, *place)))
