"""One size over a range of a control without energies: moments at every condition, smoothed over the control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.models import OrderParameter
from spinlens.statistics.fluctuations import Quantity
from spinlens.statistics.histogram import MOST_GROUPS
from spinlens.statistics.jackknife import FEWEST_GROUPS
from spinlens.statistics.smoothing import check_points, smoothing_splines

Array = NDArray[np.float64]


class SmoothScan:
    """Curves of observables of draws between the conditions, with and without each group of chains.

    Parameters
    ----------
    length : int
        The linear size L.
    control : str
        What varies.
    values : array, float (C,)
        Its values, ascending, at least 7.
    observables : mapping of str to array, float (C, chain, draw) or (C, chain, draw, d)
        Numbers, or vectors, of each draw, per site. The first is the order parameter.
    dimensions : int
        d: the sites grow with L^d.
    sites : int, optional
        N; by default L^d.

    Attributes
    ----------
    length, dimensions, sites, control
        As given.
    low, high : float
        The range of the control.
    groups : int
        G: groups of whole chains that errors rest on.

    Raises
    ------
    InputError
        If shapes do not fit, numbers are not finite, or there are fewer than 16 chains or 7 conditions.

    Notes
    -----
    What `spinlens.statistics.scaling.Scan` answers by reweighting, this answers by interpolation: no sum that a
    temperature acts on is known, so that a condition says nothing of its neighbours but that curves are smooth. Every
    observable is estimated at each condition, from all chains and without each group of them; a smoothing spline
    runs through the estimates, whose stiffness the estimates themselves ask for by restricted maximum likelihood, see
    `spinlens.statistics.smoothing.smoothing_splines`. It is linear in the estimates and the same for all groups, so a
    jackknife of whatever follows from the curves is right, but for the bias of the smoothing: where a curve bends
    within fewer than about three conditions nothing is known of the bend, and no error says so.

    Susceptibilities are N var(m) / T where the control is the temperature, and N var(m) where it is another one.
    """

    def __init__(
        self, length: int, control: str, values: Any, observables: Mapping[str, Any], *, dimensions: int,
        sites: int | None = None,
    ) -> None:  # fmt: skip
        self.length, self.dimensions, self.control = int(length), int(dimensions), control
        self.sites = int(sites) if sites else self.length**self.dimensions
        self.temperature: float | None = None
        self._values = np.asarray(values, dtype=np.float64)
        self._quantities, self._estimates, self._splines = [], {}, {}  # type: ignore[var-annotated]
        check_points(self._values, control)
        self.low, self.high = float(self._values[0]), float(self._values[-1])
        if not observables:
            raise InputError("observables", {}, "must hold one at least")
        chains = {np.shape(array)[1] for array in observables.values() if np.ndim(array) >= 3}
        if len(chains) != 1 or (few := min(chains)) < FEWEST_GROUPS:
            got = sorted(chains) if len(chains) != 1 else few
            raise InputError(
                "chains", got, f"errors rest on whole chains, the same of every observable, at least {FEWEST_GROUPS}",
                "Simulate with chains=64, which cost what one costs",
            )  # fmt: skip
        self.groups = min(few, MOST_GROUPS)
        for place, (name, array) in enumerate(observables.items()):
            self._estimate(name, f"{name}_" if place else "", array)

    @property
    def names(self) -> tuple[str, ...]:
        """The observables."""
        return tuple(self._estimates)

    @property
    def order_parameter(self) -> str:
        """Name of the first quantity."""
        return str(self._quantities[0].order.name)

    @property
    def moduli(self) -> tuple[str, ...]:
        """None: no current is known."""
        return ()

    def curves(self, values: Array) -> dict[str, Array]:
        """Return every observable at values of the control, each (n, 1 + G): all chains, then without each group.

        Raises
        ------
        InputError
            If one of them lies outside of what was simulated.
        """
        at = np.asarray(values, dtype=np.float64)
        outside = (at < self.low - 1e-9 * abs(self.low)) | (at > self.high + 1e-9 * abs(self.high))
        if outside.any():
            raise InputError(
                self.control, float(at[outside][0]), f"lies outside of what was simulated at L = {self.length}",
                f"Stay within {self.low:g} to {self.high:g}",
            )  # fmt: skip
        return {name: self._curve(name, at) for name in self._estimates}

    def _curve(self, name: str, at: Array) -> Array:
        estimates = self._estimates[name]
        # A variance may grow a thousandfold towards its peak: its logarithm bends as evenly as a cumulant does.
        positive = bool((estimates > 0).all())
        if name not in self._splines:
            smoothed = np.log(estimates) if positive else estimates
            error = np.sqrt((self.groups - 1) * smoothed[1:].var(axis=0))
            self._splines[name] = smoothing_splines(self._values, smoothed, error, known=True)
        found = np.asarray(self._splines[name](at)).T
        return np.exp(found) if positive else found

    def _estimate(self, name: str, prefix: str, array: Any) -> None:
        """Estimate what follows from the moments of one observable at each condition, (1 + G, C) each."""
        numbers = np.asarray(array, dtype=np.float64)
        expected = (len(self._values), "chain", "draw")
        if numbers.ndim not in (3, 4) or len(numbers) != len(self._values):
            raise InputError(
                f"observables[{name!r}].shape", numbers.shape, f"must be {expected}, with an axis more for a vector"
            )
        if not np.isfinite(numbers).all():
            raise InputError(f"observables[{name!r}]", f"L = {self.length}", "holds numbers that are not finite")
        components = np.moveaxis(numbers[..., None] if numbers.ndim == 3 else numbers, -1, 0)
        order = OrderParameter(name, (name,), np.ones((len(components), 1)), np.zeros(len(components)))
        quantity = Quantity(order, prefix, vanishes=False)
        self._quantities.append(quantity)
        edges = np.linspace(0, numbers.shape[1], self.groups + 1).astype(int)
        counts = np.diff(edges).astype(np.float64)
        temperature = self._values if self.control == "temperature" else np.ones(len(self._values))
        rows = []
        for k, t in enumerate(temperature):
            here = components[:, k]
            offset = quantity.offset(here[:, 0, 0])
            moments = np.stack([row.mean(axis=-1) for row in quantity.row(here, offset[:, None, None])])
            sums = np.add.reduceat(moments, edges[:-1], axis=-1)
            without = (sums.sum(axis=-1, keepdims=True) - sums) / (counts.sum() - counts)
            means = np.concatenate([sums.sum(axis=-1, keepdims=True) / counts.sum(), without], axis=-1)
            rows.append(quantity.estimates(means, offset[:, None], self.sites, np.array(t)))
        found = {key: np.array([row[key] for row in rows]).T for key in rows[0]}
        # The cumulant of what is zero throughout is no number.
        self._estimates |= {key: each for key, each in found.items() if np.isfinite(each).all()}
