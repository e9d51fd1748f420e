"""First-order transitions: two peaks of the energy at one temperature, their distance and the valley between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.curves import located
from spinlens.statistics.scaling.peaks import find_peaks
from spinlens.statistics.scaling.resamples import Layout, Resamples, stacked
from spinlens.statistics.scaling.scan import Scan

Array = NDArray[np.float64]

CELLS = 64
"""Into which the energies between the two phases' far sides are counted."""

EDGE = 1e-4
"""Share of recordings beyond either end of the cells."""

FEWEST_SIGMAS = 4.0
"""By how many standard errors a valley must lie below the lower peak."""

LEAST = 1e-300
"""Stands for a share of nothing, whose logarithm is wanted."""

ROUNDS = 3
"""How often cells, valley and temperature are found anew from each other."""


@dataclass(frozen=True)
class Coexistence:
    """Two phases of one size that hold half of the recordings each.

    Attributes
    ----------
    size : int
        L.
    place : Estimate
        The temperature at which both sides of the valley weigh the same.
    energies : tuple of Estimate
        Mean energy per site of each side there, the lower first.
    latent_heat : Estimate
        Their difference.
    barrier : Estimate
        ln of the mean height of both peaks over the valley, at the temperature where the peaks are equally high; twice
        the interfacial tension over T times L^(d - 1), but for corrections. NaN where nothing was recorded in between.
    """

    size: int
    place: Estimate
    energies: tuple[Estimate, Estimate]
    latent_heat: Estimate
    barrier: Estimate

    def __str__(self) -> str:
        """Return one line."""
        return f"L = {self.size}: at {self.place}, latent heat {self.latent_heat}, barrier {self.barrier}"


@dataclass(frozen=True, eq=False)
class Coexistences(Sequence[Coexistence]):
    """The same of all sizes.

    Attributes
    ----------
    lengths : ndarray, float64 (size,)
        L.
    places, ordered, disordered, latent_heats, barriers : Resamples
        Of all sizes: temperatures of equal weight, energies of both sides, their difference, barriers.

    References
    ----------
    M. S. S. Challa, D. P. Landau and K. Binder, Phys. Rev. B 34, 1841 (1986), doi:10.1103/PhysRevB.34.1841;
    J. Lee and J. M. Kosterlitz, Phys. Rev. B 43, 3265 (1991), doi:10.1103/PhysRevB.43.3265;
    C. Borgs and R. Kotecky, J. Stat. Phys. 61, 79 (1990), doi:10.1007/BF01013955.
    """

    lengths: Array
    places: Resamples
    ordered: Resamples
    disordered: Resamples
    latent_heats: Resamples
    barriers: Resamples

    def __getitem__(self, which: int) -> Coexistence:  # type: ignore[override]
        place, low, high, latent, barrier = (
            each.estimates[which]
            for each in (self.places, self.ordered, self.disordered, self.latent_heats, self.barriers)
        )
        return Coexistence(int(self.lengths[which]), place, (low, high), latent, barrier)

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[Coexistence]:
        return (self[which] for which in range(len(self)))

    def __str__(self) -> str:
        """Return a line a size."""
        return "\n".join(["coexistence of two phases", *map(str, self)])


def find_coexistence(scans: Sequence[Scan], layout: Layout, between: tuple[float, float]) -> Coexistences:
    """Split the energies of every size into two phases.

    Raises
    ------
    InputError
        If the energy of a size has one peak only, or was not simulated where both phases are.
    """
    columns: list[list[Array]] = []
    for scan in scans:
        scan.check_energies()
    starts = find_peaks(scans, layout, "specific_heat", between).places.samples[:, 0]
    for size, (scan, start) in enumerate(zip(scans, starts, strict=True)):
        columns.append([layout.spread(size, row) for row in _split(scan, float(start), between)])
    lengths = np.array([scan.length for scan in scans], dtype=np.float64)
    return Coexistences(lengths, *(stacked(layout, [rows[k] for rows in columns]) for k in range(5)))


def _split(scan: Scan, temperature: float, between: tuple[float, float]) -> list[Array]:
    """Return place, both energies, latent heat and barrier of one size, each (1 + G,)."""
    energies = scan.energies
    low, high = max(between[0], scan.low), min(between[1], scan.high)
    width = 0.05 * (high - low)
    for _ in range(ROUNDS):
        cells, edges = _cells(scan, temperature)
        heights = _heights(scan, np.array([temperature]), cells)[0]
        first, valley, second = _extrema(scan, heights)
        # Cell of the valley: its middle parts the phases.
        border = 0.5 * (edges[valley] + edges[valley + 1])
        members = np.stack([(energies < border), (energies >= border)]).astype(np.float64)

        def balance(values: Array, members: Array = members) -> Array:
            share = np.log(np.maximum(scan.distribution(values, members), LEAST))
            return np.asarray(share[..., 1] - share[..., 0])

        found = located(balance, temperature, width=width, low=low, high=high)
        if found is None:
            raise _one_sided(scan, low, high)
        place = found[1]
        temperature = float(place[0])
        width = max(20.0 * float(np.abs(place - temperature).max()), 1e-6 * temperature)
    sides = np.concatenate([members, members * energies])
    shares = np.array([scan.distribution(place[k : k + 1], sides)[0, k] for k in range(len(place))])
    ordered, disordered = shares[:, 2] / shares[:, 0], shares[:, 3] / shares[:, 1]

    def tilt(values: Array) -> Array:
        found = _heights(scan, values, cells)
        return _top(found, second) - _top(found, first)

    equal = located(tilt, temperature, width=width, low=low, high=high)
    if equal is None:
        raise _one_sided(scan, low, high)
    heights = np.array([_heights(scan, equal[1][k : k + 1], cells)[0, k] for k in range(len(place))])
    one, floor, other = (_level(heights, cell) for cell in (first, valley, second))
    barrier = 0.5 * (one + other) - floor
    if heights[:, max(0, valley - 3) : valley + 4].min() < 0.5 * np.log(LEAST):
        barrier = np.full_like(barrier, np.nan)
    return [place, ordered, disordered, disordered - ordered, barrier]


def _cells(scan: Scan, temperature: float) -> tuple[Array, Array]:
    """Return which bin belongs to which cell, float64 (cell, bin), and the edges of the cells, equally many bins each.

    Equally many possible energies in each cell: else neighbouring cells would differ by the bins they hold.
    """
    energies = scan.energies
    ladder = np.sort(energies)
    few = ladder[np.unique(np.linspace(0, len(ladder) - 1, 1025).astype(int))]
    below = scan.distribution(np.array([temperature]), (energies[None] <= few[:, None]).astype(np.float64))[0, 0]
    inside = few[(below > EDGE) & (below < 1.0 - EDGE)]
    step = np.median(np.diff(ladder))
    low, high = inside[0], inside[-1]
    each = max(1, int(np.ceil((high - low) / step / CELLS)))
    edges = np.arange(low - 0.5 * step, high + each * step, each * step)
    which = np.digitize(energies, edges) - 1
    members = (which[None] == np.arange(len(edges) - 1)[:, None]).astype(np.float64)
    return members, edges


def _heights(scan: Scan, values: Array, cells: Array) -> Array:
    """Return ln of the share of each cell, (n, 1 + G, cell)."""
    return np.asarray(np.log(np.maximum(scan.distribution(values, cells), LEAST)))


def _top(heights: Array, cell: int) -> Array:
    """Return ln of the average over five cells round an extremum, (...,)."""
    part = heights[..., max(0, cell - 2) : cell + 3]
    return np.asarray(np.log(np.exp(part).mean(axis=-1)), dtype=np.float64)


def _level(heights: Array, cell: int) -> Array:
    """Return ln p at an extremum by a parabola through seven cells round it, (samples,)."""
    part = heights[:, max(0, cell - 3) : cell + 4]
    x = np.arange(part.shape[1]) - min(cell, 3)
    return np.asarray(np.polynomial.polynomial.polyfit(x, part.T, 2)[0], dtype=np.float64)


def _extrema(scan: Scan, heights: Array) -> tuple[int, int, int]:
    """Return the cells of the lower peak in energy, of the valley and of the upper peak, from ln p (1 + G, cell)."""
    whole = np.exp(heights[0])
    smooth = np.convolve(np.pad(whole, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    # The valley is the cell that lies furthest below the lower one of the highest cells on its either side.
    left, right = np.maximum.accumulate(smooth), np.maximum.accumulate(smooth[::-1])[::-1]
    depth = np.log(np.minimum(left, right)) - np.log(np.maximum(smooth, LEAST))
    valley = int(np.argmax(depth))
    first, second = int(np.argmax(smooth[: valley + 1])), valley + int(np.argmax(smooth[valley:]))
    tops = Resamples(Layout((scan.groups,)), np.exp([_top(heights, cell) for cell in (first, valley, second)]))
    lower = 0 if tops.samples[0, 0] < tops.samples[2, 0] else 2
    apart = Resamples(tops.layout, (tops.samples[lower] - tops.samples[1])[None])
    if not apart.samples[0, 0] > FEWEST_SIGMAS * apart.errors[0]:
        raise InputError(
            "latent heat", f"none seen at L = {scan.length}",
            "the energy has one peak where the specific heat is largest: the transition is continuous, or the lattice "
            "smaller than its correlation length", "Simulate larger sizes",
        )  # fmt: skip
    return first, valley, second


def _one_sided(scan: Scan, low: float, high: float) -> InputError:
    return InputError(
        "coexistence", f"none between {low:g} and {high:g}", f"one phase outweighs the other everywhere at L = "
        f"{scan.length}", "Simulate a wider range of temperatures",
    )  # fmt: skip
