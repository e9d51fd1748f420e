"""Which of the sizes show what a method reads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from spinlens.errors import InputError
from spinlens.statistics.scaling import FiniteSize
from spinlens.statistics.scaling.coexistence import find_coexistence
from spinlens.statistics.scaling.resamples import Layout
from spinlens.statistics.scaling.scan import RESPONSE, Scan

STUCK = 0.6
"""Correlation over chains between both halves of the recordings above which phases do not take turns often enough."""

CUMULANT, GROWING, PEAKED, HEAT = "binder_cumulant", "susceptibility", "susceptibility_absolute", "specific_heat"


def heat_of(study: FiniteSize) -> str:
    """Return what curves the free energy along the control: the specific heat, or the response to another control."""
    return RESPONSE if RESPONSE in study.names else HEAT


def crossing_pairs(study: FiniteSize, name: str = CUMULANT) -> list[tuple[int, int]]:
    """Return the successive sizes whose curves cross, from the largest down to the first pair that does not.

    Raises
    ------
    InputError
        If the two largest do not cross; the message says which way their crossing lies.
    """
    found: list[tuple[int, int]] = []
    for pair in reversed(list(pairwise(study.sizes))):
        try:
            study.crossings(name, pairs=[pair])
        except InputError:
            if not found:
                raise
            break
        found.append(pair)
    return found[::-1]


def recorded_scans(study: FiniteSize) -> list[Scan]:
    """Return the sizes whose energies were recorded; draws alone have neither phases to part nor a memory."""
    return [scan for scan in study.scans if isinstance(scan, Scan)]


def split_sizes(study: FiniteSize) -> tuple[int, ...]:
    """Return the sizes whose energies part into two phases."""
    found = []
    for scan in recorded_scans(study):
        try:
            find_coexistence([scan], Layout((scan.groups,)), (-np.inf, np.inf))
        except InputError:
            continue
        found.append(scan.length)
    return tuple(found)


def turning_sizes(study: FiniteSize) -> tuple[int, ...]:
    """Return the sizes whose chains change between phases at every condition; all of them where fewer than two do.

    Larger ones tell where chains began, not where phases weigh the same.
    """
    found = tuple(scan.length for scan in recorded_scans(study) if scan.memory.max() < STUCK)
    return found if len(found) > 1 else study.sizes
