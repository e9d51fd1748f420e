"""From trials to what a finished study holds: scores, figures, tables, summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spinlens.files import write_atomically
from spinlens.learning import load
from spinlens.phases.regions import bounds
from spinlens.provenance import provenance
from spinlens.studies.classify.analysis import (
    Findings,
    calibrations,
    differences,
    examine,
    label_efficiency,
    score_rows,
    table_rows,
)
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.disturbances import disturbances
from spinlens.studies.classify.drawing import draw_study
from spinlens.studies.classify.interpretation import interpret
from spinlens.studies.classify.systems import find_system
from spinlens.studies.classify.table import comma_separated, markdown
from spinlens.studies.classify.trials import pretrainings_of
from spinlens.studies.directory import StudyDirectory

LOSSES = ("validation_loss", "single_spin_loss", "single_spin_error", "single_spin_floor")
"""What the summary says of a pretraining."""


def conclude(configuration: ClassifyConfiguration, directory: StudyDirectory, *, progress: bool = True) -> None:
    """Score, look, draw, and write everything; the summary last.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    directory : StudyDirectory
        With the ensembles, pretrainings and models of all trials.
    progress : bool
        Whether to show progress on stderr.
    """
    folder = directory.path
    pretrainings = {unit.name: load(folder / unit.folder) for unit in pretrainings_of(configuration)}
    with directory.stage("analyse"):
        found = examine(configuration, folder)
        every = score_rows(configuration, found)
        rows, efficiency = table_rows(configuration, every), label_efficiency(configuration, every)
        judged = {trial: each for part in found.values() for trial, each in calibrations(configuration, part).items()}
        seen = interpret(configuration, folder, found)
        disturbed = disturbances(configuration, folder, found)
    with directory.stage("figures"):
        draw_study(
            configuration, folder, rows=rows, efficiency=efficiency, found=found, judged=judged, seen=seen,
            disturbed=disturbed, pretrainings=pretrainings, progress=progress,
        )  # fmt: skip
    write_atomically(folder / "table.csv", comma_separated(rows).encode())
    write_atomically(folder / "table.md", markdown(rows).encode())
    looked_at: dict[str, dict[str, Any]] = {}
    for (system, network), sight in seen.items():
        looked_at.setdefault(system, {})[network] = sight.numbers
    directory.write_summary({
        "study": "classify",
        "preset": configuration.preset,
        "rows": [row.to_dict() for row in rows],
        "differences": differences(configuration, found),
        "label_efficiency": [row.to_dict() for row in efficiency],
        "baselines": _baselines(found),
        "calibration": [
            {
                "system": trial.system, "protocol": trial.protocol, "network": trial.network,
                "expected_calibration_error": each.expected_error, "log_loss": each.log_loss,
                "divergence_from_posterior": each.divergence, "distance_from_posterior": each.distance,
            }
            for trial, each in judged.items()
        ],
        "pretraining": {
            name: {word: getattr(each, f"{word}_") for word in LOSSES} for name, each in pretrainings.items()
        },
        "seeing": looked_at,
        "disturbances": [each.to_dict() for each in disturbed],
        "systems": {system: _described(configuration, system) for system in configuration.systems},
        "equilibration": {"-".join(key): part.equilibration for key, part in found.items()},
        "timing": directory.timing,
        "provenance": {
            **provenance(), "seed": configuration.seed,
            "ensembles": {"-".join(key): part.ensemble.fingerprint for key, part in found.items()},
        },
    })  # fmt: skip


def _baselines(found: Mapping[tuple[str, str], Findings]) -> list[dict[str, Any]]:
    return [
        {
            "system": system, "protocol": protocol, "shown": shown, "labels": labels, "macro_f1_mean": f1.value,
            "macro_f1_std": f1.error,
        }
        for (system, protocol), part in found.items()
        for shown, scores in (("sufficient", part.baseline), ("naive", part.naive))
        for labels, f1 in scores.items()
    ]  # fmt: skip


def _described(configuration: ClassifyConfiguration, name: str) -> dict[str, Any]:
    """Return what a system is, where its regions begin and what must be known to read its scores."""
    system = find_system(name)
    lattice = system.lattice(configuration.of(name).images.side)
    return {
        "title": system.title, "model": system.model.text, "lattice": lattice.text, "axis": system.axis,
        "controls": {**system.controls, **({} if system.temperature is None else {"temperature": system.temperature})},
        "transition": system.transition, "source": system.source, "edges": list(bounds(system.unit)),
        "edges_are": system.edges, "sufficient": list(system.sufficient), "naive": list(system.naive),
        "ceiling": "exact" if system.exact else "from the chains", "note": system.note,
    }  # fmt: skip
