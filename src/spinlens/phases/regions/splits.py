"""From an ensemble to labelled images: training, validation and test sets that are drawn with care, or as published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.phases.regions.energies import axis_of, unit_of
from spinlens.phases.regions.labelled import Labelled, Places, read
from spinlens.phases.regions.labels import REGIONS, Counts, region_of
from spinlens.sampling import Plan
from spinlens.seeds import Purpose, check_seed, generator

LARGE_TEST = 4000
"""Images of the large test set, in the proportions of the small one."""

CHAIN_SHARES = (3 / 8, 1 / 8, 1 / 2)
"""Shares of the chains that train, validate and test: the large test set needs most."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """The sets of one trial; no image occurs in two of them.

    Attributes
    ----------
    train, validation, test : Labelled
        Of the published sizes.
    large_test : Labelled
        A test set that is large enough to tell networks apart, from chains that no training image comes from.
    """

    train: Labelled
    validation: Labelled
    test: Labelled
    large_test: Labelled


def clean_splits(
    ensemble: Ensemble,
    *,
    seed: int,
    trial: int,
    sizes: Mapping[str, Counts],
    large_test: int = LARGE_TEST,
    labels: int | None = None,
    unit: float | None = None,
) -> Splits:
    """Split an ensemble by chain: no chain has images in two of training, validation and test.

    A chain is one place (lane) at all temperatures, because replicas are exchanged along it.

    Parameters
    ----------
    ensemble : Ensemble
        At one point of its controls, without a field, at least three chains.
    seed : int
        With the trial it names the random stream.
    trial : int
        Number of the trial, from 0.
    sizes : mapping
        Images of each region for ``train``, ``validation`` and ``test``.
    large_test : int
        Fewest images of the large test set, which has the proportions of ``test``.
    labels : int, optional
        Train on the first so many training images only. Smaller sets are parts of larger ones, with the regions in
        the same proportions as nearly as can be.
    unit : float, optional
        What the edges of the regions are multiples of, see `region_of`; by default abs(J) of the square Ising model.

    Returns
    -------
    Splits
        Within each region every (temperature, chain, draw) of the set's chains is equally likely.

    Raises
    ------
    InputError
        If there are fewer chains than splits, a region has no temperature or too few images, or ``labels`` leaves a
        region without an image.
    """
    random = _stream(seed, trial)
    unit = unit or unit_of(ensemble)
    regions = _regions(ensemble, unit)
    chains = ensemble.plan.chains
    if chains < len(CHAIN_SHARES):
        raise InputError(
            "chains", chains, "training, validation and test sets need a chain each", "Simulate 64: they cost the same"
        )
    train, validation, test = _apportion(random.permutation(chains))
    large = _large_counts(sizes["test"], large_test)
    both = tuple(a + b for a, b in zip(sizes["test"], large, strict=True))
    tests = _choose(random, ensemble, regions, test, both, name="test and large test")
    places = (
        _choose(random, ensemble, regions, train, sizes["train"], name="train"),
        _choose(random, ensemble, regions, validation, sizes["validation"], name="validation"),
        *_divide(tests, regions, sizes["test"]),
    )
    splits = _read_splits(ensemble, places, random, unit=unit)
    return splits if labels is None else replace(splits, train=fewer_labels(splits.train, labels))


def published_splits(
    ensemble: Ensemble,
    *,
    seed: int,
    trial: int,
    sizes: Mapping[str, Counts],
    large_test: int = LARGE_TEST,
    labels: int | None = None,
    unit: float | None = None,
) -> Splits:
    """Split as published: all images from one chain, training, validation and test images drawn from it at random.

    Parameters
    ----------
    ensemble : Ensemble
        As there; chain number ``trial`` is the one that is used. The large test set, which the published study
        does not have, comes from all other chains.
    seed, trial, sizes, large_test, labels, unit
        As `clean_splits`.

    Raises
    ------
    InputError
        As `clean_splits`; also if there is no chain of that number.
    """
    random = _stream(seed, trial)
    unit = unit or unit_of(ensemble)
    regions = _regions(ensemble, unit)
    chains = ensemble.plan.chains
    if chains < 2 or trial >= chains:
        raise InputError(
            "trial", trial, f"each trial takes a chain of its own and the large test set another; there are {chains}"
        )
    everything = tuple(sum(sizes[name][c] for name in ("train", "validation", "test")) for c in range(len(REGIONS)))
    pool = _choose(random, ensemble, regions, np.array([trial]), everything, name="train, validation and test")
    train, rest = _divide(pool, regions, sizes["train"])
    validation, test = _divide(rest, regions, sizes["validation"])
    others = np.delete(np.arange(chains), trial)
    counts = _large_counts(sizes["test"], large_test)
    large = _choose(random, ensemble, regions, others, counts, name="large test")
    splits = _read_splits(ensemble, (train, validation, test, large), random, unit=unit)
    return splits if labels is None else replace(splits, train=fewer_labels(splits.train, labels))


def fewer_labels(train: Labelled, labels: int) -> Labelled:
    """Return the first images of a training set: smaller sets are parts of larger ones.

    Raises
    ------
    InputError
        If there are not so many images, or a region would have none.
    """
    if not 0 < labels <= len(train):
        raise InputError("labels", labels, f"the training set has 1 to {len(train)} images")
    part = train[:labels]
    for name, here, all_of_it in zip(REGIONS, part.counts, train.counts, strict=True):
        if all_of_it and not here:
            raise InputError("labels", labels, f"the region {name} would have no image", "Take more")
    return part


def check_sizes(
    plan: Plan, *, protocol: str, sizes: Mapping[str, Counts], large_test: int, labels: Sequence[int] = (),
    unit: float = 1.0,
) -> None:  # fmt: skip
    """Refuse sets that the draws of a plan cannot fill, before they are sampled.

    Parameters
    ----------
    plan : Plan
        What is to be sampled.
    protocol : {"clean", "published"}
        How it is split.
    sizes, large_test
        As `clean_splits`.
    labels : sequence of int
        Smaller training sets, see `fewer_labels`.
    unit : float
        What the edges of the regions are multiples of.

    Raises
    ------
    InputError
        If a region has no temperature or too few images, or would have none in a smaller training set.
    """
    regions = region_of(np.array(plan.grid[axis_of(plan)]), unit=unit)
    large = _large_counts(sizes["test"], large_test)
    if protocol == "clean":
        train, validation, test = (len(part) for part in _apportion(np.arange(plan.chains)))
        both = tuple(a + b for a, b in zip(sizes["test"], large, strict=True))
        wanted = [
            ("train", train, sizes["train"]),
            ("validation", validation, sizes["validation"]),
            ("test", test, both),
        ]
    else:
        pool = tuple(sum(sizes[name][c] for name in ("train", "validation", "test")) for c in range(len(REGIONS)))
        wanted = [("train, validation and test", 1, pool), ("large test", plan.chains - 1, large)]
    for name, chains, counts in wanted:
        for region, count in enumerate(counts):
            there = int(np.count_nonzero(regions == region)) * chains * plan.draws
            if count > there:
                raise InputError(
                    "sizes", count, f"the {name} chains hold {there} images of the region {REGIONS[region]}",
                    "Simulate more chains or draws",
                )  # fmt: skip
    # Every beginning of a training set has the regions in nearly the same proportions: the rarest comes in last.
    rarest = min(sizes["train"])
    fewest = sum(int(count / (2 * rarest) + 0.5) for count in sizes["train"])
    for count in labels:
        if count < fewest:
            raise InputError("labels", count, f"a region would have no image among fewer than {fewest}")


def _read_splits(
    ensemble: Ensemble, places: Sequence[Places], random: np.random.Generator, *, unit: float
) -> Splits:  # fmt: skip
    """Read all sets at once, because each look at an ensemble goes through all of it."""
    together = Places(*(np.concatenate(axis) for axis in zip(*map(astuple, places), strict=True)))
    everything = read(ensemble, together, unit=unit)
    edges = np.cumsum([0, *(len(part.chain) for part in places)]).tolist()
    return Splits(*(_interleaved(everything[first:last], random) for first, last in pairwise(edges)))


def _stream(seed: int, trial: int) -> np.random.Generator:
    if isinstance(trial, bool) or not isinstance(trial, int | np.integer) or trial < 0:
        raise InputError("trial", trial, "must be a whole number >= 0")
    return generator(check_seed(seed), Purpose.SPLITTING, int(trial))


def _regions(ensemble: Ensemble, unit: float) -> Integers:
    """Return the region of each value of the control that the regions lie along."""
    return region_of(ensemble.grid[axis_of(ensemble.plan)], unit=unit)


def _apportion(chains: Integers) -> tuple[Integers, Integers, Integers]:
    """Cut the chains into three parts by `CHAIN_SHARES`, each with at least one."""
    count = len(chains)
    first = min(max(1, round(CHAIN_SHARES[0] * count)), count - 2)
    second = min(max(1, round(CHAIN_SHARES[1] * count)), count - first - 1)
    return chains[:first], chains[first : first + second], chains[first + second :]


def _large_counts(test: Counts, fewest: int) -> tuple[int, ...]:
    """Return the smallest multiple of the test set's counts (in its own proportions) with so many images."""
    divisor = int(np.gcd.reduce(test))
    times = -(-fewest * divisor // sum(test))
    return tuple(times * count // divisor for count in test)


def _choose(
    random: np.random.Generator, ensemble: Ensemble, regions: Integers, chains: Integers, counts: tuple[int, ...], *,
    name: str,
) -> Places:  # fmt: skip
    """Draw images of each region without replacement, sorted by region; within a region in random order."""
    parts, draws = [], ensemble.plan.draws
    for region, wanted in enumerate(counts):
        temperatures = np.flatnonzero(regions == region)
        if wanted and not len(temperatures):
            raise InputError("temperature", f"{len(regions)} values", f"none lies in the region {REGIONS[region]}")
        shape = (len(temperatures), len(chains), draws)
        there = int(np.prod(shape))
        if wanted > there:
            raise InputError(
                "sizes", wanted, f"the {name} chains hold {there} images of the region {REGIONS[region]}",
                "Simulate more chains or draws",
            )  # fmt: skip
        t, c, d = np.unravel_index(random.choice(there, size=wanted, replace=False), shape)
        parts.append(np.stack([temperatures[t], chains[c], d]))
    return Places(*np.concatenate(parts, axis=1).astype(np.int64))


def _divide(places: Places, regions: Integers, counts: Counts) -> tuple[Places, Places]:
    """Return the first images of each region, and the rest."""
    label = regions[places.temperature]
    rank = _rank_in_class(label)
    first = rank < np.asarray(counts)[label]
    return places[np.flatnonzero(first)], places[np.flatnonzero(~first)]


def _interleaved(images: Labelled, random: np.random.Generator) -> Labelled:
    """Order images so that every beginning of the set has the regions in nearly the same proportions."""
    order = random.permutation(len(images))
    images = images[order]
    position = (_rank_in_class(images.labels) + 0.5) / np.maximum(1, np.array(images.counts))[images.labels]
    return images[np.argsort(position, kind="stable")]


def _rank_in_class(labels: Integers) -> Integers:
    """Return how many earlier entries have the same label, int64 (n,)."""
    rank = np.empty(len(labels), dtype=np.int64)
    for region in range(len(REGIONS)):
        here = labels == region
        rank[here] = np.arange(np.count_nonzero(here))
    return rank
