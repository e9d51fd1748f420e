"""A crossover as JSON types and as a short table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from spinlens.statistics.estimate import Estimate

if TYPE_CHECKING:
    from spinlens.phases.crossover import Crossover

TABLE_ROWS = 8


def summary(found: Crossover) -> dict[str, Any]:
    """Return everything but the resamples as JSON types; NaN becomes None."""
    shares = {name: {"explained_variance_ratio": share} for name, share in found.share.items()}
    shares["nu_0"] |= {
        "rank_correlation_with_magnetization": found.magnetization.rank,
        "correlation_with_magnetization": found.magnetization.linear,
    }
    result: dict[str, Any] = {
        "critical_temperature": found.critical_temperature.to_dict(),
        **shares,
        "crossover": _rows(found.lines),
        "agreement": [one.to_dict() for one in found.agreement],
        "exponent": {name: {"value": x.value, "error": x.error} for name, x in found.exponent.items()},
        "asymmetry": found.asymmetry,
    }
    return {name: _json(part) for name, part in result.items()}


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
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def table(found: Crossover) -> str:
    """Return the critical temperature, the crossover line at a few fields, and how it agrees."""
    transition, m = found.critical_temperature, found.magnetization
    chosen = np.unique(np.linspace(0, found.pairs.sizes["strength"] - 1, TABLE_ROWS + 1).round().astype(int))
    titles = ("|h|", "tau_1", "C", "C exact", "chi", "chi exact")
    columns = ("tau_1", "specific_heat", "exact_specific_heat", "susceptibility", "exact_susceptibility")
    rows = [f"{titles[0]:>7}" + "".join(f"{title:>12}" for title in titles[1:])]
    for index in chosen:
        row = found.pairs.isel(strength=index)
        rows.append(f"{float(row['strength']):7.4g}" + "".join(f"{_cell(row, name):>12}" for name in columns))
    return "\n".join(
        [
            f"Tc = {transition}, exact {transition.exact:.6f}, off by {transition.relative_error:+.2%}"
            if np.isfinite(transition.value)
            else "Tc: tau_0 has no steepest rise inside the temperature range",
            f"nu_0 follows m: rank correlation {m.rank:.5f}, linear {m.linear:.3f}",
            "Temperature of the crossover, from tau_1 and from the peaks of C and chi:",
            *rows,
            *_closing(found),
        ]
    )


def _closing(found: Crossover) -> list[str]:
    """Return the lines that say how well tau_1's ridge agrees with the exact ones."""
    near, exponent = found.agreement[0], found.exponent
    if not near.fields:
        return ["tau_1 has no ridge to compare with the exact line of C"]
    lines = [f"tau_1 against the exact line of C: bias {near.bias:+.1%}, rms {near.rms:.1%}, {near.fields} fields"]
    if np.isfinite(exponent["tau_1"].value):
        lines.append(
            f"T - Tc ~ |h|^x: x = {exponent['tau_1']} (tau_1), {exponent['exact_specific_heat'].value:.3f} (exact C), "
            f"{exponent['exact_susceptibility'].value:.3f} (exact chi)"
        )
    return lines


def _cell(row: xr.Dataset, name: str) -> str:
    value = float(row[name])
    if not np.isfinite(value):
        return "-"
    return f"{value:.3f}" if f"{name}_error" not in row else str(Estimate(value, float(row[f"{name}_error"])))
