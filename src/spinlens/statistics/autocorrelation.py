"""How long a chain remembers: the integrated autocorrelation time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate

WINDOW = 6.0
"""The sum stops at the first lag beyond six autocorrelation times: what is cut off is below exp(-6) of it."""


def autocorrelation(series: Any) -> NDArray[np.float64]:
    """Return the normalised autocorrelation function, averaged over chains before it is normalised.

    Parameters
    ----------
    series : array, shape (chain, recording)
        One quantity at one condition. All chains share one mean.

    Returns
    -------
    ndarray, shape (recording,), float64
        rho(t) with rho(0) = 1; NaN where the series is constant.

    Raises
    ------
    InputError
        If the series does not have two dimensions or is empty.
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 2 or values.size == 0:
        raise InputError("series.shape", values.shape, "must be (chain, recording), each at least 1")
    recordings = values.shape[1]
    size = next_fast_len(2 * recordings, real=True)
    power = np.zeros(size // 2 + 1)
    mean = values.mean()
    # A few chains at a time: the transforms of all of them would be several times the series.
    for some in np.array_split(values, -(-values.size // (1 << 20))):
        power += (np.abs(rfft(some - mean, n=size, axis=1)) ** 2).sum(axis=0)
    covariance = irfft(power, n=size)[:recordings] / (len(values) * np.arange(recordings, 0, -1))
    if np.ptp(values) == 0:
        return np.full(recordings, np.nan)
    return np.asarray(covariance / covariance[0], dtype=np.float64)


def integrated_autocorrelation_time(series: Any, *, window: float = WINDOW) -> Estimate:
    """Return tau = 1/2 + sum_{t >= 1} rho(t), in units of the interval between recordings, with its error.

    The mean of n recordings has the variance 2 tau sigma^2 / n; independent recordings have tau = 1/2.

    Parameters
    ----------
    series : array, shape (chain, recording)
        One quantity at one condition; chains are averaged first, so many short ones do as well as a long one.
    window : float
        The sum stops at the first lag >= window * tau.

    Returns
    -------
    Estimate
        tau and its error; the error is infinite where the chains are too short for the window (tau is then a
        lower bound), both are NaN for a constant series.

    Raises
    ------
    InputError
        If the series does not have two dimensions or is empty.

    References
    ----------
    A. D. Sokal, in Functional Integration (1997), doi:10.1007/978-1-4899-0319-8_6;
    U. Wolff, Comput. Phys. Commun. 156, 143 (2004), doi:10.1016/S0010-4655(03)00467-3 (bias and error).
    """
    rho = autocorrelation(series)
    if np.isnan(rho[0]):
        return Estimate(np.nan, np.nan)
    taus = np.cumsum(rho) - 0.5
    lags = np.arange(len(taus))
    beyond = np.flatnonzero((lags >= window * taus) & (lags > 0))
    if len(beyond) == 0:
        return Estimate(max(float(taus.max()), 0.5), np.inf)
    lag, size = int(beyond[0]), np.size(series)
    tau = float(taus[lag]) * (1.0 + (2 * lag + 1) / size)
    return Estimate(tau, abs(tau) * np.sqrt(max(4.0 / size * (lag + 0.5 - tau), 0.0)))
