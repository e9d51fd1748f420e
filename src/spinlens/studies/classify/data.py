"""The ensembles of the study, and the images of each trial."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spinlens.ensemble import Ensemble, open_ensemble, sample_all
from spinlens.ensemble.study_ensemble import ENSEMBLES, SUFFIX
from spinlens.phases.regions import Labelled, Splits, clean_splits, published_splits
from spinlens.sampling import Plan
from spinlens.studies.classify.configuration import ClassifyConfiguration

if TYPE_CHECKING:
    from spinlens.learning.vision.configurations import Configurations

UNLABELLED = "unlabelled"
"""Stands for a protocol in the name of the ensemble that a pretraining sees."""


def wanted(configuration: ClassifyConfiguration) -> dict[str, Plan]:
    """Return the plan of each ensemble that the study needs, by name.

    The clean ensemble is always there: the ceiling comes from it.
    """
    plans = {}
    for system in configuration.systems:
        for protocol in dict.fromkeys(["clean", *configuration.protocols]):
            plans[f"{system}-{protocol}"] = configuration.plan(system, protocol)
        if configuration.pretrainings:
            plans[f"{system}-{UNLABELLED}"] = configuration.unlabelled_plan(system)
    return plans


def sample_ensembles(
    configuration: ClassifyConfiguration,
    folder: Path,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> None:
    """Sample what is missing of the study's ensembles; parameters as `spinlens.simulate`."""
    (folder / ENSEMBLES).mkdir(exist_ok=True)
    plans = {path_of(folder, name): plan for name, plan in wanted(configuration).items()}
    sample_all(plans, scheduler=scheduler, workers=workers, progress=progress)


def path_of(folder: Path, name: str) -> Path:
    """Return where an ensemble lies in the study's directory."""
    return folder / ENSEMBLES / f"{name}{SUFFIX}"


def read_ensemble(folder: Path, system: str, protocol: str) -> Ensemble:
    """Open one of the study's ensembles."""
    return open_ensemble(path_of(folder, f"{system}-{protocol}"))


def splits_of(
    configuration: ClassifyConfiguration, ensemble: Ensemble, protocol: str, *, trial: int, labels: int | None = None,
    unit: float = 1.0,
) -> Splits:  # fmt: skip
    """Return the images of a trial, temperatures in a system's unit; see `spinlens.phases.regions.clean_splits`."""
    split = clean_splits if protocol == "clean" else published_splits
    images = configuration.images
    return split(
        ensemble, seed=configuration.seed, trial=trial, sizes=images.sizes, large_test=images.large_test, labels=labels,
        unit=unit,
    )  # fmt: skip


def seen(images: Labelled) -> Configurations:
    """Return images as the networks take them: every value of their space without loss."""
    from spinlens.learning.vision.configurations import configurations

    return configurations(images.spins, space=images.space)
