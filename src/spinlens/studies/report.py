"""Summaries as short tables, beside the published values."""

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
    transition, nu_0 = summary["critical_temperature"], summary["nu_0"]
    deviation = transition["relative_error"]
    return [
        (
            "critical temperature from tau_0",
            PUBLISHED["critical_temperature"],
            _estimate(transition["value"], transition["error"]),
            f"{transition['exact']:.6f}",
        ),
        *_trainings(transition),
        (
            "its deviation from the exact value",
            PUBLISHED["deviation"],
            "-" if deviation is None else f"{deviation:+.2%}",
            "",
        ),
        ("variance of the means in nu_0", PUBLISHED["nu_0"], f"{nu_0['explained_variance_ratio']:.1%}", ""),
        ("rank correlation of nu_0 with m", "-", f"{nu_0['rank_correlation_with_magnetization']:.5f}", ""),
        ("linear correlation of nu_0 with m", "-", f"{nu_0['correlation_with_magnetization']:.3f}", ""),
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
    """Return the end of a run as text: results, the crossover line, what is not equilibrated."""
    rows = [("", "published", "this run", "exact"), *crossover_rows(summary)]
    lines = [f"{name:<36} {published:>10} {here:>14} {exact:>10}".rstrip() for name, published, here, exact in rows]
    lines += ["", "Temperature of the crossover in a field h: ridge of tau_1, peaks of C and chi of the same draws."]
    lines.append(f"{'h':>8} {'tau_1':>12} {'C':>12} {'C exact':>9} {'chi':>12} {'chi exact':>9}")
    positive = [row for row in summary["crossover"] if row["field"] > 0]
    for row in positive[:: max(1, -(-len(positive) // FIELDS_SHOWN))]:
        lines.append(
            f"{row['field']:8.4g} {_estimate(row['temperature'], row['error']):>12} "
            f"{_estimate(row['specific_heat_peak'], row['specific_heat_peak_error']):>12} "
            f"{_number(row['exact_specific_heat_peak']):>9} "
            f"{_estimate(row['susceptibility_peak'], row['susceptibility_peak_error']):>12} "
            f"{_number(row['exact_susceptibility_peak']):>9}"
        )
    lines += ["", sentence(summary["equilibration"])]
    seconds = ", ".join(f"{stage} {value:.0f} s" for stage, value in summary["timing"].items())
    return "\n".join([*lines, f"Estimator {summary['estimator']}. Time: {seconds}."])


def _estimate(value: float | None, error: float | None) -> str:
    return "-" if value is None or error is None else str(Estimate(value, error))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
