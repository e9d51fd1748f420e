"""From the conditions that were simulated to others: single- and multi-histogram reweighting in any control."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, NoOverlapError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.fluctuations import Averaged, thermodynamics
from spinlens.statistics.histogram import count_rows
from spinlens.statistics.jackknife import jackknife_parts
from spinlens.statistics.mixture import Mixture
from spinlens.statistics.observables import averaged
from spinlens.statistics.recordings import Recordings, recordings

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Estimates = Callable[[Array], dict[str, Array]]


class MultiHistogram:
    """Several simulated conditions as one data set that answers for the conditions between them.

    Parameters
    ----------
    source : ensemble or mapping of str to array, shape (..., chain, recording)
        Exact totals by their names; they are counted group by group and not kept. An ensemble needs nothing else.
    model, lattice, temperature, **controls
        Of a mapping, see `spinlens.statistics.observables`.

    Attributes
    ----------
    series : tuple of str
        The sums that are kept: those that the energy depends on at any controls, and those of the order parameters.
    temperature : ndarray, float64 (C,)
        T of each simulated condition.
    controls : dict of str to ndarray, float64 (C,)
        The same of the controls.

    Raises
    ------
    InputError
        If the shapes do not fit together, sums are no whole numbers, or the histograms do not overlap.

    Examples
    --------
    >>> between = MultiHistogram(ensemble)  # doctest: +SKIP
    >>> between.observables(temperature=[2.26, 2.27, 2.28], field=0.01).binder_cumulant  # doctest: +SKIP
    >>> temperatures = np.linspace(2.2, 2.4, 41)
    >>> def peak(o):
    ...     return temperatures[np.argmax(o["specific_heat"])]
    >>> print(between.jackknife(peak, temperature=temperatures))  # doctest: +SKIP
    2.2902(31)

    Notes
    -----
    Memory: the different rows of sums that occur, which never take more than the recordings did, their counts in at
    most 32 groups, and up to 256 MiB of weights without each group, so that further calls are quick. See
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
        _one_sample(found)
        self.series = _needed(found)
        histogram = count_rows([found.sums[name] for name in self.series])
        # The arrays themselves are done with.
        self._found = replace(found, sums=dict.fromkeys(self.series))
        factors = [self._factors(float(t), found.controls_at(c)) for c, t in enumerate(self.temperature)]
        self._mixture = Mixture(histogram, np.stack(factors))

    @classmethod
    def from_ensemble(cls, ensemble: Any) -> MultiHistogram:
        """Return the histogram of all conditions of an ensemble."""
        return cls(ensemble)

    @property
    def groups(self) -> int:
        """Groups of chains, or of stretches of time, that the errors rest on."""
        return self._mixture.groups

    def __repr__(self) -> str:
        """Return one line."""
        axes = {"T": self.temperature, **self.controls}
        shown = [
            f"{name} = {v.min():g}" + (f" to {v.max():g}" if np.ptp(v) > 0 else "") for name, v in axes.items()
        ]  # fmt: skip
        return (
            f"<MultiHistogram: {self.model.text}, {self.lattice.text}, {len(self.temperature)} conditions, "
            f"{', '.join(shown)}, {self._mixture.recordings.sum():.0f} recordings in {len(self._mixture.counts)} rows>"
        )

    @property
    def log_z(self) -> tuple[Estimate, ...]:
        """(ln Z - ln Z of the first condition) / N at each simulated condition, in their order."""
        sites = self.lattice.sites
        return tuple(Estimate(z / sites, e / sites) for z, e in zip(*self._mixture.log_z(), strict=True))

    def observables(self, *, temperature: Any, **controls: Any) -> xr.Dataset:
        """Estimate the thermodynamics of other conditions.

        Parameters
        ----------
        temperature : float or array
            T > 0, simulated or not.
        **controls : float or array
            Any of the model's controls, also those that were never varied. One that is left out has the value of all
            simulated conditions where that is one, else the model's default.

        Returns
        -------
        xarray.Dataset
            As `spinlens.statistics.observables`, over the controls and temperatures that were given as arrays;
            ``log_z`` (ln Z here - ln Z at the first simulated condition) / N; and ``effective_recordings``,
            (sum of weights)^2 / (sum of their squares): recordings that count, autocorrelation not considered.

        Raises
        ------
        InputError
            If a condition lies outside of what was simulated: fewer than 100 recordings count there, or fewer
            than one in a hundred of the recordings of a condition.
        """
        import xarray as xr

        axes = self._axes(temperature, controls)
        found = [
            {
                **jackknife_parts(estimates, sums[:, None, 0], sums[:, None, 1:]),
                "effective_recordings": np.array([size]),
            }
            for estimates, sums, size in self._points(axes)
        ]
        dims, shape = _laid_out(axes)
        variables = {name: (dims, np.concatenate([part[name] for part in found]).reshape(shape)) for name in found[0]}
        return self._found.labelled(xr.Dataset(variables, coords=axes))

    def samples(self, *, temperature: Any, **controls: Any) -> xr.Dataset:
        """Return the observables without each group of chains: the samples of a jackknife.

        Parameters
        ----------
        temperature, **controls
            As `observables`.

        Returns
        -------
        xarray.Dataset
            As `observables` without errors, over a first dimension ``sample`` of length 1 + G: all recordings, then all
            but each group. The squared standard error of anything worked out from them is (G - 1) / G times the sum of
            squared deviations of the last G from their mean; those of independent histograms add.
        """
        import xarray as xr

        axes = self._axes(temperature, controls)
        found = [estimates(sums[:, None]) for estimates, sums, _ in self._points(axes)]
        dims, shape = _laid_out(axes)
        stacked = {name: np.concatenate([part[name] for part in found]).T for name in found[0]}
        variables = {name: (("sample", *dims), v.reshape(-1, *shape)) for name, v in stacked.items()}
        # Quenched samples are others: there is one of them here.
        axes.pop("sample", None)
        return self._found.labelled(xr.Dataset(variables, coords=axes))

    def jackknife(self, function: Callable[[Mapping[str, Array]], Any], *, temperature: Any, **controls: Any) -> Any:
        """Estimate whatever follows from observables, with its error: a slope, a crossing, the place of a peak.

        Parameters
        ----------
        function : callable
            From observables by name, each an array over the temperatures (and controls) that were given as arrays, to a
            number, or to numbers by name. It is called once for all recordings and once without each group.
        temperature, **controls
            As `observables`.

        Returns
        -------
        Estimate or dict of str to Estimate
            The value with its bias of first order in the number of groups taken out, and its standard error.
        """
        samples = self.samples(temperature=temperature, **controls)
        columns = {str(name): array.values for name, array in samples.items()}
        answers = [function({n: v[k] for n, v in columns.items()}) for k in range(samples.sizes["sample"])]
        named = isinstance(answers[0], Mapping)
        rows = [answer if named else {"value": answer} for answer in answers]
        values = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
        found = jackknife_parts(
            lambda each: dict(zip(values, each, strict=True)),
            np.stack([v[0] for v in values.values()]), np.stack([v[1:] for v in values.values()]),
        )  # fmt: skip
        estimates = {name: Estimate(float(found[name]), float(found[f"{name}_error"])) for name in values}
        return estimates if named else estimates["value"]

    def _axes(self, temperature: Any, controls: Mapping[str, Any]) -> dict[str, Any]:
        """Return values of controls, then of the temperature, each a number or an array (n,)."""
        single = {name: float(v[0]) for name, v in self.controls.items() if np.ptp(v) == 0}
        named = self.model.values_of_controls({**single, **controls})
        quenched = self.model.quenched
        if quenched and np.any(np.asarray(named[quenched]) != self.controls[quenched][0]):
            simulated = f"{self.controls[quenched][0]:g} was simulated, which says nothing of other terms"
            raise InputError(quenched, named[quenched], simulated, "Ask for that one")
        return {name: _checked(name, values) for name, values in {**named, "temperature": temperature}.items()}

    def _points(self, axes: Mapping[str, Any]) -> Iterator[tuple[Estimates, Array, float]]:
        """Yield, for each point of a grid, the function from weighted sums to observables, the sums, and their weight.

        The sums are float64 (1 + moment, 1 + group), the first of ones.
        """
        *controls, temperatures = (np.atleast_1d(values).tolist() for values in axes.values())
        columns = dict(zip(self.series, self._mixture.histogram.rows.T, strict=True))
        for values in product(*controls):
            at = dict(zip(list(axes)[:-1], values, strict=True))
            resting = np.asarray(self.model.energy_total(self.lattice, columns, temperature=0.0, **at))
            resting = np.broadcast_to(resting, self._mixture.counts.shape)
            events = sum((columns[term.name] for term in self.model.tables(self.lattice).kinks), np.zeros(1))
            wanted = averaged(self._found, at)
            components = [quantity.values(columns, self.lattice.sites) for quantity in wanted]
            for t in temperatures:
                energy = resting - t * events
                weight, top = self._mixture.weight(self._factors(t, at))
                size = self._mixture.effective(weight)
                self._check_overlap(size, {"temperature": t, **at})
                yield *self._moments(energy, weight, top, t, list(zip(wanted, components, strict=True))), size

    def _moments(
        self, energy: Array, weight: Array, top: float, temperature: float, orders: list[tuple[Averaged, Array]]
    ) -> tuple[Estimates, Array]:
        share = self._mixture.counts * weight
        share /= share.sum()
        e = energy / self.lattice.sites
        offsets, rows = [np.atleast_1d(share @ e)], [np.ones_like(e)]
        e = e - offsets[0]
        rows += [e, e**2]
        for quantity, values in orders:
            offset = quantity.average(values, share)
            offsets.append(offset)
            rows += quantity.row(values, offset)
        sites = self.lattice.sites
        statistic = thermodynamics([quantity for quantity, _ in orders], offsets, np.array([temperature]), sites)

        def estimates(sums: Array) -> dict[str, Array]:
            # The weights were divided by exp(top).
            return {**statistic(sums[1:] / sums[0]), "log_z": (np.log(sums[0]) + top) / sites}

        return estimates, self._mixture.sums(weight, rows)

    def _check_overlap(self, effective: float, condition: Mapping[str, float]) -> None:
        recordings = self._mixture.recordings
        fewest = self._mixture.fewest
        if effective < fewest:
            raise InputError(
                ", ".join(condition), tuple(condition.values()),
                f"is outside of what was simulated, only {effective:.0f} of {recordings.sum():.0f} recordings "
                f"would count and {fewest:.0f} must", "Simulate nearer to it, or longer",
            )  # fmt: skip

    def _factors(self, temperature: float, controls: Mapping[str, float]) -> Array:
        """Return K of the sums that are kept."""
        factors = self.model.factors(self.lattice, temperature=temperature, **controls)
        named = dict(zip(self.model.tables(self.lattice).names, factors, strict=True))
        return np.array([named[name] for name in self.series])


def reweight(
    source: Any, *, to: Mapping[str, Any], model: Any = None, lattice: Any = None, temperature: Any = None,
    **controls: Any,
) -> xr.Dataset:  # fmt: skip
    """Estimate the thermodynamics of a condition from the recordings of others nearby.

    Parameters
    ----------
    source, model, lattice, temperature, **controls
        What was recorded where, see `spinlens.statistics.observables`.
    to : mapping of str to float or array
        The temperature and controls where the answer is wanted; what is left out stays as it was recorded.

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
    single = {"temperature": float(several.temperature[0])} if np.ptp(several.temperature) == 0 else {}
    target = {**single, **to}
    if "temperature" not in target:
        raise InputError("to", dict(to), "lacks the temperature", "For example to={'temperature': 2.3}")
    return several.observables(**target)


def _one_sample(found: Recordings) -> None:
    """Refuse conditions whose terms are different sums of the same names."""
    quenched = found.model.quenched
    if quenched and np.ptp(found.controls[quenched]) > 0:
        numbers = found.controls[quenched]
        raise NoOverlapError(
            quenched, f"{numbers.min():g} to {numbers.max():g}",
            "have different terms, and histograms with nothing in common", "Take the recordings of one of them",
        )  # fmt: skip


def _needed(found: Recordings) -> tuple[str, ...]:
    """Return the sums that the energy depends on at some controls, and those of order parameters and moduli."""
    model, lattice = found.model, found.lattice
    names = model.tables(lattice).names
    # No control is zero here, and no two cancel.
    somewhere = {name: 0.5 + 0.1 * np.sqrt(2.0 + k) for k, name in enumerate(model.controls)}
    active = {name for name, s in zip(names, model.strengths(lattice, **somewhere), strict=True) if s != 0}
    measured = [order.series for order in found.order_parameters.values()] + [s.series for s in found.stiffnesses]
    wanted = active | {name for series in measured for name in series}
    for name in sorted(active - set(found.sums)):
        raise InputError("sums", sorted(found.sums), f"lack {name!r}, on which the energy depends")
    return tuple(name for name in names if name in wanted)


def _checked(name: str, values: Any) -> Any:
    """Return a finite number, or an array of them (n,)."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(name, repr(values)[:60], "must be a number or a list of numbers") from None
    wrong = np.atleast_1d(array)[np.atleast_1d(~np.isfinite(array) | (array <= 0 if name == "temperature" else False))]
    if wrong.size:
        why = "must be > 0 (k_B = 1, units of abs(J))" if name == "temperature" else "must be a finite number"
        raise InputError(name, float(wrong[0]), why)
    if array.ndim > 1 or array.size == 0:
        raise InputError(f"{name}.shape", array.shape, "must be one number or a list of numbers")
    return array if array.ndim else float(array)


def _laid_out(axes: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return names and lengths of the axes that are arrays."""
    long = {name: len(values) for name, values in axes.items() if np.ndim(values)}
    return tuple(long), tuple(long.values())
