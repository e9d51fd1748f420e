"""From the conditions that were simulated to others: single- and multi-histogram reweighting in any control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.fluctuations import thermodynamics
from spinlens.statistics.free_energies import blocks, leave_one_out, responsibilities, solve
from spinlens.statistics.histogram import count_rows
from spinlens.statistics.jackknife import jackknife_parts
from spinlens.statistics.observables import quantities
from spinlens.statistics.recordings import Recordings, recordings

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

FEWEST_EFFECTIVE = 100.0
"""Recordings that must be left, in effect, after they were weighted."""

SMALLEST_SHARE = 0.01
"""The same as a share of the recordings of a condition. A histogram that ends before the wanted distribution does
puts nearly all weight on its last, rarely visited rows, which is what this notices."""

KEPT = 1 << 26
"""Numbers of rows times groups that are kept between calls; beyond they are worked out anew, block by block."""


class MultiHistogram:
    """Several simulated conditions as one data set that answers for the conditions between them.

    Parameters
    ----------
    source : ensemble or mapping of str to array, shape (..., chain, recording)
        Exact totals by their names; they are counted group by group and not kept. An ensemble needs nothing else.
    model, lattice, temperature, **controls
        Of a mapping, see `spinlens.statistics.observables`.

    Raises
    ------
    InputError
        If the shapes do not fit together, sums are no whole numbers, or the histograms do not overlap.

    Examples
    --------
    >>> between = MultiHistogram(ensemble)  # doctest: +SKIP
    >>> between.observables(temperature=[2.26, 2.27, 2.28]).energy.values  # doctest: +SKIP
    >>> between.jackknife(lambda o: o["binder_cumulant"][1] - o["binder_cumulant"][0], temperature=[2.2, 2.3])  # doctest: +SKIP

    Notes
    -----
    Kept are the rows of sums that occur, their counts in at most 32 groups, and one number a row; see
    `spinlens.statistics.free_energies.solve` for the equations. Errors are those of a jackknife over groups, each of
    which is left out at all conditions at once and the free energies adjusted, so that they know of autocorrelation, of
    replica exchange and of the free energies' own errors.
    """

    def __init__(
        self, source: Any, *, model: Any = None, lattice: Any = None, temperature: Any = None, **controls: Any
    ) -> None:
        found = recordings(source, model=model, lattice=lattice, temperature=temperature, **controls)
        self.model, self.lattice = found.model, found.lattice
        self.temperature, self.controls = found.temperature, found.controls
        self._found = found
        self.series = _needed(found)
        self._histogram = count_rows([found.sums[name] for name in self.series])
        # The arrays themselves are done with.
        self._found = Recordings(
            found.model, found.lattice, dict.fromkeys(self.series), found.temperature, found.controls,
            found.dimensions, found.coordinates, found.shape,
        )  # fmt: skip
        self._recordings = self._histogram.recordings.sum(axis=1)
        self._strengths = np.stack([self._strength(found.controls_at(c)) for c in range(len(self.temperature))])
        means = -(self._strengths @ self._histogram.means.T) / self.temperature[:, None]
        self._free = solve(self._histogram, self._exponents, means)
        self._ratio = leave_one_out(self._histogram, self._exponents, self._free)
        self._counts = np.asarray(self._histogram.counts.sum(axis=0)).reshape(-1)
        self._density = np.empty(len(self._counts))
        for here in blocks(len(self._counts), len(self._free)):
            _, self._density[here] = responsibilities(self._free, self._recordings, self._exponents(here))
        self._without: Array | None = None

    @classmethod
    def from_ensemble(cls, ensemble: Any) -> MultiHistogram:
        """Return the histogram of all conditions of an ensemble."""
        return cls(ensemble)

    @property
    def groups(self) -> int:
        """Groups of chains, or of stretches of time, that the errors rest on."""
        return int(self._ratio.shape[1])

    def __repr__(self) -> str:
        """Return one line."""
        t = self.temperature
        return (
            f"<MultiHistogram: {self.model.text}, {self.lattice.text}, {len(t)} conditions, T = {t.min():g} to "
            f"{t.max():g}, {self._recordings.sum():.0f} recordings in {len(self._counts)} rows>"
        )

    @property
    def log_z(self) -> tuple[Estimate, ...]:
        """(ln Z - ln Z of the first condition) / N at each simulated condition, in their order."""
        total = self._recordings[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.log(self._ratio * total / (total - self._histogram.recordings))
        shift = shift - shift[0]
        error = np.sqrt((self.groups - 1) / self.groups * ((shift - shift.mean(1, keepdims=True)) ** 2).sum(1))
        error = error if self.groups > 1 else np.full(len(self._free), np.nan)
        error[0] = 0.0
        sites = self.lattice.sites
        return tuple(Estimate(0.0 - f / sites, e / sites) for f, e in zip(self._free, error, strict=True))

    def observables(self, *, temperature: Any, **controls: float) -> xr.Dataset:
        """Estimate the thermodynamics of other conditions.

        Parameters
        ----------
        temperature : float or array
            T > 0, simulated or not.
        **controls : float
            Any of the model's controls, also those that were never varied; the model's default where left out.

        Returns
        -------
        xarray.Dataset
            As `spinlens.statistics.observables`, over the temperatures where there are several; ``log_z``
            (ln Z here - ln Z at the first simulated condition) / N; and ``effective_recordings``,
            (sum of weights)^2 / (sum of their squares): recordings that count, autocorrelation not considered.

        Raises
        ------
        InputError
            If a condition lies outside of what was simulated: fewer than 100 recordings count there, or fewer
            than one in a hundred of the recordings of a condition.
        """
        import xarray as xr

        temperatures, at = _target(temperature), self.model.values_of_controls(controls)
        found = [self._estimates(t, at) for t in temperatures]
        dims, shape = (("temperature",), (-1,)) if np.ndim(temperature) else ((), ())
        names = [order.name for order in self._found.order_parameters]
        return xr.Dataset(
            {name: (dims, np.concatenate([part[name] for part in found]).reshape(shape)) for name in found[0]},
            coords={"temperature": temperatures if dims else float(temperatures[0]), **at},
            attrs={"order_parameter": names[0]} if names else {},
        )

    def jackknife(
        self, function: Callable[[Mapping[str, Array]], Any], *, temperature: Any, **controls: float
    ) -> Estimate:
        """Estimate any one number that follows from observables, with its error.

        Parameters
        ----------
        function : callable
            From observables by name, each float64 (temperatures,), to a number: a slope, a crossing, the place of a
            peak. It is called once for all recordings and once without each group.
        temperature, **controls
            As `observables`.

        Returns
        -------
        Estimate
            The value with its bias of first order in the number of groups taken out, and its standard error.
        """
        temperatures, at = _target(temperature), self.model.values_of_controls(controls)
        parts = [self._moments(t, at) for t in temperatures]
        columns = [estimates(sums[:, None]) for estimates, sums in parts]
        names = columns[0]
        values = [
            float(function({name: np.array([column[name][0, group] for column in columns]) for name in names}))
            for group in range(parts[0][1].shape[1])
        ]
        whole, without = np.array(values[:1]), np.array(values[1:])
        found = jackknife_parts(lambda v: {"value": v[0]}, whole[None], without[None, None])
        return Estimate(found["value"][0], found["value_error"][0])

    def _strength(self, controls: Mapping[str, float]) -> Array:
        """Return the strengths of the sums that are kept."""
        named = dict(zip(self.model.tables(self.lattice).names, self.model.strengths(self.lattice, **controls), strict=True))
        return np.array([named[name] for name in self.series])

    def _exponents(self, here: slice) -> Array:
        return -(self._strengths @ self._histogram.rows[here].T) / self.temperature[:, None]

    def _estimates(self, temperature: float, controls: Mapping[str, float]) -> dict[str, Array]:
        estimates, sums = self._moments(temperature, controls)
        found = jackknife_parts(estimates, sums[:, None, 0], sums[:, None, 1:])
        return {**found, "effective_recordings": np.array([self._effective(temperature, controls)])}

    def _weight(self, temperature: float, controls: Mapping[str, float]) -> tuple[Array, Array, float]:
        """Return energies per site of the rows, the weight of one recording of each, and ln of what it was divided by."""
        energy = -(self._histogram.rows @ self._strength(controls))
        log_weight = -energy / temperature - self._density
        top = float(log_weight.max())
        return energy / self.lattice.sites, np.exp(log_weight - top), top

    def _effective(self, temperature: float, controls: Mapping[str, float]) -> float:
        _, weight, _ = self._weight(temperature, controls)
        return float((self._counts @ weight) ** 2 / (self._counts @ weight**2))

    def _moments(self, temperature: float, controls: Mapping[str, float]) -> tuple[Callable[[Array], dict[str, Array]], Array]:
        """Return weighted sums (1 + moment, 1 + group), the first of ones, and the function from them to observables."""
        e, weight, top = self._weight(temperature, controls)
        effective = self._effective(temperature, controls)
        fewest = max(FEWEST_EFFECTIVE, SMALLEST_SHARE * float(self._recordings.mean()))
        if effective < fewest:
            shown = {"temperature": temperature, **controls}
            raise InputError(
                ", ".join(shown), tuple(shown.values()),
                f"is outside of what was simulated, only {effective:.0f} of {self._recordings.sum():.0f} recordings "
                f"would count and {fewest:.0f} must", "Simulate nearer to it, or longer",
            )  # fmt: skip
        wanted = quantities(self._found, controls)
        columns = dict(zip(self.series, self._histogram.rows.T, strict=True))
        total = self._counts * weight
        share = total / total.sum()
        offsets, rows = [np.atleast_1d(share @ e)], [np.ones_like(e)]
        e = e - offsets[0]
        rows += [e, e**2]
        for quantity in wanted:
            values = quantity.order.values(columns, self.lattice.sites).T
            sizes = np.linalg.norm(values, axis=0)
            offset = np.append(values @ share, sizes @ share)[:, None]
            offsets.append(offset)
            rows += quantity.row(values, offset)
        sites = self.lattice.sites
        statistic = thermodynamics(wanted, offsets, np.array([temperature]), sites)

        def estimates(sums: Array) -> dict[str, Array]:
            # The weights were divided by exp(top).
            return {**statistic(sums[1:] / sums[0]), "log_z": (np.log(sums[0]) + top) / sites}

        return estimates, self._sums(weight, total, rows)

    def _sums(self, weight: Array, total: Array, rows: list[Array]) -> Array:
        """Return weighted sums (row, 1 + group): of everything, then without each group."""
        sums = np.zeros((len(rows), 1 + self.groups if self.groups > 1 else 1))
        for here in blocks(len(weight), max(len(self._free), self.groups)):
            table = np.stack([values[here] for values in rows])
            sums[:, 0] += table @ total[here]
            if self.groups > 1:
                sums[:, 1:] += table @ (weight[here, None] * self._rest(here))
        return sums

    def _rest(self, here: slice) -> Array:
        """Return what is left of the counts of some rows without each group, over the change of density, (row, group)."""
        if self._without is None and len(self._counts) * self.groups <= KEPT:
            self._without = np.concatenate(
                [self._worked_out(part) for part in blocks(len(self._counts), max(len(self._free), self.groups))]
            )
        return self._worked_out(here) if self._without is None else self._without[here]

    def _worked_out(self, here: slice) -> Array:
        share, _ = responsibilities(self._free, self._recordings, self._exponents(here))
        rest = self._counts[here, None] - self._histogram.counts[:, here].toarray().T
        return np.asarray(rest / (share @ self._ratio))


def reweight(
    source: Any, *, to: Mapping[str, float], model: Any = None, lattice: Any = None, temperature: Any = None,
    **controls: Any,
) -> xr.Dataset:  # fmt: skip
    """Estimate the thermodynamics of a condition from the recordings of others nearby.

    Parameters
    ----------
    source, model, lattice, temperature, **controls
        What was recorded where, see `spinlens.statistics.observables`.
    to : mapping of str to float
        The temperature and controls where the answer is wanted.

    Returns
    -------
    xarray.Dataset
        As `MultiHistogram.observables`.

    Raises
    ------
    InputError
        If the shapes do not fit together, sums are no whole numbers, or too few recordings count there.

    References
    ----------
    A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 61, 2635 (1988), doi:10.1103/PhysRevLett.61.2635.
    """
    several = MultiHistogram(source, model=model, lattice=lattice, temperature=temperature, **controls)
    return several.observables(**dict(to))


def _needed(found: Recordings) -> tuple[str, ...]:
    """Return the sums that the energy depends on at some controls, and those of the order parameters."""
    model, lattice = found.model, found.lattice
    names = model.tables(lattice).names
    # No control is zero here, and no two cancel.
    somewhere = {name: 0.5 + 0.1 * np.sqrt(2.0 + k) for k, name in enumerate(model.controls)}
    active = {name for name, s in zip(names, model.strengths(lattice, **somewhere), strict=True) if s != 0}
    wanted = active | {name for order in found.order_parameters for name in order.series}
    for name in sorted(active - set(found.sums)):
        raise InputError("sums", sorted(found.sums), f"lack {name!r}, on which the energy depends")
    return tuple(name for name in names if name in wanted)


def _target(temperature: Any) -> Array:
    values = np.atleast_1d(np.asarray(temperature, dtype=np.float64))
    for value in values.ravel():
        if not (np.isfinite(value) and value > 0):
            raise InputError("temperature", float(value), "must be > 0 (k_B = 1, units of abs(J))")
    if values.ndim != 1:
        raise InputError("temperature.shape", values.shape, "must be one number or a list of numbers")
    return values
