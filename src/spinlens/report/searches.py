"""What a search for a transition adds: its answer, the places by every method, and the curves of all sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spinlens.phases.transitions import Findings
from spinlens.report.ensembles import provenance_facts
from spinlens.report.page import Chart, Page, Series, Table
from spinlens.report.system import Line, System
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.labels import label

FIRST = "binder_cumulant"
"""What is drawn first: its curves cross at a transition."""


def search_page(page: Page, path: Path, summary: Mapping[str, Any]) -> Page:
    """Return the page of a finished search in a folder."""
    del path
    lines = [
        Line("transition", [each["value"]], error=[each["error"]], axis=each["axis"]) for each in summary["transitions"]
    ]
    # Those that decided come first: near the transition, where there is one.
    systems = sorted(page.systems, key=lambda system: not system.name.startswith("near"))
    return page.with_more(
        title=f"Search for a transition: {summary['model']}, {summary['lattice']}",
        answer=answer(summary),
        cautions=[*_doubts(summary), *page.cautions],
        facts={
            **page.facts,
            "Time": {name: f"{value:.0f} s" for name, value in summary.get("timing", {}).items()},
            "Provenance": provenance_facts(summary.get("provenance", {})),
        },
        systems=[_first(system).with_quantities([], lines) for system in systems],
        tables=_tables(summary),
    )


def findings_page(found: Findings) -> Page:
    """Return the page of an answer in memory, with the curves of its sizes, part by part of the window."""
    summary = found.summary()
    return Page(
        title="Search for a transition", answer=answer(summary), cautions=_doubts(summary),
        facts={"Provenance": provenance_facts(summary.get("provenance"))}, charts=_charts(found),
        tables=_tables(summary),
    )  # fmt: skip


def answer(summary: Mapping[str, Any]) -> list[str]:
    """Return what was found in sentences."""
    found = []
    for each in summary["transitions"]:
        exponents = [f"{name.replace('_over_', '/')} {_estimate(value)}" for name, value in each["exponents"].items()]
        found.append(
            f"A {each['kind'].replace('_', ' ')} transition at {each['axis']} {_estimate(each)}, probability "
            f"{each['probability']:.2f}; {', '.join(exponents)}."
        )
    return [*found, summary["words"]]


def _doubts(summary: Mapping[str, Any]) -> list[str]:
    said = [
        f"Do not trust this: a transition was also found in {each['null']}."
        for each in _nulls(summary)
        if each["found"]
    ]
    if summary["unsound"]:
        said.append(f"Not known to be equilibrated near it: {', '.join(summary['unsound'])}.")
    return said


def _nulls(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the nulls of a window, or of all its parts."""
    return [each for part in summary.get("windows", [summary]) for each in part["nulls"]]


def _tables(summary: Mapping[str, Any]) -> list[Table]:
    rows = [
        [place["method"], place["value"], place["error"], place["reason"]]
        for each in summary["transitions"]
        for place in each["by_method"]
    ]
    nulls = [[each["null"], each["probability"], each["words"]] for each in _nulls(summary)]
    tables = [Table("Places by method", ["method", "value", "error", "why not"], rows)] if rows else []
    return [*tables, *([Table("Nulls", ["null", "probability", "words"], nulls)] if nulls else [])]


def _charts(found: Findings) -> list[Chart]:
    if found.study is None:
        return [chart for part in found.parts for chart in _charts(part)]
    values = found.study.observables(None)
    (control,) = (str(name) for name in values.dims if name != "size")
    at = values[control].values
    band = found.transitions[0].interval_68 if found.transitions else None
    charts = []
    for name in (str(name) for name in values if f"{name}_error" in values):
        series = [
            Series(f"L = {size}", at.tolist(), *(values[word].values[k].tolist() for word in (name, f"{name}_error")))
            for k, size in enumerate(found.study.sizes)
        ]  # fmt: skip
        charts.append(
            Chart(label(name)[0], label(control)[0], label(name)[0], series, band, "68 % interval" if band else "")
        )
    return charts


def _first(system: System) -> System:
    ordered: Sequence[Any] = sorted(system.quantities, key=lambda each: each.name != FIRST)
    # Overviews of the window and recordings near the transition are no sizes of one another.
    return replace(system, quantities=ordered, group=system.name.rpartition("-")[0])


def _estimate(value: Mapping[str, Any] | None) -> str:
    if not value or value["value"] is None:
        return "not known"
    return str(Estimate(value["value"], value["error"]))
