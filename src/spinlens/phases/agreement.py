"""Numbers for how well two pictures of the same physics agree."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr

from spinlens.errors import InputError
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.phases.planes import axes
from spinlens.phases.ridge import central_error
from spinlens.statistics.estimate import Estimate

Floats = NDArray[np.float64]

SCALING_FIELDS = (0.1, 0.8)
"""Fields over which the effective exponent is fitted; the exact lines have 0.63 to 0.65 there."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well a line follows another over the columns where both are known.

    Parameters
    ----------
    line, reference : str
        Their names.
    fields : int
        Number of columns compared, opposite fields being one.
    bias, rms : float
        Mean and root mean square of T / T_reference - 1.
    reduced_chi_square : float
        Mean square of the deviation in standard errors of both lines.
    """

    line: str
    reference: str
    fields: int
    bias: float
    rms: float
    reduced_chi_square: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def compare_lines(pairs: xr.Dataset, line: str, reference: str, *, everywhere: bool = False) -> Agreement:
    """Compare two lines over all field strengths but zero, or over all columns.

    Parameters
    ----------
    pairs : Dataset
        Over ``strength``; ``NAME`` and, where it is not exact, ``NAME_error``.
    line, reference : str
        Names in it.
    everywhere : bool
        Whether ``strength`` is no strength of a field, so that zero is a column like others.

    Returns
    -------
    Agreement
        NaN where no field has both.
    """
    finite = np.isfinite(pairs[line].to_numpy() + pairs[reference].to_numpy())
    finite &= everywhere | (pairs["strength"].to_numpy() > 0)
    count = int(finite.sum())
    if not count:
        return Agreement(line, reference, 0, np.nan, np.nan, np.nan)
    one, other = (pairs[name].to_numpy()[finite] for name in (line, reference))
    variance = sum(
        pairs[f"{name}_error"].to_numpy()[finite] ** 2 for name in (line, reference) if f"{name}_error" in pairs
    )
    relative = one / other - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        chi_square = float(np.mean((one - other) ** 2 / variance))
    return Agreement(line, reference, count, float(relative.mean()), float(np.sqrt(np.mean(relative**2))), chi_square)


def scaling_exponent(strength: Floats, line: Floats, resampled: Floats, *, coupling: float = 1.0) -> Estimate:
    """Fit x in T - Tc ~ abs(h)^x, with the exact Tc, over `SCALING_FIELDS`.

    Parameters
    ----------
    strength, line : ndarray of float64, shape (strength,)
        abs(h) and T, in units of energy; NaN where unknown.
    resampled : ndarray of float64, shape (strength, resample)
        The same of each resample; no resamples for an exact line.
    coupling : float
        J > 0.

    Returns
    -------
    Estimate
        NaN with fewer than three fields in the range. Points weigh by the spread of log(T - Tc).
    """
    low, high = (limit * coupling for limit in SCALING_FIELDS)
    use = (strength > low * (1 - 1e-9)) & (strength < high * (1 + 1e-9)) & (line > coupling * CRITICAL_TEMPERATURE)
    if use.sum() < 3:
        return Estimate(np.nan, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        every = np.log(np.column_stack([line, resampled])[use] - coupling * CRITICAL_TEMPERATURE)
    x = np.log(strength[use])
    if not resampled.shape[1]:
        return Estimate(float(np.polyfit(x, every[:, 0], 1)[0]), 0.0)
    spread = np.nanstd(every[:, 1:], axis=1)
    weight = np.where(np.isfinite(every), 1 / np.maximum(spread, 1e-6)[:, None] ** 2, 0.0)
    every = np.where(np.isfinite(every), every, 0.0)
    every, weight = (part[:, (weight > 0).sum(axis=0) >= 3] for part in (every, weight))
    total = weight.sum(axis=0)
    mean_x, mean_y = (weight * x[:, None]).sum(axis=0) / total, (weight * every).sum(axis=0) / total
    offset = x[:, None] - mean_x
    slope = (weight * offset * (every - mean_y)).sum(axis=0) / (weight * offset**2).sum(axis=0)
    return Estimate(float(slope[0]), float(central_error(slope[1:])))


@dataclass(frozen=True, slots=True)
class Correlation:
    """How a latent map follows an observable, over condition means.

    Parameters
    ----------
    rank : float
        Spearman's coefficient: 1 for any rising relation.
    linear : float
        Pearson's coefficient: 1 for a straight one.
    """

    rank: float
    linear: float


def correlation(maps: xr.Dataset, latent: str = "nu_0", observable: str = "magnetization") -> Correlation:
    """Correlate a latent map with an observable over the conditions.

    Raises
    ------
    InputError
        If there are fewer than three conditions.
    """
    if observable not in maps:
        return Correlation(np.nan, np.nan)
    one, other = (maps[name].transpose(*axes(maps)).to_numpy().ravel() for name in (latent, observable))
    if one.size < 3:
        raise InputError("conditions", one.size, "a correlation needs at least 3", "Simulate a larger grid")
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return Correlation(np.nan, np.nan)
    return Correlation(float(spearmanr(one, other).statistic), float(pearsonr(one, other).statistic))


def asymmetry(maps: xr.Dataset, name: str) -> float:
    """Return how far a map is from symmetric in the control across, as a fraction of its range.

    The root mean square of half the difference between the condition means at h and -h; sampling noise
    included. NaN where no two values are opposite.
    """
    across, along = axes(maps)
    values, field = maps[name].transpose(across, along).to_numpy(), maps[across].to_numpy()
    mirrored = [opposite(field, index) for index in range(len(field))]
    pairs = [(i, j) for i, j in enumerate(mirrored) if j is not None and field[i] > 0]
    if not pairs:
        return float("nan")
    half = np.array([(values[i] - values[j]) / 2 for i, j in pairs])
    return float(np.sqrt(np.mean(half**2)) / np.ptp(values))


def opposite(field: Floats, index: int) -> int | None:
    """Return the index of -h, or None where the grid lacks it."""
    nearest = int(np.abs(field + field[index]).argmin())
    close = np.isclose(field[nearest], -field[index], rtol=1e-9, atol=1e-12)
    return nearest if close else None
