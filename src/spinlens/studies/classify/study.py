"""The classification study: how well networks tell the temperature region of an Ising image.

O. Kara, A. Sehanobish and H. H. Corzo, arXiv:2109.13925 (2021): a vision transformer and residual networks on images of
four Ising systems in four temperature regions, from few labels; here beside the best score that is possible.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spinlens.files import write_atomically
from spinlens.provenance import provenance
from spinlens.regions import find_system
from spinlens.studies.classify.analysis import (
    Background,
    background,
    calibrations,
    differences,
    label_efficiency,
    table_rows,
)
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble, sample_all
from spinlens.studies.classify.networks import estimator
from spinlens.studies.classify.table import comma_separated, markdown
from spinlens.studies.directory import StudyDirectory

RESULTS = ("ensembles", "models", "figures", "table.csv", "table.md")
"""What a finished study holds beside its summary."""


def run_classify(
    configuration: ClassifyConfiguration,
    *,
    out: Path | str,
    scheduler: str | None = None,
    workers: int | None = None,
    device: str | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Run the study, or what is left of it, and return its summary.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        From `configure`.
    out : path-like
        The study's directory: new, empty, or of the same configuration.
    scheduler, workers
        Where to sample; see `spinlens.simulate`.
    device : str, optional
        Where to train; a CUDA device where there is one, else the CPU.
    progress : bool
        Whether to show progress on stderr.

    Returns
    -------
    dict
        The content of ``summary.json``.

    Raises
    ------
    InputError
        If ``out`` holds something else, or published weights cannot be had.
    IncompleteError
        If it was interrupted; the same call continues.
    """
    from spinlens.learning import choose_device

    choose_device(device)
    _check_reachable(configuration)
    directory = StudyDirectory(out, configuration.model_dump(exclude_none=True))
    if (finished := directory.summary(RESULTS)) is not None:
        return finished
    folder = directory.path
    with directory.stage("simulate"):
        sample_all(configuration, folder, scheduler=scheduler, workers=workers, progress=progress)
    with directory.stage("pretrain"):
        pretrainings = _pretrain(configuration, folder, device=device, progress=progress)
    with directory.stage("train"):
        from spinlens.studies.classify.schedule import run_trials

        outcomes = run_trials(configuration, folder, device=device, progress=progress)
    with directory.stage("analyse"):
        behind = {
            (system, protocol): background(configuration, folder, system, protocol)
            for system in configuration.systems
            for protocol in configuration.protocols
        }
        judged = calibrations(configuration, folder, outcomes, behind)
        rows = table_rows(configuration, outcomes, behind)
        efficiency = label_efficiency(configuration, outcomes)
        from spinlens.studies.classify.seeing import see

        looked_at = "vit" in configuration.networks and "clean" in configuration.protocols
        seen = {
            system: see(configuration, folder, system)
            for system in configuration.systems
            if looked_at and system in configuration.analysis.seeing_systems
        }
    with directory.stage("figures"):
        from spinlens.studies.classify.drawing import draw_study

        draw_study(
            configuration, folder, rows=rows, efficiency=efficiency, backgrounds=behind, outcomes=outcomes,
            calibrations=judged, pretrainings=pretrainings, seen=seen, progress=progress,
        )  # fmt: skip
    write_atomically(folder / "table.csv", comma_separated(rows).encode())
    write_atomically(folder / "table.md", markdown(rows).encode())
    summary = {
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
        "pretraining": {
            system: {
                "validation_loss": found.validation_loss, "single_spin_loss": found.single_spin_loss,
                "single_spin_error": found.single_spin_error, "single_spin_floor": found.single_spin_floor,
            }
            for system, found in pretrainings.items()
        },
        "seeing": {system: found.numbers for system, found in seen.items()},
        "equilibration": {"-".join(key): found.equilibration for key, found in behind.items()},
        "timing": directory.timing,
        "provenance": {
            **provenance(), "seed": configuration.seed,
            "ensembles": {"-".join(key): read_ensemble(folder, *key).fingerprint for key in behind},
        },
    }  # fmt: skip
    directory.write_summary(summary)
    return summary


def _check_reachable(configuration: ClassifyConfiguration) -> None:
    """Load weights from elsewhere before any work, because they may not be there."""
    from spinlens.learning.vision.weights import first_network

    for network in configuration.networks:
        word = configuration.word(network)
        if word not in ("none", "lattice"):
            boundary = find_system(configuration.systems[0]).lattice(configuration.images.side).boundary_text
            chosen = estimator(configuration, network, word, boundary=boundary)
            architecture = chosen.architecture(configuration.images.side)
            first_network(word, architecture, seed=0)


def _pretrain(
    configuration: ClassifyConfiguration, folder: Path, *, device: str | None, progress: bool
) -> dict[str, Any]:
    if "vit" not in configuration.networks or configuration.word("vit") != "lattice":
        return {}
    from spinlens.studies.classify.trials import pretrain_system

    return {
        system: pretrain_system(configuration, folder, system, device=device, progress=progress)
        for system in configuration.systems
    }


def _baselines(backgrounds: dict[tuple[str, str], Background]) -> list[dict[str, Any]]:
    return [
        {"system": system, "protocol": protocol, "labels": labels, "macro_f1_mean": f1.value, "macro_f1_std": f1.error}
        for (system, protocol), behind in backgrounds.items()
        for labels, f1 in behind.baseline.items()
    ]
