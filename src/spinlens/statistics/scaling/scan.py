"""One size over a range of a control: a histogram of one sum, with moments of everything else in its bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from spinlens.errors import InputError
from spinlens.statistics.fluctuations import Averaged, Modulus, Quantity, thermodynamics
from spinlens.statistics.histogram import MOST_GROUPS, RowHistogram
from spinlens.statistics.jackknife import FEWEST_GROUPS
from spinlens.statistics.mixture import Mixture
from spinlens.statistics.scaling.bins import bins_of
from spinlens.statistics.scaling.line import Line
from spinlens.statistics.scaling.soundness import check_coherence, memory

Array = NDArray[np.float64]

RESPONSE = "response"
"""Minus the second derivative of the free energy per site by a control that is not the temperature, T / N d^2 ln Z /
dcontrol^2: the susceptibility of what it acts on, d<sx> / dGamma of a transverse field. It says what the specific heat
says where the temperature varies."""


class Curves(Protocol):
    """What one size says of its observables, however it knows it: crossings, peaks and collapse ask for no more.

    Attributes
    ----------
    length, dimensions, sites : int
        L, d and N.
    control : str
        What varies.
    low, high : float
        The range of the control.
    groups : int
        G: groups of whole chains that errors rest on.
    temperature : float or None
        T; None where it is what varies, or is not known.
    """

    length: int
    dimensions: int
    sites: int
    control: str
    low: float
    high: float
    groups: int
    temperature: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """The observables."""

    @property
    def order_parameter(self) -> str | None:
        """Name of the first quantity."""

    @property
    def moduli(self) -> tuple[str, ...]:
        """Names of the helicity moduli whose jump is universal."""

    def curves(self, values: Array) -> dict[str, Array]:
        """Return every observable at values of the control, each (n, 1 + G): all chains, then without each group."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """What was recorded at one size, per condition.

    Attributes
    ----------
    length : int
        The linear size L.
    dimensions : int
        d: the sites grow with L^d.
    sites : int
        N.
    control : str
        What varies: ``"temperature"`` or a control of the model.
    values : ndarray, float64 (C,)
        Its values, ascending.
    temperature : ndarray, float64 (C,)
        T > 0 of each condition.
    line : Line
        By how much the sums' strengths over T change with the control.
    conjugate, rest : sequence of ndarray, each (chain, recording)
        D . S and what is left of -E / T, K_0 . S but for events, of each condition, totals.
    quantities : tuple of Averaged
        What fluctuates beside the energy, order parameters first.
    components : sequence of sequence of ndarray, each (d, chain, recording)
        For each condition the components of each quantity, per site.
    driven : bool
        Whether b D . S is a part of -E / T. Events are none whose strength varies: each has the energy -T.
    circle : int
        How many values lie round a circle and are turned by a symmetry, so that order may be lost by slow twists; 0
        where there is no such circle.
    """

    length: int
    dimensions: int
    sites: int
    control: str
    values: Array
    temperature: Array
    line: Line
    conjugate: Sequence[Array]
    rest: Sequence[Array]
    quantities: tuple[Averaged, ...]
    components: Sequence[Sequence[Array]]
    driven: bool = True
    circle: int = 0


class Scan:
    """Curves of every observable of one size between all simulated conditions, with and without each group of chains.

    Parameters
    ----------
    recorded : Recorded
        What was recorded; nothing of it is kept but sums over bins.

    Attributes
    ----------
    length, dimensions, sites, control
        As of `Recorded`.
    low, high : float
        The range of the control.
    groups : int
        G: groups of whole chains that errors rest on.
    memory : ndarray, float64 (C,)
        What chains still know of themselves after half of the recordings, see `soundness`.

    Raises
    ------
    InputError
        If there are fewer than 16 chains, or the histograms do not overlap.
    ContradictionError
        If the recordings cannot be those of the conditions they are said to be from.

    Notes
    -----
    A group holds the chains of the same numbers at all conditions. Replica exchange swaps configurations between
    temperatures lane by lane: chain c at one temperature is tied to chain c at all others, and to no chain of another
    number. So whole lanes, all temperatures of them, are what may be left out; leaving out the chains of each
    temperature on its own would count what they share as if it were independent.

    Memory: (1 + G) x moments x bins, some ten megabytes, whatever the number of recordings.
    """

    def __init__(self, recorded: Recorded) -> None:
        self.length, self.dimensions, self.sites = recorded.length, recorded.dimensions, recorded.sites
        self.control, self._line, self._quantities = recorded.control, recorded.line, recorded.quantities
        self._driven = recorded.driven
        self.low, self.high = float(recorded.values[0]), float(recorded.values[-1])
        self.temperature = float(recorded.temperature[0]) if recorded.control != "temperature" else None
        chains = len(recorded.conjugate[0])
        if chains < FEWEST_GROUPS:
            raise InputError(
                "chains", chains, f"errors rest on whole chains and need at least {FEWEST_GROUPS}",
                "Simulate with chains=64, which cost what one costs",
            )  # fmt: skip
        self.groups = min(chains, MOST_GROUPS)
        check_coherence(recorded)
        self.memory = memory(recorded)
        self.bins = bins_of(recorded.conjugate)
        if len(self.bins.values) == 1:
            raise InputError("control", repr(self.control), f"moves nothing that was recorded at L = {self.length}")
        self._offsets = self._measured_from(recorded)
        moments, counts, lengths = self._summed(recorded)
        means = np.array([[part.mean() - self.bins.centre] for part in recorded.conjugate])
        histogram = RowHistogram(self.bins.apart[:, None], csr_array(counts), lengths, means)  # type: ignore[arg-type]
        self._mixture = Mixture(histogram, self._line.drive(recorded.values)[:, None])
        # Whole, then without each group over the change of the density that its free energies make.
        whole = np.concatenate([counts.sum(axis=0)[None], moments.sum(axis=1)])
        each = np.concatenate([counts[None], moments]).transpose(1, 0, 2)
        self._table = np.empty((1 + self.groups, *whole.shape))
        self._table[0] = whole
        self._table[1:] = (whole - each) / self._mixture.change(slice(None)).T[:, None]

    @property
    def names(self) -> tuple[str, ...]:
        """The observables."""
        energies = ("energy", "specific_heat", "energy_cumulant" if self._by_temperature else RESPONSE)
        return (*energies, *(name for quantity in self._quantities for name in quantity.names))

    @property
    def order_parameter(self) -> str | None:
        """Name of the first order parameter."""
        return next((each.order.name for each in self._quantities if isinstance(each, Quantity)), None)

    @property
    def moduli(self) -> tuple[str, ...]:
        """Names of the helicity moduli."""
        return tuple(name for each in self._quantities if isinstance(each, Modulus) for name in each.names)

    def curves(self, values: Array) -> dict[str, Array]:
        """Return every observable at values of the control, each (n, 1 + G): all recordings, then without each group.

        Raises
        ------
        InputError
            If too few recordings count at one of them.
        """
        drive = self._line.drive(values)
        sums = self._sums(values, drive, self._table.reshape(-1, self._table.shape[-1]))
        sums = sums.reshape(len(values), 1 + self.groups, -1)
        means = np.moveaxis(sums[..., 1:] / sums[..., :1], -1, 0)
        temperature = values if self.temperature is None else np.full(len(values), self.temperature)
        found = self._observables(means, drive[:, None], temperature)
        if not self._by_temperature:
            first, second = (slope[:, None] for slope in self._line.slopes(values))
            dx, dxx = means[1], means[4]
            mean = dx + self._offsets[0][1]
            found[RESPONSE] = temperature[:, None] * (first**2 * self.sites * (dxx - dx**2) + second * mean)
        return found

    def distribution(self, values: Array, members: NDArray[np.float64]) -> Array:
        """Return the shares of sets of bins, (n, 1 + G, set), given which bin belongs to which, float64 (set, bin)."""
        weight = self._weights(values, self._line.drive(values))
        found = []
        for row in weight:
            weighed = row * self._table[:, 0]
            found.append(weighed @ members.T / weighed.sum(axis=1, keepdims=True))
        return np.array(found)

    def probabilities(self, values: Array) -> Array:
        """Return the distribution of the conjugate sum over its bins at values of the control, (n, bin)."""
        counts = self._mixture.counts
        log_weight = np.outer(self._line.drive(values), self.bins.apart) - self._mixture.density
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True)) * counts
        return np.asarray(weight / weight.sum(axis=1, keepdims=True))

    @property
    def energies(self) -> Array:
        """Energy per site of each bin, float64 (bin,); of a scan in temperature.

        Raises
        ------
        InputError
            If something else was varied, so that a bin has no one energy.
        """
        self.check_energies()
        return np.asarray(self._energy_scale * self.bins.values / self.sites)

    def check_energies(self) -> None:
        """Refuse a scan in which one bin holds several energies."""
        if not self._by_temperature:
            raise InputError("control", repr(self.control), "bins hold one energy each in scans in temperature alone")

    @property
    def _by_temperature(self) -> bool:
        return self.temperature is None

    @property
    def _energy_scale(self) -> float:
        """E = -T K . S over X."""
        return -self.low * float(self._line.drive(np.array([self.low]))[0])

    def _sums(self, values: Array, drive: Array, table: Array) -> Array:
        """Return weighted sums over bins (n, rows) of a table (rows, bin)."""
        return np.asarray(self._weights(values, drive) @ table.T)

    def _weights(self, values: Array, drive: Array) -> Array:
        """Return what each bin counts at values of the control, float64 (n, bin), but for a factor."""
        log_weight = np.outer(drive, self.bins.apart) - self._mixture.density
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        counts = self._mixture.counts
        effective = (weight @ counts) ** 2 / (weight**2 @ counts)
        worst = int(effective.argmin())
        if effective[worst] < self._mixture.fewest:
            raise InputError(
                self.control, f"{values[worst]:g} at L = {self.length}",
                f"only {effective[worst]:.0f} of {counts.sum():.0f} recordings would count "
                f"and {self._mixture.fewest:.0f} must",
                f"Stay within {self.low:g} to {self.high:g}, or simulate nearer to it",
            )  # fmt: skip
        return np.asarray(weight)

    def _measured_from(self, recorded: Recorded) -> list[Array]:
        """Return where sums and quantities are measured from, so that variances lose no digits."""
        middle = len(recorded.values) // 2
        firsts = [components[:, 0, 0] for components in recorded.components[middle]]
        y = float(recorded.rest[middle][0, 0]) / self.sites
        return [np.array([y, self.bins.centre / self.sites]),
                *(q.offset(first) for q, first in zip(self._quantities, firsts, strict=True))]  # fmt: skip

    def _summed(self, recorded: Recorded) -> tuple[Array, Array, Array]:
        """Return sums over bins: of moments (moment, group, bin), of ones (group, bin); and recordings (C, group)."""
        chains, bins = len(recorded.conjugate[0]), len(self.bins.values)
        edges = np.linspace(0, chains, self.groups + 1).astype(int)
        group = np.repeat(np.arange(self.groups), np.diff(edges))
        found, counts, lengths = None, np.zeros(self.groups * bins), []
        for x, y, components in zip(recorded.conjugate, recorded.rest, recorded.components, strict=True):
            place = (group[:, None] * bins + self.bins.of(x)).reshape(-1)
            rows = self._rows(x / self.sites, y / self.sites, components)
            if found is None:
                found = np.zeros((len(rows), self.groups * bins))
            for total, row in zip(found, rows, strict=True):
                total += np.bincount(place, weights=row.reshape(-1), minlength=self.groups * bins)
            counts += np.bincount(place, minlength=self.groups * bins)
            lengths.append(np.bincount(group, minlength=self.groups) * x.shape[1])
        assert found is not None
        shape = (self.groups, bins)
        return found.reshape(-1, *shape), counts.reshape(shape), np.array(lengths, dtype=np.float64)

    def _rows(self, x: Array, y: Array, components: Sequence[Array]) -> list[Array]:
        """Return the moments of one condition: what the energy is made of, its even powers, those of quantities."""
        (y0, x0), *offsets = self._offsets
        dx, dy = x - x0, y - y0
        rows = [dy, dx, dy**2, dx * dy, dx**2, x**2, x**4]
        for quantity, values, offset in zip(self._quantities, components, offsets, strict=True):
            rows += quantity.row(values, offset[:, None, None])
        return rows

    def _observables(self, means: Array, b: Array, temperature: Array) -> dict[str, Array]:
        """Return the observables (n, 1 + G) from average moments (moment, n, 1 + G)."""
        dy, dx, dyy, dxy, dxx, square, fourth = means[:7]
        (y0, x0), *offsets = self._offsets
        t = temperature[:, None]
        # E / N = -T (y + b x).
        b = b if self._driven else 0.0 * b
        e, ee = -t * (dy + b * dx), t**2 * (dyy + 2.0 * b * dxy + b**2 * dxx)
        n = len(temperature)
        at = [-temperature * (y0 + b[:, 0] * x0), *(np.repeat(o[:, None], n, axis=1) for o in offsets)]
        statistic = thermodynamics(self._quantities, at, temperature, self.sites)
        found = statistic(np.concatenate([e[None], ee[None], means[7:]]))
        if self._by_temperature:
            with np.errstate(divide="ignore", invalid="ignore"):
                found["energy_cumulant"] = 1.0 - fourth / (3.0 * square**2)
        return found


def check_names(names: Mapping[str, object] | Sequence[str], wanted: str) -> None:
    """Refuse an observable that is not there."""
    from spinlens.errors import did_you_mean

    if wanted not in names:
        raise InputError("observable", repr(wanted), "was not recorded at every size", did_you_mean(wanted, names))
