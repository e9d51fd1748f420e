"""Where a critical phase ends: what the helicity modulus and the susceptibility do there, with their logarithms.

At a point of Berezinskii, Kosterlitz and Thouless the fugacity of what unbinds is marginal: it falls with 1 / w, w
being ln L + c to one loop and ln L + c + ln(ln L + c) / 2 to two, and c the one constant that is not universal. So
sizes approach their limits in logarithms, beside which powers of L count for nothing; where vortices unbind

    Y / T = 2 / pi + (1 / pi) / w,    chi ~ L^(7/4) w^(1/8)

and elsewhere with numbers of its own, see `spinlens.statistics.scaling.phase_ends`. The transition lies where all sizes
agree on c. How far one loop and two are apart says what further ones may do.

References
----------
H. Weber and P. Minnhagen, Phys. Rev. B 37, 5986 (1988), doi:10.1103/PhysRevB.37.5986; A. Pelissetto and E. Vicari,
Phys. Rev. E 87, 032105 (2013), doi:10.1103/PhysRevE.87.032105.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.crossings import GRID, curve_of
from spinlens.statistics.scaling.curves import Interpolant, interpolant
from spinlens.statistics.scaling.extrapolation import Extrapolation, Fit, averaged
from spinlens.statistics.scaling.phase_ends import PhaseEnd
from spinlens.statistics.scaling.resamples import Layout, Resamples, stacked
from spinlens.statistics.scaling.scan import Curves

Array = NDArray[np.float64]

SCALE = Estimate(2.0, 1.5)
"""c where the data say too little of it, as a prior: pairs are bound on the scale of the lattice, within some powers
of e."""

SCALES: Mapping[str, Callable[[Array], Array]] = {
    "ln L + c": lambda shifted: shifted,
    "ln L + c + ln(ln L + c) / 2": lambda shifted: shifted + 0.5 * np.log(shifted),
}
"""The flow to one loop and to two."""

LEAST, MOST = 1.0, 30.0
"""Least ln L + c, and largest c: the scale of pairs is neither that of the sizes nor beyond all that is seen."""


@dataclass(frozen=True, eq=False)
class _Data:
    """Numbers that a law gives at the transition.

    Attributes
    ----------
    words : str
        The law.
    law : callable
        From w, a function of ln L, to each of them, (n,).
    curves : sequence of Interpolant
        What they are at any value of the control, the smallest sizes first.
    lengths : ndarray, float64 (n,)
        The smallest size of each.
    prior : Estimate or None
        Of c.
    """

    words: str
    law: Callable[[Callable[[Array], Array]], Array]
    curves: Sequence[Interpolant]
    lengths: Array
    prior: Estimate | None


def stiffness(scans: Sequence[Curves], layout: Layout, size: int) -> Callable[[Array], Array]:
    """Return Y / T of one size, averaged over the axes, as curves (n, samples) at (n,).

    Raises
    ------
    InputError
        If no helicity modulus was recorded.
    """
    if not all(scan.moduli for scan in scans):
        raise InputError("helicity modulus", "none", "its jump is known of what was recorded on square tori alone")
    fixed = scans[size].temperature
    moduli = [curve_of(scans, layout, name, size) for name in scans[size].moduli]

    def curve(values: Array) -> Array:
        temperature = values if fixed is None else np.full(len(values), fixed)
        return np.asarray(np.mean([modulus(values) for modulus in moduli], axis=0) / temperature[:, None])

    return curve


def limit_of_jump(scans: Sequence[Curves], layout: Layout, end: PhaseEnd) -> Extrapolation:
    """Extrapolate where the helicity modulus, averaged over the axes, is what it is at the transition.

    Raises
    ------
    InputError
        If it was not recorded or tells nothing of this end, or no place in the window agrees.
    """
    if end.jump is None:
        raise InputError("helicity modulus", end.name, "is no jump of it", "Read the growth of the susceptibility")
    jump, approach = end.jump
    lengths = np.array([float(scan.length) for scan in scans])
    curves = [interpolant(stiffness(scans, layout, size), *_range(scans)) for size in range(len(scans))]

    def law(scale: Callable[[Array], Array]) -> Array:
        return np.asarray(jump + approach / scale(np.log(lengths)))

    return _limit(_Data("Y / T = jump + a / w", law, curves, lengths, None), layout)


def limit_of_susceptibility(scans: Sequence[Curves], layout: Layout, name: str, end: PhaseEnd) -> Extrapolation:
    """Extrapolate where the susceptibility grows from each size to the next as it does at the transition.

    Raises
    ------
    InputError
        If no place in the window agrees.
    """
    lengths = np.array([float(scan.length) for scan in scans])

    def law(scale: Callable[[Array], Array]) -> Array:
        return np.diff(end.growth * np.log(lengths) + end.logarithm * np.log(scale(np.log(lengths))))

    def growth(size: int) -> Callable[[Array], Array]:
        first, second = (curve_of(scans, layout, name, each) for each in (size, size + 1))
        return lambda values: np.log(second(values) / first(values))

    curves = [interpolant(growth(size), *_range(scans)) for size in range(len(scans) - 1)]
    words = f"chi ~ L^{end.growth:.4g} w^{end.logarithm:.4g}"
    return _limit(_Data(words, law, curves, lengths[:-1], SCALE), layout)


def _range(scans: Sequence[Curves]) -> tuple[float, float]:
    return max(scan.low for scan in scans), min(scan.high for scan in scans)


def _limit(data: _Data, layout: Layout) -> Extrapolation:
    """Fit the place and c to the data of every window L >= L_min, and average."""
    parameters, fewest = (2, 2) if data.prior is None else (3, 1)
    found = []
    for loops, (words, scale) in enumerate(SCALES.items(), start=1):
        for first in range(len(data.curves) - fewest + 1):
            fit = _fit(data, layout, first, words, scale, loops)
            found.append((fit, fit.chi_squared + 2 * parameters + 2 * first))
    if not found:
        raise InputError("sizes", len(data.curves), "are too few to tell the place from the logarithms")
    return averaged(found)


def expected(end: PhaseEnd, fit: Fit, lengths: Array) -> Array:
    """Return Y / T of sizes (n,) at the transition, by a fit of `limit_of_jump`."""
    if end.jump is None:
        raise InputError("helicity modulus", end.name, "is no jump of it")
    jump, approach = end.jump
    scale = list(SCALES.values())[int(fit.parameters["loops"]) - 1]
    return np.asarray(jump + approach / scale(np.log(lengths) + fit.parameters["c"]))


def _fit(data: _Data, layout: Layout, first: int, words: str, scale: Callable[[Array], Array], loops: int) -> Fit:
    curves = data.curves[first:]
    low, high = curves[0].low, curves[0].high
    most = max(len(each.coefficients) for each in curves)
    means = np.zeros((most, len(curves)))
    for column, each in zip(means.T, curves, strict=True):
        column[: len(each.coefficients)] = Resamples(layout, each.coefficients).values
    central = Interpolant(low, high, means)

    def apart(place: float, c: float) -> Array:
        law = data.law(lambda logs: scale(logs + c))[first:]
        return central(np.full(len(curves), place)) - law

    prior = data.prior
    least = LEAST - float(np.log(data.lengths[0]))
    c = SCALE.value
    grid = np.linspace(low, high, GRID)
    sums = np.array([apart(x, c).sum() for x in grid])
    changes = np.flatnonzero(np.diff(np.sign(sums)))
    if not len(changes):
        raise InputError(data.words, f"nowhere from {low:g} to {high:g}", "do the sizes behave so", "Look beyond")
    place = float(grid[changes[0]])
    for _ in range(2):
        # The covariance where the fit ends.
        covariance = stacked(layout, [each(np.full(layout.samples, place)) for each in curves]).covariance
        root = np.linalg.cholesky(covariance)

        def residuals(chosen: Array, root: Any = root) -> Array:
            left = np.linalg.solve(root, apart(*chosen))
            of_c = [] if prior is None else [(chosen[1] - prior.value) / prior.error]
            return np.concatenate([left, of_c])

        solved = least_squares(residuals, (place, c), bounds=((low, least), (high, MOST)), x_scale=(high - low, 1.0))
        place, c = map(float, solved.x)
    error = float(np.sqrt(np.linalg.pinv(solved.jac.T @ solved.jac, hermitian=True)[0, 0]))
    return Fit(
        f"{data.words}, w = {words}", float(data.lengths[first]), Estimate(place, error),
        {"c": c, "loops": float(loops)}, float(2.0 * solved.cost), len(solved.fun) - 2, 0.0,
    )  # fmt: skip
