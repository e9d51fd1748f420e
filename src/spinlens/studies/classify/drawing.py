"""The figures of the study from its results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.figures.classify import Prediction, ground_and_hot, microstates, save_classification_figures
from spinlens.regions import Calibration
from spinlens.studies.classify.analysis import Background
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble, splits_of
from spinlens.studies.classify.interpretation import Interpretation
from spinlens.studies.classify.schedule import Outcomes
from spinlens.studies.classify.trials import Trial

PERIODIC = ("periodic", "antiferromagnet")


def draw_study(
    configuration: ClassifyConfiguration,
    folder: Path,
    *,
    rows: list[dict[str, Any]],
    efficiency: list[dict[str, Any]],
    backgrounds: dict[tuple[str, str], Background],
    outcomes: Outcomes,
    calibrations: dict[Trial, Calibration],
    pretrainings: Mapping[str, Any],
    seen: dict[tuple[str, str], Interpretation],
    progress: bool,
) -> None:
    """Draw and write all figures; those of single networks show the first protocol."""
    protocol = configuration.protocols[0]
    tests = {
        system: splits_of(configuration, read_ensemble(folder, system, protocol), protocol, trial=0).large_test
        for system in configuration.systems
    }
    shown = {trial: found for trial, found in calibrations.items() if trial.protocol == protocol}
    panels = {system: [microstates(images, system=system)] for system, images in tests.items()}
    pairs = [ground_and_hot(tests[system], system=system) for system in PERIODIC if system in tests]
    if pairs:
        panels["ground_states"] = pairs
    save_classification_figures(
        folder / "figures",
        microstates=panels,
        scores=rows,
        efficiency=efficiency,
        baselines={
            system: {labels: f1.value for labels, f1 in backgrounds[system, protocol].baseline.items()}
            for system in configuration.systems
        },
        ceilings={system: backgrounds[system, protocol].ceiling for system in configuration.systems},
        calibrations=_by_system(shown),
        predictions=_by_system({
            trial: Prediction(tests[trial.system].energy, outcomes[trial].probability.astype(np.float64))
            for trial in shown
        }),
        confusions=_by_row([
            row for row in rows
            if row["protocol"] == protocol and row["pretrained"] == configuration.word(row["network"])
        ]),
        attention={"_".join(key): found.attention for key, found in seen.items() if found.attention is not None},
        probes={"_".join(key): found.probes for key, found in seen.items()},
        dependence={"_".join(key): found.dependence for key, found in seen.items()},
        pretrainings=pretrainings,
        progress=progress,
    )  # fmt: skip


def _by_system(found: dict[Trial, Any]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for trial, value in found.items():
        nested.setdefault(trial.system, {})[trial.network] = value
    return nested


def _by_row(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for row in rows:
        nested.setdefault(row["system"], {})[row["network"]] = np.array(row["confusion"])
    return nested
