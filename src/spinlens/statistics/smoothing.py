"""A noisy profile made smooth, with as much stiffness as its own noise asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import solveh_banded

from spinlens.errors import InputError

Floats = NDArray[np.float64]

FEWEST_POINTS = 7
"""Points that a curve with one maximum and its noise need."""

FINER = 16
"""Points of the fine grid per interval of the coarse one; a parabola reads between these."""

STIFFNESS = np.logspace(-24, 8, 257)
"""Stiffness to choose from, in units in which the softest bending mode has stiffness one."""


def smoothing_splines(temperature: Floats, profiles: Floats, error: Floats, *, known: bool = False) -> CubicSpline:
    """Return smoothing splines whose stiffness is chosen by restricted maximum likelihood.

    Parameters
    ----------
    temperature : ndarray of float64, shape (temperature,)
        Ascending.
    profiles : ndarray of float64, shape (profile, temperature)
        Row 0 is the measured profile, which chooses the stiffness; the others are resamples of it. Letting each
        resample choose its own gives errors that are a quarter too small: resampling adds noise a second time.
    error : ndarray of float64, shape (temperature,)
        Their noise along temperature.
    known : bool
        Whether the noise is as large as `error` says, point by point, so that whatever exceeds it is the curve's own,
        however sharp; else its overall size is estimated along the way, and errors are averaged over neighbours.

    Returns
    -------
    scipy.interpolate.CubicSpline
        Of shape (profile,) at each temperature.

    Raises
    ------
    InputError
        If there are fewer than `FEWEST_POINTS` temperatures.

    Notes
    -----
    The curve minimises sum ((y - f) / error)^2 + stiffness * integral f''^2. The likelihood is that of a
    once integrated random walk seen through noise: G. Wahba, Ann. Stat. 13, 1378 (1985),
    https://doi.org/10.1214/aos/1176349743.
    """
    check_points(temperature)
    root = 1 / (_followed(error) if known else _even(error))
    bending, modes = np.linalg.eigh(_bending_energy(temperature) / np.outer(root, root))
    bending[:2] = 0
    bending /= bending[2]
    amplitude = (profiles * root) @ modes
    stiffness = STIFFNESS[_restricted_likelihood(bending[2:], amplitude[0, 2:], known=known).argmax()]
    smooth = (amplitude / (1 + stiffness * bending)) @ modes.T / root
    return CubicSpline(temperature, smooth, axis=1, bc_type="natural")


def check_points(values: Floats, control: str = "temperature") -> None:
    """Refuse a grid that is too short for a curve.

    Raises
    ------
    InputError
        If there are fewer than `FEWEST_POINTS` values.
    """
    if len(values) < FEWEST_POINTS:
        raise InputError(
            f"{control}s", len(values), f"a curve along {control} needs at least {FEWEST_POINTS}",
            "Simulate a finer grid",
        )  # fmt: skip


def _even(error: Floats) -> Floats:
    """Return the errors averaged over neighbours, so that their own noise does not pick the winners.

    Without any noise every point counts alike.
    """
    padded = np.pad(np.maximum(error, 0) ** 2, 4, mode="reflect")
    return _floored(np.sqrt(np.convolve(padded, np.full(9, 1 / 9), mode="valid")))


def _followed(error: Floats) -> Floats:
    """Return errors whose logarithms are averaged over neighbours: they follow the noise over orders of magnitude.

    A cumulant that comes out too large has too small an error; its own alone would let it count for more.
    """
    padded = np.pad(np.log(_floored(error)), 2, mode="reflect")
    return np.asarray(np.exp(np.convolve(padded, np.full(5, 1 / 5), mode="valid")))


def _floored(error: Floats) -> Floats:
    """Return errors that are at least a thousandth of the largest: a frozen corner has next to none."""
    if not error.max() > 0:
        return np.ones_like(error)
    return np.asarray(np.maximum(error, 1e-3 * error.max()))


def _bending_energy(temperature: Floats) -> Floats:
    """Return K with f K f = integral f''^2 for the natural cubic spline through f."""
    step = np.diff(temperature)
    count = len(temperature)
    second = np.zeros((count, count - 2))
    inner = np.arange(count - 2)
    second[inner, inner] = 1 / step[:-1]
    second[inner + 1, inner] = -1 / step[:-1] - 1 / step[1:]
    second[inner + 2, inner] = 1 / step[1:]
    bands = np.zeros((2, count - 2))
    bands[0, 1:] = step[1:-1] / 6
    bands[1] = (step[:-1] + step[1:]) / 3
    return np.asarray(second @ solveh_banded(bands, second.T))


def _restricted_likelihood(bending: Floats, amplitude: Floats, *, known: bool) -> Floats:
    """Return the log likelihood of each of `STIFFNESS`, the size of the noise profiled out where it is not known."""
    stiff = STIFFNESS[:, None] * bending
    share = stiff / (1 + stiff)
    residual = np.maximum(share @ amplitude**2, np.finfo(float).tiny)
    misfit = residual if known else len(bending) * np.log(residual)
    return np.asarray(-0.5 * (misfit - np.log(share).sum(axis=1)))
