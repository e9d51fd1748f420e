"""The infinite system: critical temperature and exponents from what pairs of sizes and single sizes say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.collapse import reciprocal
from spinlens.statistics.scaling.crossings import Crossings, Quotients
from spinlens.statistics.scaling.extrapolation import Correction, Extrapolation, Form, extrapolate
from spinlens.statistics.scaling.peaks import Peaks
from spinlens.statistics.scaling.resamples import Resamples

OMEGA = Correction(1.4, 0.6)
"""The leading correction to scaling where nothing is known of it: 0.8 in three dimensions, up to 2 in two."""

SHIFT = Correction(1.5, 0.7)
"""1 / nu where nothing is known of it: peaks move with L^(-1 / nu)."""

LEAST_SHIFT, MOST_SHIFT = 0.3, 4.0


@dataclass(frozen=True)
class Exponents:
    """Critical exponents of the infinite system.

    Attributes
    ----------
    inverse_nu : Extrapolation
        1 / nu, from slopes where curves cross.
    gamma_over_nu : Extrapolation or None
        From the susceptibility there; None without an order parameter.
    beta_over_nu : Extrapolation or None
        From the mean absolute order parameter there.
    """

    inverse_nu: Extrapolation
    gamma_over_nu: Extrapolation | None
    beta_over_nu: Extrapolation | None

    @property
    def nu(self) -> Estimate:
        """The exponent of the correlation length."""
        return reciprocal(self.inverse_nu.estimate)

    def __str__(self) -> str:
        """Return a line an exponent."""
        rows = {
            "nu": self.nu, "1/nu": self.inverse_nu, "gamma/nu": self.gamma_over_nu, "beta/nu": self.beta_over_nu
        }  # fmt: skip
        return "\n".join(f"{name:<9}{value}" for name, value in rows.items() if value is not None)


def middle(lengths: np.ndarray) -> np.ndarray:
    """Return one length for each pair, the geometric mean: right for pairs of one ratio, nearly so for others."""
    return np.asarray(np.exp(np.log(lengths).mean(axis=1)))


def limit_of_crossings(crossings: Crossings, forms: Sequence[Form] | None) -> Extrapolation:
    """Extrapolate places of crossings, which move with L^-(1 / nu + omega)."""
    if forms is None:
        last = float(np.clip(np.nan_to_num(crossings.inverse_nus.values[-1], nan=1.5), LEAST_SHIFT, MOST_SHIFT))
        forms = [(), (Correction(last + OMEGA.exponent, OMEGA.error),)]
    return _limit(middle(crossings.lengths), crossings.places, forms)


def limit_of_peaks(peaks: Peaks, forms: Sequence[Form] | None) -> Extrapolation:
    """Extrapolate places of peaks, which move with L^(-1 / nu)."""
    if forms is None:
        forms = [(SHIFT,), (SHIFT, Correction(SHIFT.exponent + OMEGA.exponent, SHIFT.error + OMEGA.error))]
    return _limit(peaks.lengths, peaks.places, forms)


def volume_forms(dimensions: int) -> list[Form]:
    """Return the forms of what moves with 1 / L^d, as everything does at a first-order transition."""
    once, twice = Correction(float(dimensions)), Correction(2.0 * dimensions)
    return [(once,), (once, twice)]


def limit_of_volume(
    lengths: np.ndarray, values: Resamples, dimensions: int, forms: Sequence[Form] | None
) -> Extrapolation:
    """Extrapolate what approaches its limit with 1 / L^d."""
    return _limit(lengths, values, volume_forms(dimensions) if forms is None else forms)


def limit_of_growth(peaks: Peaks, forms: Sequence[Form] | None) -> Extrapolation:
    """Extrapolate the power of L that the heights of peaks grow with."""
    pairs = np.stack([peaks.lengths[:-1], peaks.lengths[1:]], axis=1)
    return _limit(middle(pairs), peaks.exponents, [(), (OMEGA,)] if forms is None else forms)


def limit_of_exponents(
    crossings: Crossings, susceptibility: Quotients | None, order: Quotients | None, forms: Sequence[Form] | None
) -> Exponents:
    """Extrapolate exponents of pairs, which approach their limits with L^-omega."""
    forms = [(), (OMEGA,)] if forms is None else forms
    at = middle(crossings.lengths)
    gamma = _limit(at, susceptibility.exponents, forms) if susceptibility else None
    beta = None
    if order:
        negative = Resamples(order.exponents.layout, -order.exponents.samples)
        beta = _limit(at, negative, forms)
    return Exponents(_limit(at, crossings.inverse_nus, forms), gamma, beta)


def _limit(lengths: np.ndarray, values: Resamples, forms: Sequence[Form]) -> Extrapolation:
    order = np.argsort(lengths, kind="stable")
    covariance = values.covariance[np.ix_(order, order)]
    usable = [form for form in forms if len(form) < len(lengths)] or list(forms)
    return extrapolate(lengths[order], values.values[order], covariance, forms=usable)
