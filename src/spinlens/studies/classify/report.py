"""From outcomes to what a finished study holds: scores, figures, tables, summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spinlens.files import write_atomically
from spinlens.provenance import provenance
from spinlens.studies.classify.analysis import (
    Background,
    background,
    calibrations,
    differences,
    label_efficiency,
    table_rows,
)
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble
from spinlens.studies.classify.drawing import draw_study
from spinlens.studies.classify.interpretation import interpret, interpreted_networks
from spinlens.studies.classify.schedule import Outcomes
from spinlens.studies.classify.table import comma_separated, markdown
from spinlens.studies.directory import StudyDirectory

if TYPE_CHECKING:
    from spinlens.learning.vision import Pretraining

Backgrounds = dict[tuple[str, str], Background]


def conclude(
    configuration: ClassifyConfiguration,
    directory: StudyDirectory,
    *,
    outcomes: Outcomes,
    pretrainings: Mapping[str, Pretraining],
    progress: bool = True,
) -> None:
    """Score, look, draw, and write everything; the summary last.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    directory : StudyDirectory
        With the ensembles and models of all trials.
    outcomes : dict of Trial to Outcome
        Of all trials.
    pretrainings : mapping of str to Pretraining
        By system.
    progress : bool
        Whether to show progress on stderr.
    """
    folder = directory.path
    with directory.stage("analyse"):
        behind = {
            (system, protocol): background(configuration, folder, system, protocol)
            for system in configuration.systems
            for protocol in configuration.protocols
        }
        judged = calibrations(configuration, folder, outcomes, behind)
        rows = table_rows(configuration, outcomes, behind)
        efficiency = label_efficiency(configuration, outcomes)
        seen = {key: interpret(configuration, folder, *key) for key in interpreted_networks(configuration)}
    with directory.stage("figures"):
        draw_study(
            configuration, folder, rows=rows, efficiency=efficiency, backgrounds=behind, outcomes=outcomes,
            calibrations=judged, pretrainings=pretrainings, seen=seen, progress=progress,
        )  # fmt: skip
    write_atomically(folder / "table.csv", comma_separated(rows).encode())
    write_atomically(folder / "table.md", markdown(rows).encode())
    looked_at: dict[str, dict[str, Any]] = {}
    for (system, network), found in seen.items():
        looked_at.setdefault(system, {})[network] = found.numbers
    directory.write_summary({
        "study": "classify",
        "preset": configuration.preset,
        "rows": rows,
        "differences": differences(configuration, outcomes),
        "label_efficiency": efficiency,
        "baselines": _baselines(behind),
        "calibration": [
            {
                "system": trial.system, "protocol": trial.protocol, "network": trial.network,
                "expected_calibration_error": found.expected_error, "log_loss": found.log_loss,
                "divergence_from_posterior": found.divergence, "distance_from_posterior": found.distance,
            }
            for trial, found in judged.items()
        ],
        "pretraining": {system: _losses(found) for system, found in pretrainings.items()},
        "seeing": looked_at,
        "equilibration": {"-".join(key): found.equilibration for key, found in behind.items()},
        "timing": directory.timing,
        "provenance": {
            **provenance(), "seed": configuration.seed,
            "ensembles": {"-".join(key): read_ensemble(folder, *key).fingerprint for key in behind},
        },
    })  # fmt: skip


def _losses(found: Pretraining) -> dict[str, float | None]:
    names = ("validation_loss", "single_spin_loss", "single_spin_error", "single_spin_floor")
    return {name: getattr(found, f"{name}_") for name in names}


def _baselines(backgrounds: Backgrounds) -> list[dict[str, Any]]:
    return [
        {"system": system, "protocol": protocol, "labels": labels, "macro_f1_mean": f1.value, "macro_f1_std": f1.error}
        for (system, protocol), behind in backgrounds.items()
        for labels, f1 in behind.baseline.items()
    ]
