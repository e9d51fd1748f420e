"""The classification study: how well networks tell the temperature region of an Ising image.

O. Kara, A. Sehanobish and H. H. Corzo, arXiv:2109.13925 (2021): a vision transformer and residual networks on images of
four Ising systems in four temperature regions, from few labels; here beside the best score that is possible.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinlens.regions import find_system
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import sample_all
from spinlens.studies.classify.networks import estimator
from spinlens.studies.classify.report import conclude
from spinlens.studies.directory import StudyDirectory, read_summary

if TYPE_CHECKING:
    from spinlens.learning.vision import Pretraining

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
    directory = StudyDirectory(out, configuration.model_dump(mode="json", exclude_none=True))
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
    conclude(configuration, directory, outcomes=outcomes, pretrainings=pretrainings, progress=progress)
    return read_summary(folder)


def _check_reachable(configuration: ClassifyConfiguration) -> None:
    """Load weights from elsewhere before any work, because they may not be there."""
    from spinlens.learning.vision.pretrained import first_network

    for network in configuration.networks:
        word = configuration.word(network)
        if word not in ("none", "lattice"):
            boundary = find_system(configuration.systems[0]).lattice(configuration.images.side).boundary_text
            chosen = estimator(configuration, network, word, boundary=boundary)
            architecture = chosen.architecture(configuration.images.side)
            first_network(word, architecture, seed=0)


def _pretrain(
    configuration: ClassifyConfiguration, folder: Path, *, device: str | None, progress: bool
) -> dict[str, Pretraining]:
    from spinlens.studies.classify.trials import pretrain_system

    return {
        system if word == "lattice" else f"{system}-{word}":
        pretrain_system(configuration, folder, system, word, device=device, progress=progress)
        for system in configuration.systems
        for word in configuration.pretrainings
    }  # fmt: skip
