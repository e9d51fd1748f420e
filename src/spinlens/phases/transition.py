"""The critical temperature of a column of a plane, where tau_0 rises most steeply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.phases.fluctuations import even_noise, specific_heat_profiles
from spinlens.phases.planes import Known, axes, known_transitions, on_plane, symmetric_columns
from spinlens.phases.resampling import check_resampling, resampled_profiles
from spinlens.phases.ridge import KEPT, central_error, find_ridge, peak_temperature
from spinlens.phases.trainings import enough, spread
from spinlens.seeds import check_seed
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.smoothing import check_points

Floats = NDArray[np.float64]

NEAR = 2.0
"""Steps of the grid of temperatures; the spline that is fitted bends on such scales."""

METHOD = (
    "steepest rise of a smoothing spline through tau_0 at zero field, mean over trainings; error: bootstrap over "
    "chains, spread between trainings, how far apart tau_0, specific heat and order parameter put it, to either side"
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
        Of the infinite lattice, exact or with an error that does not count here; NaN where nothing is known.
    statistical_error : float
        From the bootstrap over chains alone.
    finite_size_shift : float
        How far apart this lattice puts the transition by tau_0, specific heat and order parameter. Its
        1 / sqrt(3) is a part of the error.
    method : str
        The estimator.
    pseudo_critical : dict of str to float
        Where the specific heat peaks and the order parameter falls most steeply; where one is NaN the error is not
        known.
    unsound : tuple of float
        Temperatures near the transition at zero field that are not equilibrated, or recorded too shortly to tell.
    torus : bool
        Whether the lattice has no edges.
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
    pseudo_critical: Mapping[str, float] = field(default_factory=dict)
    unsound: tuple[float, ...] = ()

    @property
    def relative_error(self) -> float:
        """Deviation from the exact value as a fraction of it, with its sign."""
        return (self.value - self.exact) / self.exact

    def to_dict(self) -> dict[str, Any]:
        """Return the parts by name, and ``relative_error``."""
        return asdict(self) | {"relative_error": self.relative_error}

    def __str__(self) -> str:
        caveat = "" if self.torus else "; edges shift a transition further than the error says"
        if len(self.by_training) < 2:
            caveat += "; one training, so the error lacks the spread between them"
        if self.unsound:
            caveat += f"; not known to be equilibrated at T = {', '.join(f'{t:g}' for t in self.unsound)}"
        return f"{Estimate(self.value, self.error)}{caveat}"


def find_transition(
    maps: xr.Dataset, *, trainings: Sequence[xr.Dataset] = (), at: float | None = None, resamples: int = 200,
    seed: int = 0,
) -> Transition:  # fmt: skip
    """Read the critical temperature off tau_0 in a column where order breaks a symmetry: of spins in a field at zero.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`; one such column is enough.
    trainings : sequence of Dataset
        Those of other trainings of the same recipe on the same ensemble: the estimate is the mean of all, and their
        spread is in its error.
    at : float, optional
        The value of the control across; by default zero, or else the first with a symmetry.
    resamples : int
        Bootstrap resamples of the chains.
    seed : int
        Of the resampling.

    Returns
    -------
    Transition
        The estimate, its error, and the value that is known.

    Raises
    ------
    InputError
        If there are fewer than 7 temperatures, 2 chains or 2 resamples, or there is no such column.

    Notes
    -----
    A finite lattice has no one critical temperature: the specific heat peaks a fraction 0.36 / L above Tc on a torus of
    L x L spins (A. E. Ferdinand and M. E. Fisher, Phys. Rev. 185, 832 (1969),
    https://doi.org/10.1103/PhysRev.185.832), abs(m) falls most steeply higher still, m^8 below Tc. Which
    of these tau_0 resembles depends on the network, so nothing is corrected. All come together as the lattice grows, so
    how far they are apart on this one, in the same draws, counts as an uncertainty of either sign: no exact
    solution is asked. Without other trainings their spread is not in the error.
    """
    seed = check_seed(seed)
    maps, *trainings = (on_plane(each) for each in (maps, *trainings))
    check_resampling(maps.sizes["chain"], resamples)
    across, along = axes(maps)
    temperature = maps[along].to_numpy()
    check_points(temperature, along)
    column = {across: [symmetric_column(maps, at)]}
    found = np.stack([
        peak_temperature(
            temperature, resampled_profiles(each.isel(column), "tau_0", resamples=resamples, seed=seed)[0], slope=True
        )
        for each in (maps, *trainings)
    ])  # fmt: skip
    known = known_at(maps, float(maps[across][column[across][0]]))
    exact = known.value if known else np.nan
    torus = bool(maps.attrs.get("torus", True))
    kept = found[np.isfinite(found[:, 0]) & (np.isfinite(found[:, 1:]).mean(axis=1) >= KEPT)]
    every = tuple(found[:, 0].tolist())
    if not enough(len(kept), len(found)):
        return Transition(np.nan, np.nan, exact, np.nan, np.nan, torus=torus, by_training=every)
    statistical = float(np.sqrt(np.mean(central_error(kept[:, 1:]) ** 2)))
    between = float(spread(kept[:, 0]))
    value = float(kept[:, 0].mean())
    peaks = pseudo_critical(maps.isel(column), resamples=resamples, seed=seed)
    points = [value, *peaks.values()]
    shift = float(np.ptp(points))
    error = float(np.sqrt(statistical**2 + between**2 + shift**2 / 3))
    return Transition(
        value, error, exact, statistical, shift, torus=torus, by_training=every, training_spread=between,
        pseudo_critical=peaks, unsound=_unsound(maps.isel(column).squeeze(across), np.array(points)),
    )  # fmt: skip


def _unsound(maps: xr.Dataset, points: Floats) -> tuple[float, ...]:
    """Return temperatures within two steps of the grid of some points that are not known to be equilibrated."""
    if "equilibrated" not in maps:
        return ()
    temperature = maps[str(maps["equilibrated"].dims[0])].to_numpy()
    reach = NEAR * float(np.median(np.diff(temperature)))
    near = (np.abs(temperature[:, None] - points[np.isfinite(points)]) <= reach).any(axis=1)
    return tuple(temperature[near & ~maps["equilibrated"].to_numpy().astype(bool)].tolist())


def pseudo_critical(maps: xr.Dataset, *, resamples: int, seed: int) -> dict[str, float]:
    """Return where, in one column, the specific heat peaks and the absolute order parameter falls most steeply.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`, of a column alone where order breaks a symmetry.
    resamples, seed : int
        Of the bootstrap that says whether a peak is one.

    Returns
    -------
    dict of str to float
        ``specific_heat`` and, where the model has one, ``order_parameter``; NaN where there is no such place.
    """
    temperature, drawing = maps[axes(maps)[1]].to_numpy(), {"resamples": resamples, "seed": seed}
    heat = find_ridge(temperature, even_noise(specific_heat_profiles(maps, **drawing)))
    found = {"specific_heat": float(heat.temperature[0])}
    name = f"absolute_{maps.attrs['order_parameter']}"
    if f"{name}_chain" in maps:
        falls = peak_temperature(temperature, -resampled_profiles(maps, name, **drawing)[0], slope=True)
        found["order_parameter"] = float(falls[0]) if np.isfinite(falls[1:]).mean() >= KEPT else np.nan
    return found


def symmetric_column(maps: xr.Dataset, at: float | None = None) -> int:
    """Return the index of a column where order breaks a symmetry: at zero, or the first, where nothing is asked.

    Raises
    ------
    InputError
        If there is none, or none at the value that is asked for.
    """
    across, _ = axes(maps)
    values = maps[across].to_numpy()
    found = np.flatnonzero(symmetric_columns(maps))
    if at is not None:
        found = found[np.isclose(values[found], at, rtol=1e-9, atol=1e-12)]
    if found.size == 0:
        where = "" if at is None else f" at {at:g}"
        raise InputError(
            across, f"{values.min():g} to {values.max():g}",
            f"holds no value{where} with a symmetry that order breaks, and there the critical temperature is read",
            "Add such a value to the grid: of a field 0",
        )  # fmt: skip
    return int(found[np.abs(values[found]).argmin()]) if at is None and 0 in values[found] else int(found[0])


def known_at(maps: xr.Dataset, value: float) -> Known | None:
    """Return what is known of the transition in a column, temperature lying along; None where nothing is."""
    if axes(maps)[1] != "temperature":
        return None
    near = [known for at, known in known_transitions(maps).items() if np.isclose(at, value, rtol=1e-5, atol=1e-9)]
    return near[0] if near else None
