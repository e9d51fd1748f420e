"""Crossover lines with a meaning: where configurations tell most of a control, learned beside what the terms say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.phases.ceilings import information_matrix
from spinlens.phases.ridge import vertex
from spinlens.statistics import Estimate, Indicator
from spinlens.statistics.smoothing import FINER, smoothing_splines

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


def ridge_of(indicator: Indicator) -> Estimate:
    """Return where an indicator is highest, read between its points.

    Parameters
    ----------
    indicator : Indicator
        At 7 points or more.

    Returns
    -------
    Estimate
        The top of a smoothing spline through each training's curve. The error has the chains' part, from leaving out
        groups of them, and the spread between trainings. NaN where the curves of more than half of the trainings are
        highest at an end, with or without some group.
    """
    at, places = indicator.at, []
    fine = np.interp(np.arange((len(at) - 1) * FINER + 1) / FINER, np.arange(len(at)), at)
    for samples in indicator.samples:
        # The noise of a variance is proportional to it; that of its logarithm is even. Where a curve reaches zero the
        # curve itself is taken.
        rows = np.log(samples) if (samples > 0).all() else samples
        error = np.sqrt((len(rows) - 2) * rows[1:].var(axis=0))
        places.append(vertex(fine, smoothing_splines(at, rows, error, known=True)(fine)))
    found = np.array([each for each in places if np.isfinite(each).all()])
    if 2 * len(found) < len(places) or not len(found):
        return Estimate(np.nan, np.nan)
    mean = found.mean(axis=0)
    chains = np.sqrt((mean.size - 2) * mean[1:].var())
    between = float(found[:, 0].std(ddof=1)) if len(found) > 1 else 0.0
    return Estimate(float(mean[0]), float(np.hypot(chains, between)))


def information_ridges(
    ensemble: Any, learned: Sequence[Indicator] = (), *, across: str = "field", **fixed: float
) -> xr.Dataset:
    """Find the ridges of the Fisher information over temperature, at each value of another control.

    Parameters
    ----------
    ensemble : Ensemble
        Over temperature and the other control.
    learned : sequence of Indicator, optional
        One for each value of the other control, over temperature: those of `spinlens.learning.Neighbours` for example.
    across : str
        The other control.
    **fixed : float
        Which values of further controls.

    Returns
    -------
    xarray.Dataset
        Over the other control the temperatures of the largest ``temperature_information`` (N C / T^2), of the largest
        ``field_information`` (N chi / T of the control; named after it), of the largest ``eigenvalue`` of the
        matrix of both, and of ``learned``, each with ``NAME_error``. NaN where there is no ridge within the range.

    Raises
    ------
    InputError
        If the numbers of values and learned indicators differ, or there are fewer than 7 temperatures or 16 chains.

    References
    ----------
    M. Prokopenko, J. T. Lizier, O. Obst, X. R. Wang, Phys. Rev. E 84, 041116 (2011), doi:10.1103/PhysRevE.84.041116.
    """
    import xarray as xr

    values = np.asarray(ensemble.grid[across])
    if len(learned) not in (0, len(values)):
        raise InputError("learned", len(learned), f"must be {len(values)} indicators, one for each {across}")
    names = ("temperature_information", f"{across}_information", "eigenvalue", *(("learned",) if learned else ()))
    found: dict[str, list[float]] = {name: [] for n in names for name in (n, f"{n}_error")}
    for k, value in enumerate(values):
        at, matrices = information_matrix(
            ensemble, ("temperature", across), along="temperature", **{**fixed, across: float(value)}
        )
        curves = (matrices[..., 0, 0], matrices[..., 1, 1], np.linalg.eigvalsh(matrices)[..., -1])
        indicators = [
            Indicator(name, "temperature", at, np.asarray(curve[None], dtype=np.float64))
            for name, curve in zip(names, curves, strict=False)
        ]
        for name, each in zip(names, (*indicators, *learned[k : k + 1]), strict=True):
            ridge = ridge_of(each)
            found[name].append(ridge.value)
            found[f"{name}_error"].append(ridge.error)
    return xr.Dataset({name: (across, np.array(each)) for name, each in found.items()}, coords={across: values})
