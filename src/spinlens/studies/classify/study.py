"""The classification study: how well networks tell the temperature region of an image of any system.

O. Kara, A. Sehanobish and H. H. Corzo, arXiv:2109.13925 (2021): a vision transformer and residual networks on images of
four Ising systems in four temperature regions, from few labels; here beside the best score that is possible, and for
the systems that the text names and did not do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import sample_ensembles
from spinlens.studies.classify.networks import architecture, estimator
from spinlens.studies.classify.report import conclude
from spinlens.studies.classify.schedule import Unit, run_units
from spinlens.studies.classify.systems import find_system
from spinlens.studies.classify.trials import pretrainings_of, trials_of
from spinlens.studies.directory import StudyDirectory, read_summary
from spinlens.workers import Workers

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
    scheduler : str, optional
        Address or file of a Dask scheduler to sample and to train on; its workers must see ``out``.
    workers : int, optional
        Units of sampling, and networks, that are worked on at once on this machine; by default one for each core.
        The results do not depend on it.
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
        sample_ensembles(configuration, folder, scheduler=scheduler, workers=workers, progress=progress)
    stages: dict[str, Sequence[Unit]] = {
        "pretrain": pretrainings_of(configuration), "train": trials_of(configuration),
    }  # fmt: skip
    with Workers(workers, scheduler, processes=True) as crew:
        for stage, units in stages.items():
            with directory.stage(stage):
                run_units(configuration, folder, units, label=stage, workers=crew, device=device, progress=progress)
    conclude(configuration, directory, progress=progress)
    return read_summary(folder)


def _check_reachable(configuration: ClassifyConfiguration) -> None:
    """Load weights from elsewhere before any work, because they may not be there."""
    from spinlens.learning.vision.pretrained import first_network

    for network in configuration.networks:
        word = configuration.word(network)
        if word not in ("none", "lattice"):
            for name in configuration.systems:
                system, own = find_system(name), configuration.of(name)
                first_network(word, architecture(own, system, estimator(own, system, network, word)), seed=0)
