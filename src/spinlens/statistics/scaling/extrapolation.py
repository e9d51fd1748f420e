"""From sizes to the infinite system: forms of the approach and windows, averaged by their information criterion.

value(L) = v + a_1 L^-e_1 + a_2 L^-e_2 + ... Each exponent is known, or known within an error, which enters as a prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate

Array = NDArray[np.float64]

LEAST_EXPONENT, MOST_EXPONENT = 0.1, 12.0
"""Corrections that fall more slowly cannot be told from the value; those that fall faster are not seen."""


@dataclass(frozen=True)
class Correction:
    """A term a L^-exponent with a free amplitude a.

    Parameters
    ----------
    exponent : float
        e > 0.
    error : float
        Zero where the exponent is known; else the width of a normal prior round it, within which the fit chooses.

    Raises
    ------
    InputError
        If the exponent is not between 0.1 and 12, or its error is negative.
    """

    exponent: float
    error: float = 0.0

    def __post_init__(self) -> None:
        if not LEAST_EXPONENT < self.exponent < MOST_EXPONENT or not self.error >= 0:
            why = f"must fall with L, with an exponent from {LEAST_EXPONENT:g} to {MOST_EXPONENT:g} and an error >= 0"
            raise InputError("correction", f"L^-{self.exponent:g} +- {self.error:g}", why)

    def __str__(self) -> str:
        """Return the term."""
        return f"L^-{self.exponent:g}" if self.error == 0 else f"L^-({Estimate(self.exponent, self.error)})"


Form = tuple[Correction, ...]
"""The corrections of a fit; none for a constant."""


@dataclass(frozen=True)
class Fit:
    """One form in one window.

    Attributes
    ----------
    form : str
        What was fitted, in words and symbols.
    smallest : float
        The smallest L in the window.
    value : Estimate
        Of the infinite system.
    parameters : mapping of str to float
        The others: amplitudes, exponents.
    chi_squared : float
        Of data and priors.
    degrees : int
        Data in the window and priors, less parameters.
    weight : float
        Its share in the average.
    """

    form: str
    smallest: float
    value: Estimate
    parameters: Mapping[str, float]
    chi_squared: float
    degrees: int
    weight: float

    def __str__(self) -> str:
        """Return one line."""
        return (
            f"{self.weight:6.1%}  {self.form}, L >= {self.smallest:g}: {self.value}, "
            f"chi2 = {self.chi_squared:.2f} / {self.degrees}"
        )


@dataclass(frozen=True)
class Extrapolation:
    """The value of the infinite system.

    Attributes
    ----------
    value : float
        The weighted average of all fits.
    statistical : float
        Standard error of the data, as all fits pass it on.
    choices : float
        Spread of the fits: what the choice of form and window adds.
    fits : tuple of Fit
        All that went in, the heaviest first.
    """

    value: float
    statistical: float
    choices: float
    fits: tuple[Fit, ...]

    @property
    def error(self) -> float:
        """Both together, in squares."""
        return float(np.hypot(self.statistical, self.choices))

    @property
    def estimate(self) -> Estimate:
        """Value and error."""
        return Estimate(self.value, self.error)

    @property
    def best(self) -> Fit:
        """The fit with the largest weight."""
        return self.fits[0]

    def __str__(self) -> str:
        """Print value and error."""
        return str(self.estimate)

    def table(self, most: int = 8) -> str:
        """Return a line for each of the heaviest fits."""
        return "\n".join(map(str, self.fits[:most]))


def extrapolate(lengths: Any, values: Any, covariance: Any, *, forms: Sequence[Form]) -> Extrapolation:
    """Extrapolate to infinite size and average over forms and windows.

    Parameters
    ----------
    lengths : array, float (n,)
        L, ascending.
    values : array, float (n,)
        What is extrapolated.
    covariance : array, float (n, n) or (n,)
        Their covariance, or their errors where they are independent.
    forms : sequence of tuple of Correction
        What is tried, each in every window L >= L_min that has data enough for it.

    Returns
    -------
    Extrapolation
        The average, with the error of the data and the spread of the choices.

    Raises
    ------
    InputError
        If shapes do not fit, a number is not finite, or no form has data enough.

    Notes
    -----
    The weight of a fit with k parameters that leaves c data out is exp(-(chi^2 + 2 k + 2 c) / 2), chi^2 with its
    priors; the squared error is the average of the squared errors plus the weighted variance of the values.

    References
    ----------
    W. I. Jay and E. T. Neil, Phys. Rev. D 103, 114502 (2021), doi:10.1103/PhysRevD.103.114502.
    """
    x, y = np.asarray(lengths, dtype=np.float64), np.asarray(values, dtype=np.float64)
    c = np.asarray(covariance, dtype=np.float64)
    c = np.diag(c**2) if c.ndim == 1 else c
    if x.ndim != 1 or y.shape != x.shape or c.shape != (len(x), len(x)) or np.any(np.diff(x) <= 0):
        raise InputError("lengths", x.tolist(), f"must ascend, with values {y.shape} and covariance {c.shape} to match")
    if not all(np.all(np.isfinite(each)) for each in (x, y, c)) or np.any(np.diag(c) <= 0):
        raise InputError("values", y.tolist(), "must be finite, with errors > 0")
    found = []
    for form in forms:
        # An exponent that is not known brings its prior, so data are needed for the value and the amplitudes alone.
        for first in range(len(x) - len(form)):
            found.append((_fit(x[first:], y[first:], c[first:, first:], form), _parameters(form), first))
    if not found:
        fewest = min(1 + len(form) for form in forms) if forms else 1
        raise InputError("lengths", x.tolist(), f"are too few for any form, which need {fewest} or more")
    return averaged([(fit, fit.chi_squared + 2 * parameters + 2 * cut) for fit, parameters, cut in found])


def averaged(fits: Sequence[tuple[Fit, float]]) -> Extrapolation:
    """Average fits by exp(-criterion / 2)."""
    criterion = np.array([each for _, each in fits])
    weight = np.exp(-0.5 * (criterion - criterion.min()))
    weight /= weight.sum()
    values = np.array([fit.value.value for fit, _ in fits])
    errors = np.array([fit.value.error for fit, _ in fits])
    mean = float(weight @ values)
    weighed = [replace(fit, weight=float(w)) for (fit, _), w in zip(fits, weight, strict=True)]
    weighed.sort(key=lambda fit: -fit.weight)
    spread = float(np.sqrt(weight @ (values - mean) ** 2))
    return Extrapolation(mean, float(np.sqrt(weight @ errors**2)), spread, tuple(weighed))


def _parameters(form: Form) -> int:
    return 1 + len(form) + sum(1 for each in form if each.error > 0)


def _fit(x: Array, y: Array, covariance: Array, form: Form) -> Fit:
    """Fit one form to one window; amplitudes are solved for, exponents searched."""
    root = np.linalg.cholesky(covariance)
    white_y = np.linalg.solve(root, y - y[-1])
    means = np.array([each.exponent for each in form])
    widths = np.array([each.error for each in form])
    free = widths > 0
    # Powers relative to the geometric mean keep the columns of one size.
    scale = float(np.exp(np.log(x).mean()))

    def exponents(chosen: Array) -> Array:
        found = means.copy()
        found[free] = chosen
        return found

    def columns(powers: Array) -> Array:
        table = np.concatenate([np.ones((len(x), 1)), (x[:, None] / scale) ** -powers], axis=1)
        return np.asarray(np.linalg.solve(root, table))

    def solved(powers: Array) -> Array:
        return np.asarray(np.linalg.lstsq(columns(powers), white_y, rcond=1e-12)[0])

    def residuals(chosen: Array) -> Array:
        powers = exponents(chosen)
        data = columns(powers) @ solved(powers) - white_y
        return np.concatenate([data, (chosen - means[free]) / widths[free]])

    chosen = means[free]
    if free.any():
        chosen = least_squares(residuals, chosen, bounds=(LEAST_EXPONENT, MOST_EXPONENT)).x
    powers = exponents(chosen)
    parameters = solved(powers)
    left = residuals(chosen)
    # The curvature in all parameters, those of the exponents last.
    slopes = [columns(powers)]
    for which in np.flatnonzero(free):
        term = -parameters[1 + which] * np.log(x / scale) * (x / scale) ** -powers[which]
        slopes.append(np.linalg.solve(root, term)[:, None])
    data = np.concatenate(slopes, axis=1)
    prior = np.zeros((int(free.sum()), data.shape[1]))
    prior[:, 1 + len(form) :] = np.diag(1.0 / widths[free])
    jacobian = np.concatenate([data, prior])
    error = float(np.sqrt(np.linalg.pinv(jacobian.T @ jacobian, hermitian=True)[0, 0]))
    amplitudes = parameters[1:] * scale**powers
    others = {f"a_{k + 1}": float(a) for k, a in enumerate(amplitudes)}
    others |= {f"e_{k + 1}": float(e) for k, e in enumerate(powers)}
    text = " + ".join(["v", *(f"a {each}" for each in form)])
    value = Estimate(float(parameters[0] + y[-1]), error)
    return Fit(text, float(x[0]), value, others, float(left @ left), len(left) - data.shape[1], 0.0)
