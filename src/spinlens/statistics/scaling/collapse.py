"""Data collapse: the curves of all sizes as one polynomial of the scaling variable.

A_L(t) = L^kappa [c_0 + c_1 x + ... + c_p x^p + L^-omega (b_0 + b_1 x) + q L^(-1/nu) x^2], x = (t - t_c) L^(1/nu).

The last term is there because a scaling field is never quite linear in the control; without it 1 / nu is wrong by
several of its errors where the smallest sizes reach far from the transition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.extrapolation import Correction, Extrapolation, Fit, averaged
from spinlens.statistics.scaling.resamples import Layout, Resamples
from spinlens.statistics.scaling.scan import Curves

Array = NDArray[np.float64]

POINTS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
"""Where curves are compared, in units of the window."""

INNER = slice(1, 4)
"""Those of half the window."""

MOST_STEPS = 60

WIDE = 0.5
"""Width of the prior of 1 / nu round its start."""

SMALL = 0.25
"""What corrections are at the mean size, as a share of what they correct: the width of their priors round zero. Without
them a slope that is all correction, L^(1/nu - omega), passes for another 1 / nu."""

CHANGE, CHANGE_WITH_POWER = 0.04, 0.3
"""The window ends where the largest size's curve has changed by this share of its value. Ten percent of a cumulant are
far enough for small sizes to need corrections in x^2 as well; without them 1 / nu is off by two errors."""

SOFT = 0.1
"""Share of each error that is added to it for itself. Five points of a smooth curve have combinations, its higher
derivatives, with next to no error, which no polynomial and no single correction term describes as well as that."""


@dataclass(frozen=True)
class Collapse:
    """What makes the curves of all sizes one.

    Attributes
    ----------
    place : Extrapolation
        The critical value of the control.
    inverse_nu : Extrapolation
        1 / nu.
    power : Extrapolation or None
        kappa, where it was fitted.
    """

    place: Extrapolation
    inverse_nu: Extrapolation
    power: Extrapolation | None

    @property
    def nu(self) -> Estimate:
        """The exponent of the correlation length."""
        return reciprocal(self.inverse_nu.estimate)

    def __str__(self) -> str:
        """Print the results."""
        power = f", power {self.power}" if self.power is not None else ""
        return f"at {self.place}, nu {self.nu}{power}"


def reciprocal(estimate: Estimate) -> Estimate:
    """Return 1 / x with its error."""
    return Estimate(1.0 / estimate.value, estimate.error / estimate.value**2)


@dataclass(frozen=True, eq=False)
class _Points:
    """What is compared: for each size values (5,) at places (5,), and the inverse root of their covariance."""

    lengths: Array
    width: float
    places: Array
    values: Array
    covariances: Array
    groups: tuple[int, ...]

    def whitening(self, size: int, kept: slice) -> Array:
        """Return W with W^T W the inverse of the covariance of some points of a size, made unbiased."""
        block = self.covariances[size][kept, kept]
        block = block + SOFT**2 * np.diag(np.diag(block))
        # The inverse of an estimated covariance is too large on average (Hartlap et al. 2007).
        degrees = self.groups[size] - 1
        share = (degrees - len(block) - 1) / degrees
        return np.asarray(np.linalg.inv(np.linalg.cholesky(block)) * np.sqrt(share))


def collapse(
    scans: Sequence[Curves], layout: Layout, name: str, *, place: float, inverse_nu: float, fit_power: bool,
    correction: Correction,
) -> Collapse:  # fmt: skip
    """Collapse the curves of all sizes on one, starting from a place and an exponent.

    Parameters
    ----------
    scans, layout, name
        The curves.
    place, inverse_nu : float
        Where to start from.
    fit_power : bool
        Whether kappa is free; else it is zero.
    correction : Correction
        omega.

    Notes
    -----
    Curves are compared at five points a size, with the full covariance between them, because reweighted curves differ
    from truth in the same way at neighbouring temperatures. Polynomials of degree 2 to 4, with and without the
    correction, in the whole window and in its inner half, with and without the smallest sizes, are averaged by their
    information criterion, see `spinlens.statistics.scaling.extrapolate`.

    References
    ----------
    K. Binder, Z. Phys. B 43, 119 (1981), doi:10.1007/BF01293604;
    J. Hartlap, P. Simon and P. Schneider, Astron. Astrophys. 464, 399 (2007), doi:10.1051/0004-6361:20066170.
    """
    points = _points(scans, layout, name, place, inverse_nu, CHANGE_WITH_POWER if fit_power else CHANGE)
    fits = []
    sizes = len(scans)
    # Priors that only keep fits from running away: the window of the largest size, and wide ones of exponents.
    last, before = (np.log(np.abs(points.values[k, 2])) for k in (-1, -2))
    power = float((last - before) / np.log(points.lengths[-1] / points.lengths[-2])) if fit_power else 0.0
    priors = [
        (place, points.width * points.lengths[-1] ** -inverse_nu), (inverse_nu, WIDE),
        *([(power, 2.0 * WIDE)] if fit_power else []),
    ]  # fmt: skip
    for first in range(max(1, sizes - 2)):
        for kept, orders in ((slice(None), (3, 4)), (INNER, (2, 3))):
            for order in orders:
                for terms in range(3):
                    found = _fit(points, first, kept, order, terms, correction, priors)
                    if found is not None:
                        used = len(POINTS[kept]) * (sizes - first)
                        fits.append((found, len(POINTS) * sizes - used))
    if not fits:
        raise InputError("sizes", tuple(scan.length for scan in scans), "have too few points for a collapse")
    parts = []
    for which in range(3 if fit_power else 2):
        parts.append(averaged([(each[which], each[which].chi_squared + 2 * k + 2 * cut) for (each, k), cut in fits]))
    return Collapse(parts[0], parts[1], parts[2] if fit_power else None)


def _points(
    scans: Sequence[Curves], layout: Layout, name: str, place: float, inverse_nu: float, change: float
) -> _Points:
    largest = scans[-1]
    low, high = max(scan.low for scan in scans), min(scan.high for scan in scans)
    if not low < place < high:
        raise InputError("place", place, f"lies outside of {low:g} to {high:g}, which all sizes have")
    grid = np.concatenate([np.linspace(low, place, 65)[:-1], np.linspace(place, high, 65)])
    curve = largest.curves(grid)[name][:, 0]
    far = np.abs(curve - curve[64]) > change * np.abs(curve[64])
    left = grid[:64][far[:64]].max() if far[:64].any() else low
    right = grid[65:][far[65:]].min() if far[65:].any() else high
    lengths = np.array([scan.length for scan in scans], dtype=np.float64)
    room = min(place - low, high - place) * lengths[0] ** inverse_nu
    width = min(min(place - left, right - place) * lengths[-1] ** inverse_nu, room)
    places, values, covariances = [], [], []
    for scan in scans:
        here = place + width * POINTS * scan.length**-inverse_nu
        found = Resamples(Layout((scan.groups,)), scan.curves(here)[name])
        places.append(here)
        values.append(found.values)
        covariances.append(found.covariance)
    return _Points(lengths, width, np.array(places), np.array(values), np.array(covariances), layout.groups)


def _fit(
    points: _Points, first: int, kept: slice, order: int, terms: int, correction: Correction,
    priors: Sequence[tuple[float, float]],
) -> tuple[list[Fit], int] | None:  # fmt: skip
    """Return one fit's place, 1 / nu and kappa, and its number of parameters; None where there are too few points."""
    sizes = range(first, len(points.lengths))
    count = len(POINTS[kept]) * len(sizes)
    free_omega = terms > 0 and correction.error > 0
    known = np.array([*priors, *([(correction.exponent, correction.error)] if free_omega else [])])
    fit_power = len(priors) > 2
    power = priors[2][0] if fit_power else 0.0
    parameters = len(known) + order + 2 + terms
    if count < parameters:
        return None
    whites = [points.whitening(size, kept) for size in sizes]
    t = np.array([points.places[size][kept] for size in sizes])
    lengths = points.lengths[list(sizes), None]
    target = np.concatenate([w @ points.values[size][kept] for w, size in zip(whites, sizes, strict=True)])
    scale = float(points.width)
    mean = float(np.exp(np.log(lengths).mean()))

    def columns(theta: Array) -> Array:
        x = (t - theta[0]) * lengths ** theta[1] / scale
        rows = [x**power for power in range(order + 1)]
        fall = (lengths / mean) ** -(theta[-1] if free_omega else correction.exponent)
        rows += [x**2 * (lengths / mean) ** -theta[1], fall * np.ones_like(x), fall * x][: 1 + terms]
        table = np.stack(rows, axis=-1)
        if fit_power:
            table = table * ((lengths / mean) ** theta[2])[..., None]
        return np.concatenate([w @ part for w, part in zip(whites, table, strict=True)])

    middle = points.values[sizes[len(sizes) // 2]] / (points.lengths[sizes[len(sizes) // 2]] / mean) ** power
    slope, level = 0.5 * abs(middle[-1] - middle[0]), abs(middle[2])
    small = np.zeros((1 + terms, order + 2 + terms))
    small[:, order + 1 :] = np.diag(1.0 / (SMALL * np.array([slope, level, slope])[: 1 + terms]))
    target = np.append(target, np.zeros(1 + terms))

    def residuals(theta: Array) -> Array:
        table = np.concatenate([columns(theta), small])
        left = table @ np.linalg.lstsq(table, target, rcond=1e-13)[0] - target
        return np.concatenate([left, (theta - known[:, 0]) / known[:, 1]])

    found = least_squares(residuals, known[:, 0], x_scale=0.1 * known[:, 1], max_nfev=MOST_STEPS)
    # With the linear parameters solved for at each point, this is the curvature of the profile.
    covariance = np.linalg.pinv(found.jac.T @ found.jac, hermitian=True)
    chi_squared = float(2.0 * found.cost)
    text = f"degree {order}, {terms} corrections" + (", half" if kept == INNER else "")
    names = ("place", "inverse_nu", "power")
    others = dict(zip(names, found.x.tolist(), strict=False))
    return [
        Fit(text, float(points.lengths[first]), Estimate(float(found.x[k]), float(np.sqrt(covariance[k, k]))), others,
            chi_squared, count + len(known) + 1 + terms - parameters, 0.0)
        for k in range(len(priors))
    ], parameters  # fmt: skip
