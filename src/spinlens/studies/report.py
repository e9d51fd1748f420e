"""Summaries of the crossover study as short tables, beside the published values where there are some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spinlens.ensemble.judgement import sentence
from spinlens.statistics.estimate import Estimate

PUBLISHED = {"critical_temperature": "2.25", "nu_0": "77.1 %", "deviation": "-0.85 %"}
"""What Walker, Tam and Jarrell (2020) state in their text."""

FIELDS_SHOWN = 6


def crossover_rows(summary: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return rows (quantity, published, this run, exact) of a crossover summary."""
    nu_0, rows = summary["nu_0"], list[tuple[str, str, str, str]]()
    if transition := summary["critical_temperature"]:
        deviation, exact = transition["relative_error"], transition["exact"]
        rows = [
            (
                "critical temperature from tau_0",
                PUBLISHED["critical_temperature"],
                _estimate(transition["value"], transition["error"]),
                "-" if exact is None else f"{exact:.6f}",
            ),
            *_trainings(transition),
            (
                "its deviation from the exact value",
                PUBLISHED["deviation"],
                "-" if deviation is None else f"{deviation:+.2%}",
                "",
            ),
        ]
    return [
        *rows,
        ("variance of the means in nu_0", PUBLISHED["nu_0"], f"{nu_0['explained_variance_ratio']:.1%}", ""),
        ("rank correlation of nu_0 with m", "-", _number(nu_0["rank_correlation_with_magnetization"], 5), ""),
        ("linear correlation of nu_0 with m", "-", _number(nu_0["correlation_with_magnetization"]), ""),
        ("variance of the condition means in tau_0", "-", f"{summary['tau_0']['explained_variance_ratio']:.1%}", ""),
        ("variance of the condition means in tau_1", "-", f"{summary['tau_1']['explained_variance_ratio']:.1%}", ""),
    ]


def _trainings(transition: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Say what the trainings give one by one; a single one says that its error lacks their spread."""
    values = transition.get("by_training", [transition["value"]])
    if len(values) < 2:
        return [("its error holds the spread of trainings", "-", "no: one training", "")]
    known = [value for value in values if value is not None]
    shown = f"{min(known):.3f} to {max(known):.3f}" if known else "-"
    return [(f"in each of {len(values)} trainings", "-", shown, "")]


def crossover_table(summary: Mapping[str, Any]) -> str:
    """Return the end of a run as text: results, the lines, what is not equilibrated."""
    across = summary.get("plane", ["field"])[0]
    # The exact lines are those of the system that was published.
    published = any(row["exact_specific_heat_peak"] is not None for row in summary["crossover"])
    rows = [("", "published", "this run", "exact"), *crossover_rows(summary)]
    lines = [
        f"{name:<36} {there if published else '':>10} {here:>14} {exact:>10}".rstrip()
        for name, there, here, exact in rows if published or name != "its deviation from the exact value"
    ]  # fmt: skip
    lines += ["", *summary.get("reading", []), *_names(summary), *_critical_line(summary, across)]
    lines += ["", *_crossover(summary, across), *_apex(summary, across), *_sizes(summary)]
    lines += ["", sentence(summary["equilibration"])]
    seconds = ", ".join(f"{stage} {value:.0f} s" for stage, value in summary["timing"].items())
    return "\n".join([*lines, f"Estimator {summary['estimator']}. Time: {seconds}."])


def _names(summary: Mapping[str, Any]) -> list[str]:
    """Say what each component follows."""
    lines = []
    for name in ("nu_0", "nu_1", "tau_0", "tau_1"):
        part = summary.get(name, {})
        if "follows" in part:
            follows = part["follows"]
            words = (
                f"{follows.replace('_', ' ')} ({part['correlations'][follows]:+.3f})" if follows else "no observable"
            )
            lines.append(f"{name} follows {words}")
    return lines


def _critical_line(summary: Mapping[str, Any], across: str) -> list[str]:
    """Return the transitions of all columns beside what is known, where there are several."""
    line = summary.get("critical_line", [])
    if len(line) < 2:
        return []
    lines = ["", "Transitions, from tau_0:", f"{across:>14} {'found':>14} {'known':>10}"]
    return lines + [
        f"{row[across]:14.6g} {_estimate(row['value'], row['error']):>14} {_number(row['exact'], 5):>10}"
        for row in line
    ]  # fmt: skip


CROSSOVER_COLUMNS = (
    ("tau_1", "", 12), ("nu_0", "nu_0_peak", 12), ("C", "specific_heat_peak", 12),
    ("C exact", "exact_specific_heat_peak", 9), ("chi", "susceptibility_peak", 12),
    ("chi exact", "exact_susceptibility_peak", 9),
)  # fmt: skip


def _crossover(summary: Mapping[str, Any], across: str) -> list[str]:
    """Return the crossover lines in a few columns of the plane."""
    along = summary.get("plane", ["field", "temperature"])[1]
    rows = summary["crossover"]
    if across == "field":
        rows = [row for row in rows if row["field"] > 0]
    columns = [
        each for each in CROSSOVER_COLUMNS if not each[1] or any(row.get(each[1]) is not None for row in rows)
    ]  # fmt: skip
    symbol = "h" if across == "field" else across
    place = "in a field h" if across == "field" else f"by {across.replace('_', ' ')}"
    lines = [f"{along.capitalize()} of the crossover {place}: ridge of tau_1, peaks of fluctuations of the same draws."]
    width = max(8, len(symbol))
    lines.append(f"{symbol:>{width}} " + " ".join(f"{title:>{wide}}" for title, _, wide in columns))
    for row in rows[:: max(1, -(-len(rows) // FIELDS_SHOWN))]:
        cells = []
        for _, key, wide in columns:
            value, error = (row[along], row["error"]) if not key else (row.get(key), row.get(f"{key}_error"))
            cells.append(f"{_number(value) if key.startswith('exact') else _estimate(value, error):>{wide}}")
        lines.append(f"{row[across]:{width}.4g} " + " ".join(cells))
    return lines


def _apex(summary: Mapping[str, Any], across: str) -> list[str]:
    """Return where ridges across the plane lead at T = 0, where temperature is an inverse imaginary time."""
    if not summary.get("apex"):
        return []
    known = summary["known_apex"]
    beside = f", known {known['value']:g} ({known['source']})" if known else ""
    lines = ["", f"Ridges across the plane lead at T = 0 to this {across.replace('_', ' ')}{beside}:"]
    lines.append(f"{'ridge':>16} {'found':>14} {'nu z along it':>14}")
    return lines + [
        f"{name:>16} {_estimate(each['value'], each['error']):>14} "
        f"{_estimate(*each['exponent']) if each['exponent'][1] else _number(each['exponent'][0]):>14}"
        for name, each in summary["apex"].items()
    ]  # fmt: skip


def _sizes(summary: Mapping[str, Any]) -> list[str]:
    """Return where networks of several sizes put the transition."""
    scaling = summary.get("scaling")
    if not scaling:
        return []
    names = list(scaling["infinite"])
    lines = ["", f"Several sizes at {summary['plane'][0]} {scaling['at']:g}, networks of their own:"]
    lines.append(f"{'size':>12} " + " ".join(f"{name:>15}" for name in names))
    rows = [("x".join(map(str, row["shape"])), row) for row in scaling["sizes"]] + [("infinite", scaling["infinite"])]
    return lines + [
        f"{name:>12} " + " ".join(f"{_estimate(*(row[key] or (None, None))):>15}" for key in names)
        for name, row in rows
    ]  # fmt: skip


def _estimate(value: float | None, error: float | None) -> str:
    return "-" if value is None or error is None else str(Estimate(value, error))


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
