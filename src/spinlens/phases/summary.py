"""A crossover as JSON types and as a short table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from spinlens.statistics.estimate import Estimate

if TYPE_CHECKING:
    from spinlens.phases.crossover import Crossover
    from spinlens.phases.transition import Transition

TABLE_ROWS = 8


def summary(found: Crossover) -> dict[str, Any]:
    """Return everything but the resamples as JSON types; NaN becomes None."""
    shares: dict[str, Any] = {
        name: {"explained_variance_ratio": share, **_named(found, name)} for name, share in found.share.items()
    }
    shares["nu_0"] |= {
        "rank_correlation_with_magnetization": found.magnetization.rank,
        "correlation_with_magnetization": found.magnetization.linear,
    }
    transition = found.critical_temperature
    result: dict[str, Any] = {
        "plane": [found.across, found.along],
        "critical_temperature": transition.to_dict() if transition else None,
        "critical_line": [
            {found.across: value, **point.to_dict()} for value, point in sorted(found.critical_line.items())
        ],
        "reading": list(found.reading),
        **shares,
        "crossover": _rows(found),
        "rows": _places(found.rows, found.along),
        **_apex(found),
        "agreement": [one.to_dict() for one in found.agreement],
        "exponent": {name: {"value": x.value, "error": x.error} for name, x in found.exponent.items()},
        "asymmetry": found.asymmetry,
    }
    return {name: _json(part) for name, part in result.items()}


def _named(found: Crossover, component: str) -> dict[str, Any]:
    named = found.components.get(component)
    return {} if named is None else {"follows": named.name, "correlations": dict(named.correlations)}


PEAKS = {"nu_0": "nu_0_peak", "specific_heat": "specific_heat_peak", "susceptibility": "susceptibility_peak"}


def _rows(found: Crossover) -> list[dict[str, Any]]:
    """Return one row per column of the plane, under the names of the study's summary."""
    lines, rows = found.lines, []
    for index in range(lines.sizes[found.across]):
        line = lines.isel({found.across: index})
        row: dict[str, Any] = {
            found.across: float(line[found.across]), found.along: float(line["tau_1"]),
            "error": float(line["tau_1_error"]), "reason": str(line["tau_1_reason"].item()),
        }  # fmt: skip
        for name, key in PEAKS.items():
            if name in line:
                row |= {key: float(line[name]), f"{key}_error": float(line[f"{name}_error"])}
        row |= {f"{name}_peak": float(line[name]) for name in ("exact_specific_heat", "exact_susceptibility")}
        for name in (f"reweighted_{each}" for each in ("specific_heat", "susceptibility")):
            if name in line:
                row |= {f"{name}_peak": float(line[name]), f"{name}_peak_error": float(line[f"{name}_error"])}
        rows.append(row)
    return rows


def _apex(found: Crossover) -> dict[str, Any]:
    """Return where ridges lead at T = 0, beside what is known; nothing of planes without imaginary time."""
    if not found.apex:
        return {}
    known = found.known_apex
    return {
        "apex": {name: each.to_dict() for name, each in found.apex.items()},
        "known_apex": None if known is None else {"value": known.value, "error": known.error, "source": known.source},
    }


def _places(rows: xr.Dataset, along: str) -> list[dict[str, Any]]:
    """Return where across the plane each row has its ridges."""
    names = [str(name) for name in rows if not str(name).endswith(("_error", "_reason"))]
    return [
        {
            along: float(row[along]),
            **{part: float(row[part]) for name in names for part in (name, f"{name}_error") if part in row},
        }
        for row in (rows.isel({along: index}) for index in range(rows.sizes.get(along, 0) if names else 0))
    ]


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def table(found: Crossover) -> str:
    """Return the critical points, the crossover line in a few columns, and how it agrees."""
    pairs = found.pairs
    chosen = np.unique(np.linspace(0, pairs.sizes["strength"] - 1, TABLE_ROWS + 1).round().astype(int))
    titles = {
        "tau_1": "tau_1", "nu_0": "nu_0", "specific_heat": "C", "exact_specific_heat": "C exact",
        "susceptibility": "chi", "exact_susceptibility": "chi exact",
    }  # fmt: skip
    columns = [name for name in titles if name in pairs and np.isfinite(pairs[name]).any()]
    rows = [f"{_short(found.across):>13}" + "".join(f"{titles[name]:>12}" for name in columns)]
    for index in chosen:
        row = pairs.isel(strength=index)
        rows.append(f"{float(row['strength']):13.4g}" + "".join(f"{_cell(row, name):>12}" for name in columns))
    return "\n".join([
        *_opening(found),
        *(f"{name} follows {named}" for name, named in found.components.items()),
        f"{found.along.capitalize()} of the crossover, from tau_1 and from the peaks of fluctuations:",
        *rows,
        *_closing(found),
    ])  # fmt: skip


def _short(across: str) -> str:
    return "|h|" if across == "field" else across


def _opening(found: Crossover) -> list[str]:
    """Return what there is to say of critical points."""
    lines = list(found.reading)
    if len(found.critical_line) > 1:
        for value, point in found.critical_line.items():
            known = f", known {point.exact:.5g}" if np.isfinite(point.exact) else ""
            known += f", off by {point.relative_error:+.2%}" if np.isfinite(point.relative_error) else ""
            lines.append(f"{found.across} {value:g}: Tc = {_value(point)}{known}")
    elif transition := found.critical_temperature:
        known = f", exact {transition.exact:.6f}, off by {transition.relative_error:+.2%}"
        lines.append(f"Tc = {_value(transition)}{known if np.isfinite(transition.relative_error) else ''}")
    for name, each in found.apex.items():
        known = f", known {found.known_apex.value:g}" if found.known_apex else ""
        lines.append(f"Apex at T = 0 by {name}: {found.across} {each}{known}; nu z = {each.exponent} along the ridge")
    m = found.magnetization
    if np.isfinite(m.rank) and len(found.critical_line) < 2:
        lines.append(f"nu_0 follows m: rank correlation {m.rank:.5f}, linear {m.linear:.3f}")
    return lines


def _value(point: Transition) -> str:
    return str(point) if np.isfinite(point.value) else "not found: tau_0 has no steepest rise inside the range"


def _closing(found: Crossover) -> list[str]:
    """Return the lines that say how well tau_1's ridge agrees with the exact ones, or those of the same draws."""
    known, exponent = [each for each in found.agreement if each.fields], found.exponent
    near = next((each for each in known if each.line == "tau_1"), None)
    if near is None:
        return ["tau_1 has no ridge to compare with another line"]
    names = {"exact_specific_heat": "the exact line of C", "exact_susceptibility": "the exact line of chi",
             "specific_heat": "the peaks of C", "susceptibility": "the peaks of chi"}  # fmt: skip
    lines = [f"tau_1 against {names[near.reference]}: bias {near.bias:+.1%}, rms {near.rms:.1%}, {near.fields} columns"]
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
