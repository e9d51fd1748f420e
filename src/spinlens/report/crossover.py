"""What a crossover study adds: the network's maps, the lines through them, and each configuration's latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from spinlens.phases import Crossover
from spinlens.report.ensembles import provenance_facts
from spinlens.report.page import Chart, Page, Series
from spinlens.report.system import Line, Quantity, System
from spinlens.statistics.estimate import Estimate

LATENTS = ("nu_0", "tau_0", "tau_1")

LINES = (
    ("temperature", "error", "ridge of tau_1", False),
    ("specific_heat_peak", "specific_heat_peak_error", "peak of the specific heat", False),
    ("susceptibility_peak", "susceptibility_peak_error", "peak of the susceptibility", False),
    ("exact_specific_heat_peak", None, "exact peak of the specific heat", True),
    ("exact_susceptibility_peak", None, "exact peak of the susceptibility", True),
)
"""Of the summary's rows: values, errors, words, and whether theory says so."""


UNITS = {"temperature": "J / k_B"}
"""Of controls that are no energies."""


def crossover_page(page: Page, path: Path, summary: Mapping[str, Any]) -> Page:
    """Return the page of a finished crossover study."""
    maps = xr.open_zarr(path / "maps.zarr", group="maps", zarr_format=3, consolidated=False).load()
    (system,) = page.systems
    seen = with_maps(system, maps).with_quantities([], _lines(summary))
    return page.with_more(
        title=f"Crossover study: {system.text}",
        answer=answer(summary),
        facts={
            **page.facts,
            "Network": {"estimator": str(summary.get("estimator", "")),
                        **{name: f"{value:.4g}" for name, value in summary.get("reconstruction", {}).items()}},
            "Time": {name: f"{value:.0f} s" for name, value in summary.get("timing", {}).items()},
            "Provenance": provenance_facts(summary.get("provenance", {})),
        },
        systems=[seen],
        charts=[lines_chart(summary)],
    )  # fmt: skip


def result_page(found: Crossover) -> Page:
    """Return the page of a result alone, without the configurations that it was read from."""
    summary = found.to_dict()
    return Page(
        title="Crossover", answer=answer(summary), facts={"Provenance": provenance_facts()},
        charts=[lines_chart(summary)],
    )  # fmt: skip


def answer(summary: Mapping[str, Any]) -> list[str]:
    """Return what was found in sentences."""
    found, nu = summary["critical_temperature"], summary["nu_0"]
    rank = nu["rank_correlation_with_magnetization"]
    return [
        *([_transition(found)] if found else []),
        *summary["reading"],
        f"nu_0 holds {nu['explained_variance_ratio']:.1%} of the variance of the latent means and follows the "
        f"magnetization with a rank correlation of {rank:.5f}.",
    ]


def _transition(found: Mapping[str, Any]) -> str:
    """Return what is said of one transition."""
    value, error, exact = found["value"], found["error"], found["exact"]
    place = "has no place inside the temperature range" if value is None else f"is {Estimate(value, error)}"
    known = "" if exact is None else f"; the exact one is {exact:.6f}"
    return f"The critical temperature read off tau_0 {place}{known}."


def with_maps(system: System, maps: xr.Dataset) -> System:
    """Return a system with what a network saw at each condition first, and in each configuration."""
    quantities = [
        Quantity(
            name, str(maps[name].attrs.get("long_name", name)), "1", maps[name].values, _chain_error(maps, name)
        )
        for name in LATENTS
        if name in maps
    ]  # fmt: skip
    shown, numbers = system.configurations, {}
    chains = maps["chain"].values.tolist()
    for name in LATENTS:
        of_chains = maps[f"{name}_chain"].values.reshape(-1, len(chains))
        columns = [
            of_chains[shown.conditions, chains.index(chain)] if chain in chains
            else np.full(len(shown.conditions), np.nan)
            for chain, _ in shown.draws
        ]  # fmt: skip
        numbers[f"{name} of the chain"] = np.stack(columns, axis=1)
    seen = system.with_quantities(quantities)
    return seen.with_configurations(shown.with_numbers(numbers))


def _chain_error(maps: xr.Dataset, name: str) -> Any:
    """Return standard errors of the means over chains."""
    chains = maps[f"{name}_chain"]
    return (chains.std("chain", ddof=1) / np.sqrt(chains.sizes["chain"])).values if chains.sizes["chain"] > 1 else None


def _lines(summary: Mapping[str, Any]) -> list[Line]:
    rows, found, across = summary["crossover"], summary["critical_temperature"], summary["plane"][0]
    lines = [
        Line(words, _column(rows, name), _column(rows, across), _column(rows, error) if error else None, exact)
        for name, error, words, exact in LINES
    ]
    if found and found["value"] is not None:
        lines.insert(0, Line("critical temperature from tau_0", [found["value"]], error=[found["error"]]))
    return lines


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    return [float("nan") if row.get(name) is None else float(row[name]) for row in rows]


def lines_chart(summary: Mapping[str, Any]) -> Chart:
    """Return where the crossover lies along a plane over the control across, by each way of reading it."""
    rows, (across, along) = summary["crossover"], summary["plane"]
    series = [
        Series(words, _column(rows, across), _column(rows, name), _column(rows, error) if error else None)
        for name, error, words, _ in LINES
    ]
    words, place = (
        f"{name.replace('_', ' ')} (J{' / k_B' if name == 'temperature' else ''})" for name in (along, across)
    )
    return Chart(f"Crossover by {across.replace('_', ' ')}", place, words, series)
