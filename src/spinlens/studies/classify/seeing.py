"""What the native network of the first trial sees: attention, what its layers know, what its answers depend on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from spinlens.learning.vision import build, hidden_states
from spinlens.learning.vision.reading import looker
from spinlens.regions.reading import attention_report, energy_dependence, probe_report
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble, splits_of
from spinlens.studies.classify.trials import MODEL, Trial

NETWORK, PROTOCOL = "vit", "clean"


@dataclass(frozen=True, eq=False)
class Seen:
    """Reports of `spinlens.regions.reading` about one system.

    Attributes
    ----------
    attention, probes, dependence : Dataset
        Of the native network of the first trial.
    """

    attention: xr.Dataset
    probes: xr.Dataset
    dependence: xr.Dataset

    @property
    def numbers(self) -> dict[str, Any]:
        """What the summary says of them."""
        distance = self.attention["distance"].mean(["head", "group"])
        by_layer = {name: distance.sel(network=name).values.tolist() for name in ("trained", "untrained")}
        quantities = self.probes["quantity"].values.tolist()
        return {
            "attention_distance_by_layer": by_layer,
            "uniform_attention_distance": float(self.attention["uniform_distance"]),
            "attention_distance_by_temperature": {
                "temperature": self.attention["temperature"].values.tolist(),
                "distance": self.attention["distance"].sel(network="trained").mean(["layer", "head"]).values.tolist(),
                "correlation_length": self.attention["correlation_length"].values.tolist(),
            },
            "probe_r2_by_layer": {name: self.probes["r2"].sel(quantity=name).values.tolist() for name in quantities},
            "probe_r2_of_raw_spins": {name: float(self.probes["raw_r2"].sel(quantity=name)) for name in quantities},
            "logits_explained_by_energy": dict(
                zip(
                    self.dependence["pair"].values.tolist(), self.dependence["explained"].values.tolist(), strict=True
                )
            ),
        }  # fmt: skip


def see(configuration: ClassifyConfiguration, folder: Path, system: str) -> Seen:
    """Look at the native network of a system's first trial.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    folder : path
        The study's directory.
    system : str
        Its name.
    """
    from spinlens.learning.vision import load_classifier

    trial = _first(configuration, system)
    ensemble = read_ensemble(folder, system, PROTOCOL)
    test = splits_of(configuration, ensemble, PROTOCOL, trial=trial.number).large_test
    classifier = load_classifier(folder / trial.folder / MODEL)
    architecture = classifier.network_.architecture.to_dict()
    untrained = build(seed=configuration.seed, **architecture)
    few = test[: configuration.analysis.seeing_images * PROBED]
    return Seen(
        attention=attention_report(
            looker(classifier, ensemble.lattice), looker(untrained, ensemble.lattice), test,
            images_per_group=max(2, configuration.analysis.seeing_images // GROUPS),
        ),
        probes=probe_report(hidden_states(classifier, few.spins), few, seed=configuration.seed),
        dependence=energy_dependence(classifier.logits(test.spins), test.energy),
    )  # fmt: skip


GROUPS = 11
"""Groups of temperatures that share the images for attention."""

PROBED = 5
"""Times as many images for linear probes, which are quick and need more."""


def _first(configuration: ClassifyConfiguration, system: str) -> Trial:
    labels = sum(configuration.images.train)
    return Trial(system, PROTOCOL, NETWORK, configuration.word(NETWORK), labels, 0)
