"""What a classification study adds: scores below their ceilings, and what a network says of each configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spinlens.config import read_toml
from spinlens.phases.regions import REGIONS
from spinlens.report.ensembles import provenance_facts
from spinlens.report.page import Chart, Page, Series, Table
from spinlens.report.system import System
from spinlens.studies.directory import CONFIG

if TYPE_CHECKING:
    # They load PyTorch, which no other page needs.
    from spinlens.studies.classify.configuration import ClassifyConfiguration
    from spinlens.studies.classify.trials import Trial

COLUMNS = (
    "system", "protocol", "network", "pretrained", "labels", "trials", "macro_f1_mean", "macro_f1_std", "ceiling",
    "fraction_of_ceiling", "logistic_regression",
)  # fmt: skip


def classification_page(page: Page, path: Path, summary: Mapping[str, Any]) -> Page:
    """Return the page of a finished classification study."""
    from spinlens.studies.classify.configuration import ClassifyConfiguration

    configuration = ClassifyConfiguration.resolve(read_toml(path / CONFIG))
    rows = summary["rows"]
    systems = [_with_outputs(system, configuration, path) for system in page.systems]
    return page.with_more(
        title=f"Classification study: {', '.join(configuration.systems)}",
        answer=answer(rows),
        facts={
            **page.facts,
            "Time": {name: f"{value:.0f} s" for name, value in summary.get("timing", {}).items()},
            "Provenance": provenance_facts(summary.get("provenance", {})),
        },
        systems=systems,
        charts=label_charts(summary["label_efficiency"]),
        tables=[Table("Scores on the large test set", COLUMNS, [[row.get(name) for name in COLUMNS] for row in rows])],
    )


def answer(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the best score of each system and protocol in a sentence."""
    found = []
    for (system, protocol), part in groupby(rows, key=lambda row: (row["system"], row["protocol"])):
        best = max(part, key=lambda row: row["macro_f1_mean"])
        found.append(
            f"{system}, {protocol}: {best['network']} (begun with {best['pretrained']}) reaches a macro F1 of "
            f"{best['macro_f1_mean']:.4f}, {best['fraction_of_ceiling']:.1%} of the best that any reader could."
        )
    return found


def label_charts(rows: Sequence[Mapping[str, Any]]) -> list[Chart]:
    """Return macro F1 over the number of labels, for each system beside its ceiling."""
    charts = []
    for system in dict.fromkeys(row["system"] for row in rows):
        here = [row for row in rows if row["system"] == system]
        series = []
        for name in dict.fromkeys((row["network"], row["pretrained"]) for row in here):
            part = sorted((row for row in here if (row["network"], row["pretrained"]) == name), key=_labels)
            series.append(Series(f"{name[0]}, begun with {name[1]}", *_columns(part)))
        ceiling = [(row["labels"], row["ceiling"]) for row in sorted(here, key=_labels)]
        series.append(Series("ceiling", [at for at, _ in ceiling], [value for _, value in ceiling]))
        charts.append(Chart(f"Macro F1 by number of labels: {system}", "labels", "macro F1", series))
    return charts


def _labels(row: Mapping[str, Any]) -> int:
    return int(row["labels"])


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float], list[float]]:
    names = ("labels", "macro_f1_mean", "macro_f1_std")
    first, second, third = ([float(row[name]) for row in rows] for name in names)
    return first, second, third


def _with_outputs(system: System, configuration: ClassifyConfiguration, path: Path) -> System:
    """Return a system with the probabilities that its first trial gives to the configurations it was tested on."""
    from spinlens.studies.classify.data import read_ensemble, splits_of
    from spinlens.studies.classify.systems import find_system
    from spinlens.studies.classify.trials import read_outcome

    trial = _first_trial(system.name, configuration)
    if trial is None:
        return system
    ensemble = read_ensemble(path, trial.system, trial.protocol)
    unit = find_system(trial.system).unit
    splits = splits_of(configuration, ensemble, trial.protocol, trial=trial.number, unit=unit)
    outcome, images = read_outcome(path, trial, splits), splits.large_test
    temperatures = ensemble.grid[images.axis]
    place = np.searchsorted(temperatures, images.temperature).clip(0, len(temperatures) - 1)
    keys = zip(place.tolist(), images.chain.tolist(), images.draw.tolist(), strict=True)
    said = dict(zip(keys, outcome.probability, strict=True))
    shown = system.configurations
    nothing = np.full(len(REGIONS), np.nan)
    table = np.array([
        [said.get((int(condition) % len(temperatures), *draw), nothing) for draw in shown.draws]
        for condition in shown.conditions
    ])  # fmt: skip
    if not table.size or not np.isfinite(table).any():
        return system
    outputs = {name.replace("_", " "): table[..., k] for k, name in enumerate(REGIONS)}
    return system.with_configurations(shown.with_numbers({}, outputs))


def _first_trial(name: str, configuration: ClassifyConfiguration) -> Trial | None:
    """Return the first trial, with all labels, on the images of an ensemble."""
    from spinlens.studies.classify.trials import trials_of

    for trial in trials_of(configuration):
        if f"{trial.system}-{trial.protocol}" == name and trial.labels == configuration.everything:
            return trial
    return None
