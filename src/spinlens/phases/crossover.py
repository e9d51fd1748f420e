"""From latent maps to physics: the critical temperature and the crossover line, beside the exact ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.phases.agreement import (
    Agreement,
    Correlation,
    asymmetry,
    compare_lines,
    correlation,
    opposite,
    scaling_exponent,
)
from spinlens.phases.exact_lines import exact_lines
from spinlens.phases.fluctuations import even_noise, specific_heat_profiles, susceptibility_profiles
from spinlens.phases.requirements import check_analysis
from spinlens.phases.resampling import resampled_profiles
from spinlens.phases.ridge import Ridge, find_ridge
from spinlens.phases.transition import Transition, find_transition
from spinlens.seeds import check_seed
from spinlens.statistics.estimate import Estimate

Floats = NDArray[np.float64]

RIDGES = ("tau_1", "specific_heat", "susceptibility")
COMPARED = (
    ("tau_1", "exact_specific_heat"),
    ("tau_1", "exact_susceptibility"),
    ("tau_1", "specific_heat"),
    ("tau_1", "susceptibility"),
    ("specific_heat", "exact_specific_heat"),
    ("susceptibility", "exact_susceptibility"),
)
TABLE_ROWS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Crossover:
    """What the network's maps say about the phase diagram, beside the exact answers.

    Attributes
    ----------
    critical_temperature : Transition
        From tau_0 at zero field.
    lines : xarray.Dataset
        Over ``field``: temperatures of the ridges ``tau_1``, ``specific_heat`` and ``susceptibility`` with
        ``NAME_error`` and ``NAME_reason`` (why there is none), and ``exact_specific_heat`` and
        ``exact_susceptibility``. NaN where there is no ridge.
    pairs : xarray.Dataset
        The same over ``strength`` = abs(h), opposite fields averaged.
    agreement : tuple of Agreement
        Of the lines with each other, over `pairs`.
    exponent : dict of str to Estimate
        Effective exponent x of T - Tc ~ abs(h)^x for every line.
    magnetization : Correlation
        Of nu_0 with m over the condition means.
    asymmetry : dict of str to float
        Of tau_0 and tau_1 in the field, as a fraction of their range.
    share : dict of str to float
        Explained variance ratio of nu_0, tau_0 and tau_1.
    """

    critical_temperature: Transition
    lines: xr.Dataset
    pairs: xr.Dataset
    agreement: tuple[Agreement, ...]
    exponent: dict[str, Estimate]
    magnetization: Correlation
    asymmetry: dict[str, float]
    share: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; NaN becomes None."""
        shares = {name: {"explained_variance_ratio": share} for name, share in self.share.items()}
        shares["nu_0"] |= {
            "rank_correlation_with_magnetization": self.magnetization.rank,
            "correlation_with_magnetization": self.magnetization.linear,
        }
        result: dict[str, Any] = {
            "critical_temperature": self.critical_temperature.to_dict(),
            **shares,
            "crossover": _rows(self.lines),
            "agreement": [one.to_dict() for one in self.agreement],
            "exponent": {name: {"value": x.value, "error": x.error} for name, x in self.exponent.items()},
            "asymmetry": self.asymmetry,
        }
        return {name: _json(part) for name, part in result.items()}

    def __str__(self) -> str:
        """Return a short table."""
        return _table(self)


def find_crossover(maps: xr.Dataset, *, resamples: int = 200, seed: int = 0) -> Crossover:
    """Read the critical temperature and the crossover line off the latent maps.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`.
    resamples : int
        Bootstrap resamples of the chains.
    seed : int
        Of the resampling.

    Returns
    -------
    Crossover
        Prints as a table.

    Raises
    ------
    InputError
        If there are fewer than 7 temperatures, 2 chains or 2 resamples, no zero field, or no other field.

    Notes
    -----
    At each field the crossover is where a smoothing spline through tau_1(T) is highest; its stiffness is
    that of restricted maximum likelihood, and it reads between the grid points. The same search on the logarithm
    of the ensemble's specific heat and susceptibility gives the lines beside it. Errors are a bootstrap
    over chains at fixed principal components and fixed stiffness: they hold for this network, not for another training.
    """
    seed = check_seed(seed)
    field, coupling = maps["field"].to_numpy(), float(maps.attrs["coupling"])
    check_analysis(field, maps["temperature"].to_numpy(), maps.sizes["chain"], resamples=resamples)
    transition = find_transition(maps, resamples=resamples, seed=seed)
    ridges = _ridges(maps, resamples=resamples, seed=seed)
    lines, pairs = _lines(field, ridges, coupling), _pairs(field, ridges, coupling)
    return Crossover(
        critical_temperature=transition,
        lines=lines,
        pairs=pairs.drop_vars([f"{name}_resampled" for name in RIDGES]),
        agreement=tuple(compare_lines(pairs, *names) for names in COMPARED),
        exponent=_exponents(pairs, coupling),
        magnetization=correlation(maps),
        asymmetry={name: asymmetry(maps, name) for name in ("tau_0", "tau_1")},
        share={
            name: float(maps[f"{name[:-2]}_explained_variance_ratio"][int(name[-1])])
            for name in ("nu_0", "tau_0", "tau_1")
        },
    )


def _ridges(maps: xr.Dataset, *, resamples: int, seed: int) -> dict[str, Ridge]:
    temperature = maps["temperature"].to_numpy()
    drawing: dict[str, int] = {"resamples": resamples, "seed": seed}
    return {
        "tau_1": find_ridge(temperature, resampled_profiles(maps, "tau_1", **drawing)),
        "specific_heat": find_ridge(temperature, even_noise(specific_heat_profiles(maps, **drawing))),
        "susceptibility": find_ridge(temperature, even_noise(susceptibility_profiles(maps, **drawing))),
    }


def _lines(field: Floats, ridges: dict[str, Ridge], coupling: float) -> xr.Dataset:
    lines = xr.Dataset(coords={"field": field})
    for name, ridge in ridges.items():
        lines[name] = ("field", ridge.temperature)
        lines[f"{name}_error"] = ("field", ridge.error)
        lines[f"{name}_reason"] = ("field", np.array(ridge.reason))
    return _with_exact(lines, "field", coupling)


def _pairs(field: Floats, ridges: dict[str, Ridge], coupling: float) -> xr.Dataset:
    """Average opposite fields; one of them alone where the other has no ridge."""
    groups = [
        sorted({i, i if (j := opposite(field, i)) is None else j})
        for i in range(len(field))
        if field[i] >= 0 or opposite(field, i) is None
    ]
    groups.sort(key=lambda group: abs(field[group[0]]))
    pairs = xr.Dataset(coords={"strength": [abs(field[group[0]]) for group in groups]})
    for name, ridge in ridges.items():
        known = [[i for i in group if np.isfinite(ridge.temperature[i])] for group in groups]
        nothing = np.full(ridge.resampled.shape[1], np.nan)
        pairs[name] = ("strength", [ridge.temperature[i].mean() if i else np.nan for i in known])
        pairs[f"{name}_error"] = (
            "strength",
            [np.sqrt(np.sum(ridge.error[i] ** 2)) / len(i) if i else np.nan for i in known],
        )
        resampled = [ridge.resampled[i].mean(axis=0) if i else nothing for i in known]
        pairs[f"{name}_resampled"] = (("strength", "resample"), np.array(resampled))
    return _with_exact(pairs, "strength", coupling)


def _with_exact(lines: xr.Dataset, dimension: str, coupling: float) -> xr.Dataset:
    exact = exact_lines(lines[dimension].to_numpy(), coupling=coupling)
    lines["exact_specific_heat"] = (dimension, exact.specific_heat)
    lines["exact_susceptibility"] = (dimension, exact.susceptibility)
    return lines


def _exponents(pairs: xr.Dataset, coupling: float) -> dict[str, Estimate]:
    strength = pairs["strength"].to_numpy()
    none = np.empty((len(strength), 0))
    resampled = {name: pairs[f"{name}_resampled"].to_numpy() for name in RIDGES}
    names = (*RIDGES, "exact_specific_heat", "exact_susceptibility")
    return {
        name: scaling_exponent(
            strength, pairs[name].to_numpy(), resampled.get(name, none), coupling=abs(coupling)
        )
        for name in names
    }


def _rows(lines: xr.Dataset) -> list[dict[str, Any]]:
    """Return one row per field, under the names of the study's summary."""
    return [
        {
            "field": float(row["field"]),
            "temperature": float(row["tau_1"]),
            "error": float(row["tau_1_error"]),
            "reason": str(row["tau_1_reason"].item()),
            "specific_heat_peak": float(row["specific_heat"]),
            "specific_heat_peak_error": float(row["specific_heat_error"]),
            "susceptibility_peak": float(row["susceptibility"]),
            "susceptibility_peak_error": float(row["susceptibility_error"]),
            "exact_specific_heat_peak": float(row["exact_specific_heat"]),
            "exact_susceptibility_peak": float(row["exact_susceptibility"]),
        }
        for row in (lines.isel(field=index) for index in range(lines.sizes["field"]))
    ]


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _table(found: Crossover) -> str:
    transition = found.critical_temperature
    chosen = np.unique(np.linspace(0, found.pairs.sizes["strength"] - 1, TABLE_ROWS + 1).round().astype(int))
    head = ("|h|", "tau_1", "C", "C exact", "chi", "chi exact")
    rows = [f"{head[0]:>7}" + "".join(f"{title:>12}" for title in head[1:])]
    for index in chosen:
        row = found.pairs.isel(strength=index)
        cells = [
            _cell(row, name)
            for name in (
                "tau_1",
                "specific_heat",
                "exact_specific_heat",
                "susceptibility",
                "exact_susceptibility",
            )
        ]
        rows.append(f"{float(row['strength']):7.4g}" + "".join(f"{cell:>12}" for cell in cells))
    near = found.agreement[0]
    return "\n".join(
        [
            f"Tc = {transition}, exact {transition.exact:.6f}, off by {transition.relative_error:+.2%}",
            f"nu_0 follows m: rank correlation {found.magnetization.rank:.5f}, linear {found.magnetization.linear:.3f}",
            "Temperature of the crossover, from tau_1 and from the peaks of C and chi:",
            *rows,
            f"tau_1 against the exact line of C: bias {near.bias:+.1%}, rms {near.rms:.1%}, {near.fields} fields",
            f"T - Tc ~ |h|^x: x = {found.exponent['tau_1']} (tau_1), "
            f"{found.exponent['exact_specific_heat'].value:.3f} (exact C), "
            f"{found.exponent['exact_susceptibility'].value:.3f} (exact chi)",
        ]
    )


def _cell(row: xr.Dataset, name: str) -> str:
    value = float(row[name])
    if not np.isfinite(value):
        return "-"
    return f"{value:.3f}" if f"{name}_error" not in row else str(Estimate(value, float(row[f"{name}_error"])))
