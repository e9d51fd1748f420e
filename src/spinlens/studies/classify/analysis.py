"""From predictions to numbers: scores beside ceilings and published values, differences, calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble import Ensemble, equilibration_summary
from spinlens.phases.regions import (
    REGIONS,
    Calibration,
    Ceiling,
    Labelled,
    ScoreRow,
    baseline_scores,
    calibration,
    ceiling,
    compare,
    over_trials,
    torus_distribution,
)
from spinlens.phases.regions.scores import sampling_error
from spinlens.statistics import Estimate
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble, splits_of
from spinlens.studies.classify.systems import SYSTEMS, find_system
from spinlens.studies.classify.trials import Outcome, Trial, read_outcome, trials_of

PUBLISHED_AS = {"vit": "vit-base"}
"""The published network that a network of ours stands beside."""

Outcomes = dict[Trial, Outcome]


@dataclass(frozen=True, eq=False)
class Findings:
    """What the trials of a system and protocol found, and what that is measured against.

    Attributes
    ----------
    outcomes : dict of Trial to Outcome
        All trials.
    test : Labelled
        The large test set of the first trial.
    ceiling : Ceiling
        Exact where energies are known, else from the clean ensemble; for the proportions of the test set.
    baseline, naive : dict of int to Estimate
        Macro F1 of logistic regression on the system's sufficient and on its naive terms by number of labels: mean and
        spread over the trials.
    ensemble : Ensemble
        What the images come from.
    """

    outcomes: Outcomes
    test: Labelled
    ceiling: Ceiling
    baseline: dict[int, Estimate]
    naive: dict[int, Estimate]
    ensemble: Ensemble

    @property
    def equilibration(self) -> dict[str, Any]:
        """What is flagged in the ensemble."""
        return equilibration_summary(self.ensemble)


def examine(configuration: ClassifyConfiguration, folder: Path) -> dict[tuple[str, str], Findings]:
    """Return the findings by system and protocol; the images of each trial are read once."""
    return {
        (system, protocol): _findings(configuration, folder, system, protocol)
        for system in configuration.systems
        for protocol in configuration.protocols
    }


def _findings(configuration: ClassifyConfiguration, folder: Path, system: str, protocol: str) -> Findings:
    ensemble, record = read_ensemble(folder, system, protocol), find_system(system)
    own = [trial for trial in trials_of(configuration) if (trial.system, trial.protocol) == (system, protocol)]
    counts = tuple(sorted({*configuration.analysis.labels, configuration.everything}))
    outcomes, tests = Outcomes(), list[Labelled]()
    shown = {"baseline": record.sufficient, "naive": record.naive}
    scores: dict[str, dict[int, list[float]]] = {kind: {} for kind in shown}
    for number, same_images in groupby(own, key=lambda trial: trial.number):
        splits = splits_of(configuration, ensemble, protocol, trial=number, unit=record.unit)
        outcomes |= {trial: read_outcome(folder, trial, splits) for trial in same_images}
        for kind, names in shown.items():
            for labels, found in baseline_scores(splits, names, labels=counts).items():
                scores[kind].setdefault(labels, []).append(found.macro_f1.value)
        tests = tests or [splits.large_test]
    clean = ensemble if protocol == "clean" else read_ensemble(folder, system, "clean")
    energies: Any = clean
    model: Any = record.model
    if record.exact:
        energies = torus_distribution(model.coupling, clean.lattice, temperature=clean.temperature)
    top = ceiling(energies, counts=configuration.images.sizes["test"], unit=record.unit)
    means = {kind: {n: over_trials(values) for n, values in found.items()} for kind, found in scores.items()}
    return Findings(outcomes=outcomes, test=tests[0], ceiling=top, ensemble=ensemble, **means)


def score_rows(configuration: ClassifyConfiguration, found: Mapping[Any, Findings]) -> list[ScoreRow]:
    """Return a row for each system, protocol, network, beginning and number of labels."""
    return [
        _row(configuration, findings, labels, trials)
        for findings in found.values()
        for (_, _, labels), trials in _groups(findings).items()
    ]


def _groups(findings: Findings) -> dict[tuple[str, str, int], list[Trial]]:
    """Return the trials of each network, beginning and number of labels."""
    groups: dict[tuple[str, str, int], list[Trial]] = {}
    for trial in findings.outcomes:
        groups.setdefault((trial.network, trial.pretrained, trial.labels), []).append(trial)
    return groups


def _row(configuration: ClassifyConfiguration, findings: Findings, labels: int, trials: list[Trial]) -> ScoreRow:
    first, outcomes = trials[0], [findings.outcomes[trial] for trial in trials]
    scores = [outcome.large.macro_f1.value for outcome in outcomes]
    top, counts = findings.ceiling, configuration.images.sizes["test"]
    published = SYSTEMS[first.system].published.get(PUBLISHED_AS.get(first.network, first.network))
    return ScoreRow(
        system=first.system, network=first.network, pretrained=first.pretrained, protocol=first.protocol,
        labels=labels, macro_f1=over_trials(scores), macro_f1_trials=scores, trials=len(trials),
        small_macro_f1=over_trials([outcome.small.macro_f1.value for outcome in outcomes]),
        seeds=[configuration.trial_seed(trial.number) for trial in trials],
        epochs=[outcome.epochs for outcome in outcomes], seconds=[outcome.seconds for outcome in outcomes],
        test_images=len(outcomes[0].labels), small_test_images=sum(counts),
        small_test_error=sampling_error(top.confusion, counts), ceiling=top.macro_f1,
        logistic_regression=findings.baseline[labels].value, naive_regression=findings.naive[labels].value,
        published=None if published is None else Estimate(*published),
        f1=dict(zip(REGIONS, np.mean([outcome.large.f1 for outcome in outcomes], axis=0).tolist(), strict=True)),
        confusion=np.sum([outcome.large.confusion for outcome in outcomes], axis=0).tolist(),
    )  # fmt: skip


def table_rows(configuration: ClassifyConfiguration, rows: list[ScoreRow]) -> list[ScoreRow]:
    """Return the rows of the networks that are compared, from all training images."""
    return [
        row for row in rows
        if row.labels == configuration.everything and (row.network, row.pretrained) in configuration.rows
    ]  # fmt: skip


def label_efficiency(configuration: ClassifyConfiguration, rows: list[ScoreRow]) -> list[ScoreRow]:
    """Return the rows of the native network by number of labels, with and without pretraining."""
    chosen = configuration.analysis.label_systems
    wanted = [row for row in rows if (row.network, row.protocol) == ("vit", "clean") and row.system in chosen]
    return sorted(wanted, key=lambda row: (row.system, row.pretrained, row.labels))


def differences(configuration: ClassifyConfiguration, found: Mapping[Any, Findings]) -> list[dict[str, Any]]:
    """Compare every two networks on the same images of the same trials: what is real."""
    rows = []
    for (system, protocol), findings in found.items():
        groups = _groups(findings)
        for first, second in combinations(configuration.rows, 2):
            a, b = (
                [findings.outcomes[trial] for trial in groups[(*row, configuration.everything)]]
                for row in (first, second)
            )
            labels = np.concatenate([outcome.labels for outcome in a])
            trials = np.repeat(np.arange(len(a)), [len(outcome.labels) for outcome in a])
            answers = [np.concatenate([outcome.predicted for outcome in each]) for each in (a, b)]
            compared = compare(labels, *answers, trials=trials, seed=configuration.seed)
            rows.append({
                "system": system, "protocol": protocol, "first": first[0], "second": second[0],
                "first_pretrained": first[1], "second_pretrained": second[1],
                "difference": compared.difference.value, "error": compared.difference.error,
                "interval": list(compared.interval), "p_value": compared.p_value,
            })  # fmt: skip
    return rows


def calibrations(configuration: ClassifyConfiguration, findings: Findings) -> dict[Trial, Calibration]:
    """Judge the probabilities of the first trial of every network, beside the exact posterior."""
    exact = findings.ceiling.posterior.predict_proba(findings.test.energy)
    return {
        trial: calibration(outcome.labels, _normal(outcome), exact=exact)
        for trial, outcome in findings.outcomes.items()
        if (trial.number, trial.labels, trial.pretrained)
        == (0, configuration.everything, configuration.word(trial.network))
    }


def _normal(outcome: Outcome) -> np.ndarray:
    """Return probabilities that sum to one in double precision."""
    probability = outcome.probability.astype(np.float64)
    return np.asarray(probability / probability.sum(axis=1, keepdims=True))
