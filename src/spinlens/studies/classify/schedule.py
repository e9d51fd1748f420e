"""All trials of a study in order, with an honest time that is left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from spinlens.progress import clock_time
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble, splits_of
from spinlens.studies.classify.trials import Outcome, Trial, is_done, run_trial
from spinlens.symmetries import Symmetries

Outcomes = dict[Trial, Outcome]


def trials_of(configuration: ClassifyConfiguration) -> list[Trial]:
    """Return the trials that the tables and figures need, those of the same images next to each other."""
    found = dict.fromkeys(
        Trial(system, protocol, network, pretrained, labels, number)
        for system in configuration.systems
        for protocol in configuration.protocols
        for number in range(configuration.trials)
        for network, pretrained, labels in _networks(configuration, system, protocol, number)
    )
    return list(found)


def _networks(
    configuration: ClassifyConfiguration, system: str, protocol: str, number: int
) -> Iterator[tuple[str, str, int]]:
    """Yield network, beginning and number of labels: all labels for every network, fewer for the native one alone."""
    everything, analysis = sum(configuration.images.train), configuration.analysis
    for network, pretrained in configuration.rows:
        yield network, pretrained, everything
    few = protocol == "clean" and system in analysis.label_systems and number < analysis.label_trials
    if few and "vit" in configuration.networks:
        begun = [pretrained for network, pretrained in configuration.rows if network == "vit"]
        for pretrained in dict.fromkeys([*begun, "none"]):
            for labels in dict.fromkeys([*analysis.labels, everything]):
                yield "vit", pretrained, labels


def run_trials(
    configuration: ClassifyConfiguration,
    folder: Path,
    *,
    device: str | None = None,
    progress: bool = True,
) -> Outcomes:
    """Run all trials, or what is left of them.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    folder : path
        The study's directory, with its ensembles and pretrainings.
    device : str, optional
        Where to train.
    progress : bool
        Whether to show progress on stderr.
    """
    trials, outcomes = trials_of(configuration), Outcomes()
    for (system, protocol), part in groupby(trials, key=lambda trial: (trial.system, trial.protocol)):
        ensemble = read_ensemble(folder, system, protocol)
        symmetries = Symmetries.of(ensemble.model, ensemble.lattice)
        for number, same_images in groupby(part, key=lambda trial: trial.number):
            splits = splits_of(configuration, ensemble, protocol, trial=number)
            for trial in same_images:
                if progress and not is_done(folder, trial):
                    _announce(trial, trials, outcomes, folder)
                outcomes[trial] = run_trial(
                    configuration, folder, trial, splits, symmetries=symmetries, device=device, progress=progress,
                )  # fmt: skip
    return outcomes


def _announce(trial: Trial, trials: list[Trial], outcomes: Outcomes, folder: Path) -> None:
    ahead = [each for each in trials[len(outcomes) :] if not is_done(folder, each)]
    left = _seconds_left(ahead, outcomes)
    words = f"{trial.system}, {trial.protocol}, {trial.network} ({trial.pretrained}), {trial.labels} labels"
    time_left = "" if left is None else f", about {clock_time(left)} left"
    sys.stderr.write(f"trial {len(outcomes) + 1} of {len(trials)}: {words}{time_left}\n")


def _seconds_left(ahead: list[Trial], outcomes: Outcomes) -> float | None:
    """Estimate from trials of the same network, beginning and labels; None while one of them was never seen."""
    seen: dict[tuple[str, str, int], list[float]] = {}
    for trial, outcome in outcomes.items():
        seen.setdefault((trial.network, trial.pretrained, trial.labels), []).append(outcome.seconds)
    times = [seen.get((trial.network, trial.pretrained, trial.labels)) for trial in ahead]
    if any(each is None for each in times):
        return None
    return sum(sum(each) / len(each) for each in times if each)
