"""Curves of sizes that follow from a flow or from Gaussian integrals, with errors that are put in, and known ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.polynomial.chebyshev import Chebyshev, chebpts2
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from spinlens.statistics.scaling import FiniteSize

FUGACITY = 0.1
"""Of vortices on the scale of the lattice."""

DEGREE = 12
"""Of the polynomials in T through what flows end with."""


class Given:
    """One size whose curves are functions, each off by a few thousandths that its groups of chains know of."""

    control, dimensions, groups, temperature, order_parameter = "temperature", 2, 32, None, "order"

    def __init__(
        self, length: int, curves: dict[str, Callable], low: float, high: float, *, error: float = 1e-3, seed: int = 1
    ) -> None:
        self.length, self.sites, self.low, self.high, self.given = length, length**2, low, high, curves
        generator = np.random.default_rng([seed, length])
        # A part that all temperatures share and a part with a slope, of all and without each group.
        shifts = generator.normal(size=(len(curves), 2, 1 + self.groups)) * error
        shifts[..., 1:] = shifts[..., :1] + shifts[..., 1:] / np.sqrt(self.groups - 1)
        self._shifts = shifts

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.given)

    @property
    def moduli(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name.startswith("helicity"))

    def curves(self, values: np.ndarray) -> dict[str, np.ndarray]:
        x = np.asarray(values)
        along = (2 * x - self.low - self.high) / (self.high - self.low)
        return {
            name: curve(x)[:, None] * (1 + shift[0] + along[:, None] * shift[1])
            for (name, curve), shift in zip(self.given.items(), self._shifts, strict=True)
        }


def unbinding_temperature(fugacity: float = FUGACITY) -> float:
    """Return where the flow ends at 1 / K = pi / 2: y^2 - (2 u - pi ln u) / (2 pi^3) is conserved, u = 1 / K."""

    def apart(u: float) -> float:
        return (2 * u - np.pi * np.log(u) - np.pi + np.pi * np.log(np.pi / 2)) / (2 * np.pi**3) - fugacity**2

    return float(brentq(apart, 0.3, np.pi / 2 - 1e-9))


def unbinding(lengths, low, high, *, fugacity: float = FUGACITY, **options) -> list[Given]:
    """Return curves of Kosterlitz' flow from 1 / K = T and y, the fugacity.

    Y / T = K and d ln chi / d ln L = 2 - 1 / (2 pi K). J. M. Kosterlitz, J. Phys. C 7, 1046 (1974).
    """
    temperatures = 0.5 * (low + high) + 0.5 * (high - low) * chebpts2(DEGREE + 1)
    rows = np.array([_flow(float(t), fugacity, tuple(lengths)) for t in temperatures])
    found = []
    for k, length in enumerate(lengths):
        stiffness, growth = (Chebyshev.fit(temperatures, rows[:, part, k], DEGREE, [low, high]) for part in (0, 1))
        curves = {
            "susceptibility": lambda x, growth=growth: np.exp(growth(x)),
            "helicity_modulus_x": lambda x, stiffness=stiffness: x * stiffness(x),
        }
        found.append(Given(length, curves, low, high, **options))
    return found


@cache
def _flow(temperature: float, fugacity: float, lengths: tuple[int, ...]) -> tuple[list[float], list[float]]:
    def slopes(_, state):
        inverse, y, _ = state
        return [4 * np.pi**3 * y**2, (2 - np.pi / inverse) * y, 2 - inverse / (2 * np.pi)]

    logs = np.log(lengths)
    solved = solve_ivp(slopes, (0, logs[-1]), [temperature, fugacity, 0.0], t_eval=logs, rtol=1e-9, atol=1e-11)
    inverse, _, growth = solved.y
    return list(1 / inverse), list(growth)


def clock_ends(states: int, fugacity: float = FUGACITY) -> tuple[float, float]:
    """Return where the flow of `clock` has its critical phase end, exactly but for the integration.

    What q angles add dies out towards the upper end; from there on what Kosterlitz' flow conserves decides, which is
    what it is at 1 / K = pi / 2 without vortices. The lower end is dual to it: T_1 T_2 = (2 pi / q)^2.
    """

    def conserved(inverse: float, y: float) -> float:
        return y**2 - (2 * inverse - np.pi * np.log(inverse)) / (2 * np.pi**3)

    def apart(temperature: float) -> float:
        inverse, y, *_ = _clock_flow(temperature, fugacity, states, FAR)[:, -1]
        return conserved(inverse, y) - conserved(np.pi / 2, 0.0)

    upper = float(brentq(apart, 2 * np.pi / states, 1.3 * 2 * np.pi / states, xtol=1e-9))
    return (2 * np.pi / states) ** 2 / upper, upper


def clock(lengths, low, high, states: int = 6, *, fugacity: float = FUGACITY, **options) -> list[Given]:
    """Return susceptibilities of the flow of q angles whose vortices and locking forces have the same fugacity.

    J. V. Jose, L. P. Kadanoff, S. Kirkpatrick and D. R. Nelson, Phys. Rev. B 16, 1217 (1977).
    """
    temperatures = 0.5 * (low + high) + 0.5 * (high - low) * chebpts2(2 * DEGREE + 1)
    logs = np.log(lengths)
    rows = np.array([_clock_flow(float(t), fugacity, states, logs)[-1] for t in temperatures])
    found = []
    for length, row in zip(lengths, rows.T, strict=True):
        growth = Chebyshev.fit(temperatures, row, 2 * DEGREE, [low, high])
        curves = {"susceptibility": lambda x, growth=growth: np.exp(growth(x))}
        found.append(Given(length, curves, low, high, **options))
    return found


FAR = np.array([6.0])
"""ln L at which next to nothing is left of the forces of q angles where vortices unbind."""


def _clock_flow(temperature: float, fugacity: float, states: int, logs: np.ndarray) -> np.ndarray:
    """Return 1 / K, both fugacities and ln chi at each ln L, float64 (4, n)."""

    def slopes(_, state):
        inverse, vortices, forces, _ = state
        return [
            4 * np.pi**3 * vortices**2 - np.pi * (states * inverse * forces) ** 2, (2 - np.pi / inverse) * vortices,
            (2 - states**2 * inverse / (4 * np.pi)) * forces, 2 - inverse / (2 * np.pi),
        ]  # fmt: skip

    start = [temperature, fugacity, fugacity, 0.0]
    solved = solve_ivp(slopes, (0, logs[-1]), start, t_eval=logs, rtol=1e-9, atol=1e-13)
    return solved.y


def spin_waves(lengths, low, high, **options) -> list[Given]:
    """Return curves of Gaussian angles on a torus: <cos(a_0 - a_r)> = exp(-T G(r)), G(r) the sum over waves, J = 1."""
    found = []
    for length in lengths:
        decay = wave_sums(length).reshape(-1)

        def susceptibility(x, decay=decay):
            return np.exp(-np.multiply.outer(x, decay)).sum(axis=-1) / x

        curves = {"susceptibility": susceptibility, "helicity_modulus_x": np.ones_like}
        found.append(Given(length, curves, low, high, **options))
    return found


def drawn_waves(length: int, temperatures: np.ndarray, *, chains: int, draws: int, seed: int = 1) -> dict:
    """Return recordings of Gaussian angles, each drawn from its distribution on its own, wave by wave."""
    generator = np.random.default_rng([seed, length])
    k = 2 - 2 * np.cos(2 * np.pi * np.arange(length) / length)
    energy = k[:, None] + k
    spread = 1 / np.sqrt(np.where(energy > 0, energy, np.inf))
    energies, orders = [], []
    for t in temperatures:
        noise = generator.normal(size=(chains, draws, length, length))
        angles = np.sqrt(t) * np.fft.ifft2(np.fft.fft2(noise) * spread).real
        angles += generator.uniform(0, 2 * np.pi, size=(chains, draws, 1, 1))
        steps = [(np.roll(angles, 1, axis) - angles) ** 2 for axis in (-1, -2)]
        energies.append(0.5 * (steps[0] + steps[1]).sum(axis=(-1, -2)))
        orders.append(np.stack([np.cos(angles).mean(axis=(-1, -2)), np.sin(angles).mean(axis=(-1, -2))], axis=-1))
    return {"temperature": temperatures, "energy": np.array(energies), "order": np.array(orders)}


def scaling(lengths, *, nu: float = 1.0, eta: float = 0.25, low: float = 0.93, high: float = 1.07) -> list[Given]:
    """Return curves chi = L^(2 - eta) F((T - 1) L^(1/nu)) of a critical point at T = 1, ordered below it."""
    found = []
    for length in lengths:

        def susceptibility(t, length=length):
            x = 4 * (t - 1) * length ** (1 / nu)
            order, disorder = np.logaddexp(0, -x) + 0.3, np.logaddexp(0, x) + 0.3
            return length ** (2 - eta) * order ** (eta * nu) * disorder ** (-(2 - eta) * nu)

        found.append(Given(length, {"susceptibility": susceptibility}, low, high, error=3e-4))
    return found


def study_of(scans: list) -> FiniteSize:
    """Return the study of sizes whose curves are known."""
    study = FiniteSize.__new__(FiniteSize)
    study._set(scans)
    return study


def wave_sums(length: int) -> np.ndarray:
    """Return G(r) = (1 / N) sum_k (1 - cos k r) / (4 - 2 cos k_x - 2 cos k_y), float64 (L, L)."""
    k = 2 - 2 * np.cos(2 * np.pi * np.arange(length) / length)
    energy = k[:, None] + k
    energy[0, 0] = np.inf
    propagator = np.fft.ifft2(1 / energy).real
    return propagator[0, 0] - propagator
