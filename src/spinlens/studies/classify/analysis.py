"""From predictions to numbers: scores beside ceilings and published values, differences, label efficiency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble import equilibration_summary
from spinlens.regions import (
    REGIONS,
    SYSTEMS,
    Calibration,
    Ceiling,
    baseline_scores,
    calibration,
    ceiling,
    compare,
    torus_distribution,
)
from spinlens.regions.energies import check_coupling
from spinlens.regions.scores import sampling_error
from spinlens.statistics import Estimate
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble, splits_of
from spinlens.studies.classify.schedule import Outcomes
from spinlens.studies.classify.trials import Outcome, Trial

PUBLISHED_AS = {"vit": "vit-base"}
"""The published network that a network of ours stands beside."""


@dataclass(frozen=True, eq=False)
class Background:
    """What the scores of a system and protocol are measured against.

    Attributes
    ----------
    ceiling : Ceiling
        Exact on a torus, else from the clean ensemble; for the proportions of the test set.
    baseline : dict of int to Estimate
        Macro F1 of logistic regression on (energy, |m|) by number of labels: mean and spread over the trials.
    equilibration : dict
        What is flagged in the ensemble.
    """

    ceiling: Ceiling
    baseline: dict[int, Estimate]
    equilibration: dict[str, Any]


def background(configuration: ClassifyConfiguration, folder: Path, system: str, protocol: str) -> Background:
    """Work out ceiling and baseline."""
    ensemble = read_ensemble(folder, system, protocol)
    clean = ensemble if protocol == "clean" else read_ensemble(folder, system, "clean")
    counts = sorted({*configuration.analysis.labels, sum(configuration.images.train)})
    found: dict[int, list[float]] = {}
    for number in range(configuration.trials):
        splits = splits_of(configuration, ensemble, protocol, trial=number)
        for labels, scores in baseline_scores(splits, labels=tuple(counts)).items():
            found.setdefault(labels, []).append(scores.macro_f1.value)
    # On a torus the distribution of the energy is known, elsewhere the chains tell it.
    exact = clean.lattice.boundary == "periodic"
    energies = (
        torus_distribution(check_coupling(clean), clean.lattice, temperature=clean.temperature) if exact else clean
    )
    return Background(
        ceiling=ceiling(energies, counts=configuration.images.sizes["test"]),
        baseline={labels: _spread(values) for labels, values in found.items()},
        equilibration=equilibration_summary(ensemble),
    )


def _spread(values: Sequence[float]) -> Estimate:
    """Return mean and standard deviation over trials, which is 0 for one of them."""
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)


def table_rows(
    configuration: ClassifyConfiguration, outcomes: Outcomes, backgrounds: dict[tuple[str, str], Background]
) -> list[dict[str, Any]]:
    """Return a row for each system, protocol and network: scores of all trials beside ceiling and published value."""
    everything = sum(configuration.images.train)
    return [
        _row(configuration, found, backgrounds[system, protocol])
        for system in configuration.systems
        for protocol in configuration.protocols
        for network, pretrained in configuration.rows
        if (
            found := _of(
                outcomes, system=system, protocol=protocol, network=network, labels=everything, pretrained=pretrained
            )
        )
    ]  # fmt: skip


def _of(outcomes: Outcomes, **wanted: Any) -> Outcomes:
    return {
        trial: outcome
        for trial, outcome in outcomes.items()
        if all(getattr(trial, name) == value for name, value in wanted.items())
    }


def _row(configuration: ClassifyConfiguration, found: Outcomes, behind: Background) -> dict[str, Any]:
    trial = next(iter(found))
    large = _spread([outcome.large.macro_f1.value for outcome in found.values()])
    small = _spread([outcome.small.macro_f1.value for outcome in found.values()])
    top, counts = behind.ceiling, configuration.images.sizes["test"]
    published = SYSTEMS[trial.system].published.get(PUBLISHED_AS.get(trial.network, trial.network))
    return {
        "system": trial.system,
        "network": trial.network,
        "pretrained": trial.pretrained,
        "protocol": trial.protocol,
        "trials": len(found),
        "seeds": [configuration.trial_seed(each.number) for each in found],
        "test_images": len(next(iter(found.values())).labels),
        "macro_f1_mean": large.value,
        "macro_f1_std": large.error,
        "macro_f1_trials": [outcome.large.macro_f1.value for outcome in found.values()],
        "small_test_images": sum(counts),
        "small_macro_f1_mean": small.value,
        "small_macro_f1_std": small.error,
        "small_test_error": sampling_error(top.confusion, counts),
        "ceiling": top.macro_f1.value,
        "ceiling_error": top.macro_f1.error,
        "fraction_of_ceiling": large.value / top.macro_f1.value,
        "logistic_regression": behind.baseline[trial.labels].value,
        "published": None if published is None else list(published),
        "f1": dict(zip(REGIONS, np.mean([o.large.f1 for o in found.values()], axis=0).tolist(), strict=True)),
        "confusion": np.sum([outcome.large.confusion for outcome in found.values()], axis=0).tolist(),
        "seconds": [outcome.seconds for outcome in found.values()],
        "epochs": [outcome.epochs for outcome in found.values()],
    }


def differences(configuration: ClassifyConfiguration, outcomes: Outcomes) -> list[dict[str, Any]]:
    """Compare every two networks on the same images of the same trials: what is real."""
    everything = sum(configuration.images.train)
    rows = []
    for system in configuration.systems:
        for protocol in configuration.protocols:
            for first, second in combinations(configuration.rows, 2):
                a, b = (
                    _of(
                        outcomes, system=system, protocol=protocol, network=network, labels=everything,
                        pretrained=pretrained,
                    )
                    for network, pretrained in (first, second)
                )  # fmt: skip
                labels = np.concatenate([outcome.labels for outcome in a.values()])
                trials = np.repeat([trial.number for trial in a], [len(outcome.labels) for outcome in a.values()])
                found = compare(labels, _joined(a), _joined(b), trials=trials, seed=configuration.seed)
                rows.append({
                    "system": system, "protocol": protocol, "first": first[0], "second": second[0],
                    "first_pretrained": first[1], "second_pretrained": second[1],
                    "difference": found.difference.value, "error": found.difference.error,
                    "interval": list(found.interval), "p_value": found.p_value,
                })  # fmt: skip
    return rows


def _joined(outcomes: Outcomes) -> np.ndarray:
    return np.concatenate([outcome.predicted for outcome in outcomes.values()])


def label_efficiency(configuration: ClassifyConfiguration, outcomes: Outcomes) -> list[dict[str, Any]]:
    """Return the scores of the native network by number of labels, with and without pretraining."""
    groups: dict[tuple[str, str, int], list[float]] = {}
    for trial, outcome in outcomes.items():
        wanted = trial.network == "vit" and trial.protocol == "clean"
        if wanted and trial.system in configuration.analysis.label_systems:
            key = (trial.system, trial.pretrained, trial.labels)
            groups.setdefault(key, []).append(outcome.large.macro_f1.value)
    return [
        {
            "system": system, "network": "vit", "pretrained": pretrained, "labels": labels,
            "macro_f1_mean": _spread(values).value, "macro_f1_std": _spread(values).error, "trials": len(values),
        }
        for (system, pretrained, labels), values in sorted(groups.items())
    ]  # fmt: skip


def calibrations(
    configuration: ClassifyConfiguration,
    folder: Path,
    outcomes: Outcomes,
    backgrounds: dict[tuple[str, str], Background],
) -> dict[Trial, Calibration]:
    """Judge the probabilities of the first trial of every network, beside the exact posterior."""
    found = {}
    everything = sum(configuration.images.train)
    for system in configuration.systems:
        for protocol in configuration.protocols:
            splits = splits_of(configuration, read_ensemble(folder, system, protocol), protocol, trial=0)
            exact = backgrounds[system, protocol].ceiling.posterior.predict_proba(splits.large_test.energy)
            for trial, outcome in _of(outcomes, system=system, protocol=protocol, number=0, labels=everything).items():
                if trial.pretrained == configuration.word(trial.network):
                    found[trial] = calibration(outcome.labels, _normal(outcome), exact=exact)
    return found


def _normal(outcome: Outcome) -> np.ndarray:
    """Return probabilities that sum to one in double precision."""
    probability = outcome.probability.astype(np.float64)
    return np.asarray(probability / probability.sum(axis=1, keepdims=True))
