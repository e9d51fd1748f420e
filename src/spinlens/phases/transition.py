"""The critical temperature, where tau_0 rises most steeply at zero field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from spinlens.errors import InputError
from spinlens.exact.ising import kaufman_torus
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.phases.resampling import check_resampling, resampled_profiles
from spinlens.phases.ridge import KEPT, central_error, peak_temperature
from spinlens.phases.smoothing import check_temperatures
from spinlens.phases.trainings import enough, spread
from spinlens.seeds import check_seed
from spinlens.statistics.estimate import Estimate

Floats = NDArray[np.float64]

METHOD = (
    "steepest rise of a smoothing spline through tau_0 at zero field, mean over trainings; error: bootstrap over "
    "chains, spread between trainings, and the finite-size shift as a uniform uncertainty to either side"
)


@dataclass(frozen=True, slots=True)
class Transition:
    """A critical temperature, in units of energy.

    Parameters
    ----------
    value, error : float
        NaN where tau_0 has no steepest rise inside the temperature range, in more than half of the trainings or in
        all but one.
    exact : float
        Of the infinite lattice.
    statistical_error : float
        From the bootstrap over chains alone.
    finite_size_shift : float
        How far the exact specific heat of this lattice peaks above Tc. Its 1 / sqrt(3) is the other part of
        the error.
    method : str
        The estimator.
    torus : bool
        Whether the lattice has no edges; the finite-size shift is that of a torus.
    by_training : tuple of float
        What each training alone gives.
    training_spread : float
        Between trainings, a part of the error; 0 of a single one, whose error then lacks it.
    """

    value: float
    error: float
    exact: float
    statistical_error: float
    finite_size_shift: float
    method: str = METHOD
    torus: bool = True
    by_training: tuple[float, ...] = ()
    training_spread: float = 0.0

    @property
    def relative_error(self) -> float:
        """Deviation from the exact value as a fraction of it, with its sign."""
        return (self.value - self.exact) / self.exact

    def to_dict(self) -> dict[str, Any]:
        """Return the parts by name, and ``relative_error``."""
        return asdict(self) | {"relative_error": self.relative_error}

    def __str__(self) -> str:
        caveat = "" if self.torus else "; the error holds on tori, and edges shift a transition further"
        if len(self.by_training) < 2:
            caveat += "; one training, so the error lacks the spread between them"
        return f"{Estimate(self.value, self.error)}{caveat}"


def find_transition(
    maps: xr.Dataset, *, trainings: Sequence[xr.Dataset] = (), resamples: int = 200, seed: int = 0
) -> Transition:
    """Read the critical temperature off tau_0 at zero field.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`; one field is enough if it is zero.
    trainings : sequence of Dataset
        Those of other trainings of the same recipe on the same ensemble: the estimate is the mean of all, and their
        spread is in its error.
    resamples : int
        Bootstrap resamples of the chains.
    seed : int
        Of the resampling.

    Returns
    -------
    Transition
        The estimate, its error, and the exact value.

    Raises
    ------
    InputError
        If there are fewer than 7 temperatures, 2 chains or 2 resamples, or zero is not among the fields.

    Notes
    -----
    On a torus of L x L sites the energy is steepest not at Tc but higher by a fraction 0.36 / L (A. E. Ferdinand
    and M. E. Fisher, Phys. Rev. 185, 832 (1969), https://doi.org/10.1103/PhysRev.185.832); abs(m) is steepest
    higher still, and m^8 below Tc. Which of these tau_0 resembles depends on the network, so nothing is corrected
    and the shift of the energy, computed exactly for the shape of the lattice, counts as an uncertainty of either
    sign. Without other trainings their spread is not in the error.
    """
    seed = check_seed(seed)
    check_resampling(maps.sizes["chain"], resamples)
    temperature = maps["temperature"].to_numpy()
    check_temperatures(temperature)
    zero = zero_field_index(maps["field"].to_numpy())
    found = np.stack([
        peak_temperature(
            temperature, resampled_profiles(each.isel(field=[zero]), "tau_0", resamples=resamples, seed=seed)[0],
            slope=True,
        )
        for each in (maps, *trainings)
    ])  # fmt: skip
    exact = float(maps.attrs["critical_temperature"])
    torus = bool(maps.attrs.get("torus", True))
    kept = found[np.isfinite(found[:, 0]) & (np.isfinite(found[:, 1:]).mean(axis=1) >= KEPT)]
    every = tuple(found[:, 0].tolist())
    if not enough(len(kept), len(found)):
        return Transition(np.nan, np.nan, exact, np.nan, np.nan, torus=torus, by_training=every)
    statistical = float(np.sqrt(np.mean(central_error(kept[:, 1:]) ** 2)))
    between = float(spread(kept[:, 0]))
    height, width = (int(side) for side in maps.attrs["shape"])
    shift = exact * (finite_size_ratio(height, width) - 1)
    error = float(np.sqrt(statistical**2 + between**2 + shift**2 / 3))
    return Transition(
        float(kept[:, 0].mean()), error, exact, statistical, shift, torus=torus, by_training=every,
        training_spread=between,
    )  # fmt: skip


@lru_cache(maxsize=64)
def finite_size_ratio(height: int, width: int) -> float:
    """Return T_max / Tc of the specific heat of a torus of ``height`` x ``width`` sites, exactly."""
    coarse = CRITICAL_TEMPERATURE * np.linspace(0.9, 1.5, 61)
    top = int(kaufman_torus((height, width), coarse).specific_heat.argmax())
    bounds = (coarse[max(top - 1, 0)], coarse[min(top + 1, 60)])
    found = minimize_scalar(
        lambda t: -float(np.squeeze(kaufman_torus((height, width), t).specific_heat)),
        bounds=bounds, method="bounded", options={"xatol": 1e-7},
    )  # fmt: skip
    return float(found.x) / CRITICAL_TEMPERATURE


def zero_field_index(field: Floats) -> int:
    """Return the index of h = 0.

    Raises
    ------
    InputError
        If the grid lacks it.
    """
    (found,) = np.nonzero(field == 0)
    if found.size == 0:
        raise InputError(
            "field", f"{field.min():g} to {field.max():g} without 0", "the critical temperature is read at zero field",
            "Add field 0 to the grid, for example with an odd number of fields from -h to h",
        )  # fmt: skip
    return int(found[0])
