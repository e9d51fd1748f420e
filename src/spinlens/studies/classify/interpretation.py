"""What the networks of the first trial see: attention, what their layers know, what their answers depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from spinlens.exact import correlation_length
from spinlens.learning.vision import build, hidden_states
from spinlens.learning.vision.interpretation import interpreter
from spinlens.phases.regions.energies import square_coupling
from spinlens.phases.regions.interpretation import attention_report, energy_dependence, linear_head_report
from spinlens.studies.classify.analysis import Findings
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.systems import find_system
from spinlens.studies.classify.trials import MODEL, Trial

PROTOCOL = "clean"
TRANSFORMERS = ("vit", "vit-base")
"""The networks that have attention."""


@dataclass(frozen=True, eq=False)
class Interpretation:
    """Reports of `spinlens.phases.regions.interpretation` about one network of the first trial.

    Attributes
    ----------
    attention : Dataset or None
        None for a network that has no attention.
    probes, dependence : Dataset
        What its layers know, and how far its answers are a function of the energy.
    """

    attention: xr.Dataset | None
    probes: xr.Dataset
    dependence: xr.Dataset

    @property
    def numbers(self) -> dict[str, Any]:
        """What the summary says of them."""
        quantities = self.probes["quantity"].values.tolist()
        pairs, explained = (self.dependence[name].values.tolist() for name in ("pair", "explained"))
        return {
            "attention": None if self.attention is None else _distances(self.attention),
            "probe_r2_by_layer": {name: self.probes["r2"].sel(quantity=name).values.tolist() for name in quantities},
            "probe_r2_of_raw_spins": {name: float(self.probes["raw_r2"].sel(quantity=name)) for name in quantities},
            "logits_explained_by_energy": dict(zip(pairs, explained, strict=True)),
        }


def _distances(attention: xr.Dataset) -> dict[str, Any]:
    """Return mean distances of attention in lattice units, by layer and by temperature."""
    distance = attention["distance"]
    by_layer = distance.mean(["head", "group"])
    return {
        "distance_by_layer": {name: by_layer.sel(network=name).values.tolist() for name in ("trained", "untrained")},
        "uniform_distance": float(attention["uniform_distance"]),
        "temperature": attention["temperature"].values.tolist(),
        "distance_by_temperature": distance.sel(network="trained").mean(["layer", "head"]).values.tolist(),
        "correlation_length": [
            None if np.isnan(each) else each for each in attention["correlation_length"].values.tolist()
        ],
    }


def interpret(
    configuration: ClassifyConfiguration, folder: Path, found: Mapping[tuple[str, str], Findings]
) -> dict[tuple[str, str], Interpretation]:
    """Look at each network of the first trials by system and network; only the clean protocol is looked at.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    folder : path
        The study's directory.
    found : mapping of (str, str) to Findings
        By system and protocol.
    """
    return {
        (trial.system, trial.network): _interpret(configuration, folder, trial, found[trial.system, PROTOCOL])
        for system in configuration.systems
        if PROTOCOL in configuration.protocols and system in configuration.analysis.seeing_systems
        for trial in found[system, PROTOCOL].outcomes
        if (trial.number, trial.labels, trial.pretrained)
        == (0, configuration.everything, configuration.word(trial.network))
    }


def _interpret(configuration: ClassifyConfiguration, folder: Path, trial: Trial, found: Findings) -> Interpretation:
    from spinlens.learning import load

    test, lattice = found.test, found.ensemble.drawn
    classifier = load(folder / trial.folder / MODEL)
    few = test[: configuration.analysis.seeing_images * PROBED]
    attention = None
    if trial.network in TRANSFORMERS:
        untrained = build(seed=configuration.seed, **classifier.network_.architecture.to_dict())
        untrained.channels = classifier.network_.channels
        attention = attention_report(
            interpreter(classifier, lattice), interpreter(untrained, lattice), test,
            images_per_group=max(2, configuration.analysis.seeing_images // GROUPS),
            unit=find_system(trial.system).unit, lengths=lengths(found),
        )  # fmt: skip
    return Interpretation(
        attention=attention,
        probes=linear_head_report(hidden_states(classifier, few.spins), few, seed=configuration.seed),
        dependence=energy_dependence(classifier.logits(test.spins), test.energy).assign_attrs(axis=test.axis),
    )


def lengths(found: Findings) -> Callable[[Any], Any] | None:
    """Return the correlation lengths of the infinite lattice, which are known of square Ising models."""
    coupling = square_coupling(found.ensemble)
    return None if coupling is None else lambda temperature: correlation_length(temperature / coupling)[0]


GROUPS = 11
"""Groups of temperatures that share the images for attention."""

PROBED = 5
"""Times as many images for linear probes, which are quick and need more."""
