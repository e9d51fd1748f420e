"""How far the answers of a classifier are a function of the energy alone, as those of the best one are."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from spinlens.errors import InputError
from spinlens.phases.regions.labels import REGIONS

KNOTS = 24
FOLDS = 5
PENALTIES = tuple(10.0**power for power in range(-6, 3))
CURVE = 400
"""Points of the drawn curve."""
SPARSE = 0.005
"""The curve leaves out this share of the images at either end."""

Floats = NDArray[np.float64]


def energy_dependence(logits: Any, energy: Any) -> xr.Dataset:
    """Measure how much of each difference of logits a smooth function of the energy explains.

    Parameters
    ----------
    logits : array, shape (n, 4)
        Of each region; a constant added to all of an image's changes nothing.
    energy : array, shape (n,)
        Energy per site, boundary bonds included.

    Returns
    -------
    Dataset
        Over (pair, image), a pair being a region and the next hotter one:

        - ``difference`` (pair, image): logit of the hotter region less that of the colder one, in nats;
        - ``explained`` (pair): share of its variance that the energy explains, out of five-fold cross-validation. For
          the best classifier it is one, since at zero field the energy is sufficient for the temperature;
        - ``scatter`` (pair): root mean square of what is left, in nats;
        - ``energy`` (image), and ``curve`` (pair, point) at ``curve_energy`` (point): the function that was found.

    Raises
    ------
    InputError
        If the shapes do not fit, a value is not finite, or there are fewer than 10 images.

    Notes
    -----
    The function is a cubic spline with knots at quantiles of the energy and a ridge penalty that leave-one-out
    prefers; what it explains is a lower bound of what all functions of the energy explain.
    """
    values, levels = np.asarray(logits, dtype=np.float64), np.asarray(energy, dtype=np.float64)
    if levels.ndim != 1 or len(levels) < 2 * FOLDS:
        raise InputError("energy.shape", levels.shape, f"must be (n,) with n >= {2 * FOLDS}")
    if values.shape != (len(levels), len(REGIONS)):
        raise InputError("logits.shape", values.shape, f"must be ({len(levels)}, {len(REGIONS)})")
    for name, array in (("logits", values), ("energy", levels)):
        if not np.isfinite(array).all():
            raise InputError(name, "NaN or infinite", "must be finite")
    differences = np.diff(values, axis=1)
    # A spline says little beyond all but a few images.
    low, high = np.quantile(levels, (SPARSE, 1 - SPARSE)).tolist()
    grid = np.linspace(low, high, CURVE)
    column = levels[:, None]
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    found = np.stack([cross_val_predict(_smooth(), column, each, cv=folds) for each in differences.T], axis=1)
    left = np.mean((differences - found) ** 2, axis=0)
    variance = differences.var(axis=0)
    curves = np.stack([_smooth().fit(column, each).predict(grid[:, None]) for each in differences.T])
    explained = np.divide(variance - left, variance, out=np.full(len(left), np.nan), where=variance > 0)
    return xr.Dataset(
        {
            "difference": (("pair", "image"), differences.T),
            "explained": ("pair", explained),
            "scatter": ("pair", np.sqrt(left)),
            "energy": ("image", levels),
            "curve": (("pair", "point"), curves),
            "curve_energy": ("point", grid),
        },
        coords={"pair": [f"{hot} - {cold}" for cold, hot in pairwise(REGIONS)]},
    )


def _smooth() -> Any:
    spline = SplineTransformer(n_knots=KNOTS, degree=3, knots="quantile", extrapolation="linear")
    return make_pipeline(spline, RidgeCV(alphas=PENALTIES))
