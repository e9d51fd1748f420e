"""The exact crossover lines of a plane: of spins in a field, and of the chain in a transverse field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from spinlens.exact import specific_heat_ridge
from spinlens.exact.ising.crossover import GAP_EXPONENT, crossover_lines
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.phases.planes import axes

Floats = NDArray[np.float64]

POINTS = 8
LOWEST = 0.2
"""Fields below this are not taken from the strip, whose width (10) no longer exceeds the correlation length."""

HIGHEST = 0.8
"""The points reach at least to here, in units of J."""

DEGREE = 3
"""Of (T - Tc) / abs(h)^(8/15) as a polynomial in abs(h)^(8/15)."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactLines:
    """Temperatures of the exact maxima at each field.

    Parameters
    ----------
    field : ndarray of float64
        The field, or the transverse field, in units of energy.
    specific_heat, susceptibility : ndarray of float64, shape of ``field``
        Temperature of the maximum of C and chi; NaN where nothing is known.
    """

    field: Floats
    specific_heat: Floats
    susceptibility: Floats


def exact_lines_of(maps: xr.Dataset, values: ArrayLike) -> ExactLines:
    """Return the exact lines of a plane at values of the control across, NaN where nobody knows any.

    Parameters
    ----------
    maps : Dataset
        From `spinlens.phases.latent_maps`, whose attributes say which solution holds.
    values : array_like
        Of the control across.
    """
    across, along = axes(maps)
    places = np.atleast_1d(np.asarray(values, dtype=np.float64))
    nothing = np.full(places.shape, np.nan)
    if along != "temperature":
        return ExactLines(places, nothing, nothing)
    if across == "transverse_field" and np.isfinite(chain := float(maps.attrs.get("chain_coupling", np.nan))):
        return ExactLines(places, specific_heat_ridge(places, coupling=chain), nothing)
    return exact_lines(places, coupling=float(maps.attrs["coupling"]) if across == "field" else np.nan)


def exact_lines(field: ArrayLike, *, coupling: float = 1.0) -> ExactLines:
    """Return the exact crossover lines of the infinite lattice.

    Parameters
    ----------
    field : array_like
        h of either sign, in units of energy.
    coupling : float
        J. The lines belong to the ferromagnet.

    Returns
    -------
    ExactLines
        The maxima of a transfer-matrix strip at `POINTS` fields, joined by a polynomial that has the exact
        critical temperature and the exact exponent 1 / (beta delta) = 8/15 built in. It leaves the
        points by less than 0.1 %, and continues below `LOWEST`, where the strip itself is too narrow.
    """
    field = np.atleast_1d(np.asarray(field, dtype=np.float64))
    if not coupling > 0:
        nothing = np.full(field.shape, np.nan)
        return ExactLines(field, nothing, nothing)
    strength = np.abs(field) / coupling
    heat, response = _amplitudes(max(HIGHEST, float(np.max(strength, initial=0.0))))
    x = strength**GAP_EXPONENT
    lines = [coupling * (CRITICAL_TEMPERATURE + x * np.polyval(fit, x)) for fit in (heat, response)]
    return ExactLines(field, *lines)


@lru_cache(maxsize=8)
def _amplitudes(highest: float) -> tuple[Floats, Floats]:
    """Return the polynomials (T - Tc) / x in x = abs(h)^(8/15), highest power first."""
    exact = crossover_lines(np.geomspace(LOWEST, highest, POINTS), width=10)
    x = exact.field**GAP_EXPONENT
    heat, response = (
        np.polyfit(x, (peak - CRITICAL_TEMPERATURE) / x, DEGREE)
        for peak in (exact.specific_heat_peak, exact.susceptibility_peak)
    )
    return heat, response
