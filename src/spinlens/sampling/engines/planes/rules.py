"""What the kernel needs to know of each condition: thresholds, form by form."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.bitsliced import FAST_BITS
from spinlens.sampling.engines.bits.class_values import places
from spinlens.sampling.engines.bits.probabilities import FINE, aligned_copy
from spinlens.sampling.engines.bits.rows.classes import coefficients
from spinlens.sampling.engines.bits.words import WIDTH
from spinlens.sampling.engines.planes.forms import Form
from spinlens.sampling.engines.planes.groups import GROUPS, MOST_NEIGHBOURS

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Thresholds = NDArray[np.uint64]

_STEEP = Decimal(10_000)
_LARGEST = 2**64 - 1


class SpinHeatBath(NamedTuple):
    """Spins -1, 0, 1 are drawn from their distribution.

    Attributes
    ----------
    numbers : tuple of int
        The classes of sites: the sum of the neighbours' spins, or its size where no site prefers a sign.
    """

    numbers: Any


class ColourMetropolis(NamedTuple):
    """Another colour is proposed, and accepted by what it costs.

    Attributes
    ----------
    numbers : tuple of int
        The classes of changes: by how many the number of pairs changes.
    code : tuple of int
        As long as a colour has bits.
    colours : tuple of int
        As long as there are colours.
    repels : int
        All ones where equal neighbours cost energy, else 0; uint64.
    """

    numbers: Any
    code: Any
    colours: Any
    repels: Any


class ColourHeatBath(NamedTuple):
    """Colours are drawn from their distribution, by the groups of equal neighbours.

    Attributes
    ----------
    numbers : tuple of int
        The classes of sites: how many pairs of neighbours are equal.
    code, colours
        As for `ColourMetropolis`.
    """

    numbers: Any
    code: Any
    colours: Any


class Rules(NamedTuple):
    """What the kernel needs to know of each condition, for K kinds and P patterns of sites, and C classes.

    Attributes
    ----------
    update : SpinHeatBath, ColourHeatBath or ColourMetropolis
        What it does; its type tells which kernel is compiled.
    thresholds : ndarray, uint64 (conditions, K, T, C)
        2**64 times the probabilities of s >= 0 and of s = 1 of a spin; or of accepting a change, the same on all sites,
        so that K = T = 1. Rounded down; 1 is stored as 2**64 - 1.
    planes : ndarray
        Their leading bits (conditions, P, bits, T, ...), see `spinlens.sampling.engines.bits.class_values`.
    held : ndarray, int64 (H,)
        Colours that fields or walls favour or disfavour somewhere.
    held_thresholds : ndarray, uint64 (conditions, H K, 1, 1)
        2**64 times the probability of leaving a favoured colour, or of entering a disfavoured one.
    held_planes : ndarray, int8 (conditions, H P, bits, 1, 1, 8)
        Their leading bits.
    held_flags : ndarray, int8 (H, P, 2, 8)
        -1 where the colour is favoured rather than disfavoured, and -1 where it is one of them.
    """

    update: SpinHeatBath | ColourHeatBath | ColourMetropolis
    thresholds: Any
    planes: Any
    held: Any
    held_thresholds: Any
    held_planes: Any
    held_flags: Any


def held_weights(form: Form) -> tuple[Integers, Array]:
    """Return the colours that are held somewhere, int64 (H,), and by which weight, float64 (H, V).

    Only differences between the weights of a site count: as many as can be are made 0.
    """
    weights = form.site_weights.copy()
    for row in weights:
        values, count = np.unique(row, return_counts=True)
        row -= values[np.argmax(count)]
    held = np.flatnonzero(weights.any(axis=0))
    return held, weights[:, held].T


def kinds_of(form: Form, lattice: Lattice) -> Integers:
    """Return the kind of each site, int64 (N,): the row of its weights, else how many neighbours it has."""
    if form.spins or np.ptp(form.site_weights, axis=1).any():
        return form.site
    ends = np.concatenate([lattice.neighbours.first, lattice.neighbours.second])
    return np.bincount(ends, minlength=lattice.sites)


def rules(
    form: Form, neighbours: int, temperature: Array, pattern_kinds: Integers, algorithm: str
) -> Rules:  # fmt: skip
    """Return the rules at each temperature.

    Parameters
    ----------
    form : Form
        The model.
    neighbours : int
        Slots of a site.
    temperature : ndarray, float64 (conditions,)
        T.
    pattern_kinds : ndarray, int64 (P, 8)
        The kinds side by side in each vector, see `kinds_of`.
    algorithm : str
        ``"heat_bath"``, or for colours ``"metropolis"``.
    """
    with localcontext(prec=FINE):
        if form.spins:
            return _spin_rules(form, neighbours, temperature, pattern_kinds)
        if algorithm == "heat_bath":
            return _group_rules(form, neighbours, temperature, pattern_kinds)
        return _colour_rules(form, neighbours, temperature, pattern_kinds)


def relative(form: Form) -> bool:
    """Return whether spins are drawn relative to the sign of their neighbours' sum: no site prefers a sign."""
    return form.spins and np.array_equal(form.site_weights[:, 0], form.site_weights[:, 2])


def _spin_rules(form: Form, neighbours: int, temperature: Array, pattern_kinds: Integers) -> Rules:
    numbers = range(neighbours + 1) if relative(form) else range(-neighbours, neighbours + 1)
    thresholds = np.array([
        [[[threshold(p) for p in part] for part in zip(*(
            spin_probabilities(form.coupling * number, weights.tolist(), t) for number in numbers
        ), strict=True)] for weights in form.site_weights]
        for t in temperature.tolist()
    ], dtype=np.uint64)  # fmt: skip
    return Rules(
        SpinHeatBath(tuple(numbers)), thresholds, _planes(thresholds, pattern_kinds), *_held(form, temperature, None)
    )  # fmt: skip


def spin_probabilities(field: float, weights: list[float], temperature: float) -> tuple[Decimal, Decimal]:
    """Return the probabilities of s >= 0 and of s = 1 of a spin in a field, with its weights of -1, 0 and 1."""
    energies = [Decimal(weight) + sign * Decimal(field) for sign, weight in zip((-1, 0, 1), weights, strict=True)]
    largest = max(energies)
    down, zero, up = (max((energy - largest) / Decimal(temperature), -_STEEP).exp() for energy in energies)
    total = down + zero + up
    return (zero + up) / total, up / total


def boltzmann_factor(cost: float, temperature: float) -> Decimal:
    """Return exp(-cost / T)."""
    return max(-Decimal(cost) / Decimal(temperature), -_STEEP).exp()


def threshold(probability: Decimal) -> int:
    """Return 2**64 times a probability, rounded down; 1 is 2**64 - 1."""
    return min(int(probability * 2**64), _LARGEST)


def _colour_rules(form: Form, neighbours: int, temperature: Array, pattern_kinds: Integers) -> Rules:
    numbers, held = tuple(range(neighbours + 1)), _held(form, temperature, pattern_kinds)
    size = abs(form.coupling)
    thresholds = np.array(
        [[[[threshold(boltzmann_factor(size * n, t)) for n in numbers]]] for t in temperature.tolist()], dtype=np.uint64
    )
    repels = np.uint64(0xFFFF_FFFF_FFFF_FFFF if form.coupling < 0 else 0)
    update = ColourMetropolis(numbers, (0,) * form.planes, (0,) * form.states, repels)
    return Rules(update, thresholds, _planes(thresholds, np.zeros_like(pattern_kinds[:1])), *held)


def group_probabilities(form: Form, neighbours: int, pairs: int, temperature: float) -> list[Decimal]:
    """Return the probabilities that a colour is free, or of one of the first groups, for 1 to 4 groups."""
    steepest = Decimal(form.coupling) * neighbours / Decimal(temperature)
    # All weights are divided by the largest that there could be.
    free = form.states * max(-steepest, -_STEEP).exp()
    parts = [
        max(Decimal(form.coupling) * size / Decimal(temperature) - steepest, -_STEEP).exp() - free / form.states
        for size in GROUPS[neighbours][pairs]
    ]
    total = free + sum(parts)
    return [(free + sum(parts[:number])) / total for number in range(MOST_NEIGHBOURS)]


def _group_rules(form: Form, neighbours: int, temperature: Array, pattern_kinds: Integers) -> Rules:
    numbers = tuple(range(neighbours * (neighbours - 1) // 2 + 1))
    thresholds = np.array([
        [
            threshold(group_probabilities(form, number, pairs, t)[which]) if pairs in GROUPS[number] else 0
            for pairs in numbers
        ]
        for t in temperature.tolist() for number in range(neighbours + 1) for which in range(neighbours)
    ], dtype=np.uint64)  # fmt: skip
    thresholds = thresholds.reshape(len(temperature), neighbours + 1, neighbours, len(numbers))
    update = ColourHeatBath(numbers, (0,) * form.planes, (0,) * form.states)
    return Rules(update, thresholds, _planes(thresholds, pattern_kinds), *_held(form, temperature, None))


def _held(form: Form, temperature: Array, pattern_kinds: Integers | None) -> tuple[NDArray[Any], ...]:
    """Return the four arrays of held colours; empty ones without patterns."""
    held, weights = held_weights(form)
    if pattern_kinds is None or not len(held):
        held, weights, pattern_kinds = held[:0], weights[:0], np.zeros((1, WIDTH), dtype=np.int64)
    sizes, conditions = np.abs(weights).reshape(-1).tolist(), len(temperature)
    thresholds = np.array(
        [[threshold(boltzmann_factor(size, t)) for size in sizes] for t in temperature.tolist()], dtype=np.uint64
    ).reshape(conditions, len(sizes), 1, 1)  # fmt: skip
    # The kinds of each held colour are numbered on, colour after colour.
    kinds = np.arange(len(held))[:, None, None] * weights.shape[1] + pattern_kinds
    planes = aligned_copy(_whole(thresholds, kinds.reshape(-1, WIDTH)))
    flags = np.stack([(weights > 0)[:, pattern_kinds], (weights != 0)[:, pattern_kinds]], axis=2)
    return held, thresholds, planes, np.ascontiguousarray(np.negative(flags.astype(np.int8)))


def _leading(thresholds: Thresholds) -> NDArray[np.bool_]:
    """Return the coefficients of the leading bits of thresholds (conditions, K, T, C): (conditions, K, bits, T, C)."""
    at = np.arange(63, 63 - FAST_BITS, -1, dtype=np.uint64)[:, None, None]
    return coefficients(((thresholds[:, :, None] >> at) & np.uint64(1)) == 1)


def _whole(thresholds: Thresholds, pattern_kinds: Integers) -> NDArray[np.int8]:
    """Bring the leading bits into the form of each pattern, a byte 0 or -1 a site, (conditions, P, bits, T, C, 8)."""
    numbers = np.negative(_leading(thresholds).astype(np.int8))
    return np.moveaxis(numbers[:, pattern_kinds], 2, -1)


def _planes(thresholds: Thresholds, pattern_kinds: Integers) -> NDArray[Any]:
    """Return the leading bits for the kernel: places of subsets where each vector has sites of one kind."""
    if (pattern_kinds == pattern_kinds[:, :1]).all():
        return np.ascontiguousarray(places(_leading(thresholds))[:, pattern_kinds[:, 0]])
    return aligned_copy(_whole(thresholds, pattern_kinds))
