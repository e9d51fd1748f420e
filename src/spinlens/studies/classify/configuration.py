"""Everything that the results of the classification study depend on, checked before any work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from spinlens.config import Section, merge
from spinlens.errors import InputError, did_you_mean
from spinlens.learning.settings import Classification, Head, Masked, Recipe, Transformer
from spinlens.phases.regions import LABELS
from spinlens.phases.regions.labels import Counts
from spinlens.phases.regions.splits import check_sizes
from spinlens.sampling import Plan
from spinlens.seeds import Purpose, check_seed, seed_sequence
from spinlens.studies.classify.protocols import PROTOCOLS, PUBLISHED_COUNTS, sampling_plan
from spinlens.studies.classify.systems import PUBLISHED, find_system
from spinlens.studies.presets import read_preset

NETWORKS = ("vit", "vit-base", "resnet-18", "resnet-50")

HUB = {
    "vit-base": "hub:google/vit-base-patch16-224",
    "resnet-18": "hub:microsoft/resnet-18",
    "resnet-50": "hub:microsoft/resnet-50",
}
"""Published weights that the word ``hub`` stands for."""

GIVEN = "lattice:"
"""Begins the name of lattice weights that lie somewhere already."""

FEWEST_SEEN = 24
"""Images to look at: two for each group of temperatures."""

FEWEST_CHAINS = 3
"""Training, validation and test images come from different chains."""


class Images(Section):
    """What is sampled, and how many images each set has; see `spinlens.studies.classify.protocols.sampling_plan`.

    ``unlabelled_chains`` are sampled apart from all others, for the pretraining alone.
    """

    side: int = 100
    step: float = 0.01
    chains: int = 128
    draws: int = 4
    recordings: int = 100
    interval: int = 8
    equilibration: int = 3200
    unlabelled_chains: int = 24
    unlabelled_draws: int = 1
    heated_chains: int = 64
    train: list[int] = Field(default=list(PUBLISHED_COUNTS["train"]))
    validation: list[int] = Field(default=list(PUBLISHED_COUNTS["validation"]))
    test: list[int] = Field(default=list(PUBLISHED_COUNTS["test"]))
    large_test: int = 4000

    @property
    def sizes(self) -> dict[str, Counts]:
        """Images of each region in the sets that have published sizes."""
        sets = {"train": self.train, "validation": self.validation, "test": self.test}
        for name, counts in sets.items():
            if len(counts) != len(PUBLISHED_COUNTS["train"]) or min(counts) < 1:
                raise InputError(f"images.{name}", counts, "must be four whole numbers >= 1, one for each region")
        return {name: (a, b, c, d) for name, (a, b, c, d) in sets.items()}


class Native(Classification):
    """The lattice-native vision transformer; see `spinlens.VisionTransformer`.

    ``head`` and ``pretrained_recipe`` hold with lattice weights alone: from scratch there are no features yet that a
    head could be fitted on. What the latter leaves open is as in ``recipe``. A ``size`` that is asked for takes the
    place of the preset's ``width``, ``layers`` and ``heads``.
    """

    network: Transformer = Transformer(patch=10, stem=16, even=True)
    head: Head = Head()
    recipe: Recipe = Recipe(epochs=25, batch=32, learning_rate=1e-3, weight_decay=0.05, patience=0)
    pretrained_recipe: Recipe = Recipe(epochs=0, learning_rate=1e-4)


class Analysis(Section):
    """What is looked at beside the scores.

    ``without_bond_sums`` puts beside each native network that was pretrained with bond sums among its targets, which
    are the energy but for a sign, one that was pretrained on hidden spins alone.
    """

    labels: list[int] = Field(default=list(LABELS))
    label_systems: list[str] = Field(default=["periodic"])
    label_trials: int = 1
    without_bond_sums: bool = True
    seeing_systems: list[str] = Field(default=["periodic"])
    seeing_images: int = 200


class Own(Section):
    """What one system has otherwise: nested values, laid over the sections of the same names."""

    images: dict[str, Any] = Field(default={})
    vit: dict[str, Any] = Field(default={})
    resnet: dict[str, Any] = Field(default={})
    pretraining: dict[str, Any] = Field(default={})

    @property
    def changes(self) -> dict[str, Any]:
        """The sections that are not empty.

        Raises
        ------
        InputError
            If there are other numbers of images: scores of systems would not be comparable.
        """
        if odd := sorted(self.images.keys() & {"train", "validation", "test", "large_test"}):
            why = "all systems have the same numbers of images"
            raise InputError(f"own.images.{odd[0]}", self.images[odd[0]], why, "Set it for all of them")
        return {name: values for name, values in self if values}


class ClassifyConfiguration(Section):
    """Everything that the results of the study depend on.

    ``own`` lays values over the sections for single systems, for example smaller sides of a cube.
    """

    preset: str
    seed: int = 1
    protocols: list[str] = Field(default=["clean"])
    systems: list[str] = Field(default=list(PUBLISHED))
    networks: list[str] = Field(default=["vit", "resnet-18"])
    trials: int = 3
    pretrained: dict[str, str]
    images: Images = Images()
    vit: Native = Native()
    vit_base: Classification = Classification(augment=False)
    resnet: Classification = Classification(augment=False)
    pretraining: Masked = Masked()
    analysis: Analysis = Analysis()
    own: dict[str, Own] = Field(default={})

    def of(self, system: str) -> ClassifyConfiguration:
        """Return the configuration of one system, with what it has otherwise."""
        if system not in self.own:
            return self
        values = merge(self.model_dump(mode="json", exclude_none=True), self.own[system].changes)
        return type(self).resolve(values | {"own": {}})

    def plan(self, system: str, protocol: str) -> Plan:
        """Return what to sample for the labelled images of a system."""
        images = self.of(system).images
        plan = sampling_plan(system, protocol, side=images.side, seed=self.seed, step=images.step)
        if protocol == "published":
            return replace(plan, chains=images.heated_chains)
        names = ("chains", "draws", "recordings", "interval", "equilibration")
        return replace(plan, **{name: getattr(images, name) for name in names})

    def unlabelled_plan(self, system: str) -> Plan:
        """Return what to sample for the pretraining: other chains, from other random streams."""
        plan = self.plan(system, "clean")
        images = self.of(system).images
        return replace(
            plan, chains=images.unlabelled_chains, draws=images.unlabelled_draws,
            recordings=images.recordings // images.draws
            * images.unlabelled_draws * max(1, images.draws // images.unlabelled_draws),
            seed=_derived(self.seed, Purpose.PRETRAINING),
        )  # fmt: skip

    def trial_seed(self, number: int) -> int:
        """Return the seed of a trial's first weights, order and augmentation."""
        return _derived(self.seed, Purpose.CLASSIFICATION, number)

    def word(self, network: str) -> str:
        """Return what a network begins with: ``none``, ``lattice``, or a place."""
        return self.pretrained.get(network, "none")

    @property
    def everything(self) -> int:
        """The number of all training images."""
        return sum(self.images.train)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The networks that are scored, each with what it begins with."""
        found = [(network, self.word(network)) for network in self.networks]
        return found + [("vit", word) for word in self.pretrainings if ("vit", word) not in found]

    @property
    def pretrainings(self) -> dict[str, Masked]:
        """What the native network is pretrained on in this study: ``lattice`` as configured, ``spins`` no bond sums."""
        if "vit" not in self.networks or self.word("vit") != "lattice":
            return {}
        alone = self.pretraining.changed(task=self.pretraining.task.changed(bond_weight=0.0))
        compared = self.analysis.without_bond_sums and self.pretraining.task.bond_weight > 0
        return {"lattice": self.pretraining} | ({"spins": alone} if compared else {})


def _derived(seed: int, purpose: Purpose, *place: int) -> int:
    """Return a seed for a part of the study, from a stream of its own."""
    return int(seed_sequence(check_seed(seed), purpose, *place).generate_state(1, np.uint32)[0])


def configure(
    preset: str, *, changes: Mapping[str, Any] | None = None, pretrained: str | None = None
) -> ClassifyConfiguration:
    """Return a preset with changes laid over it, checked as far as it can be before any work.

    Parameters
    ----------
    preset : str
        ``"quick"``, ``"standard"`` or ``"published"``.
    changes : mapping, optional
        Nested values to change, for example ``{"vit": {"recipe": {"epochs": 5}}}``.
    pretrained : str, optional
        What networks begin with: ``"none"`` for all networks, ``"lattice"`` for the native one, ``"hub"`` for the
        published ones, or ``"hub:ID"`` or a folder for the one published network that is asked for;
        ``"lattice:DIR"`` for weights that
        `spinlens.Pretraining` left in DIR.

    Raises
    ------
    InputError
        If the preset, a key, a system, a network or a protocol is unknown, or a value cannot be used.
    """
    base = read_preset("classify", preset)
    if "size" in (changes or {}).get("vit", {}).get("network", {}):
        base["vit"]["network"] = {}
    values = merge(base, changes or {})
    configuration = ClassifyConfiguration.resolve(values)
    _check_words(configuration)
    if pretrained is not None:
        chosen = _beginnings(pretrained, configuration.networks)
        configuration = configuration.model_copy(update={"pretrained": chosen})
    _check_beginnings(configuration)
    for system in configuration.systems:
        _check_numbers(configuration.of(system))
        if find_system(system).raster and "vit" in configuration.networks and configuration.word("vit") != "none":
            why = f"no pretraining is made for pictures of worldlines, which {system} has"
            raise InputError("pretrained.vit", repr(configuration.word("vit")), why, "Take none (--pretrained none)")
    for system in configuration.systems:
        for protocol in dict.fromkeys(["clean", *configuration.protocols]):
            check_sizes(
                configuration.plan(system, protocol), protocol=protocol, sizes=configuration.images.sizes,
                large_test=configuration.images.large_test, labels=configuration.analysis.labels,
                unit=find_system(system).unit,
            )  # fmt: skip
        configuration.unlabelled_plan(system)
    from spinlens.studies.classify.networks import check_networks

    check_networks(configuration)
    return configuration


def _check_words(configuration: ClassifyConfiguration) -> None:
    analysis = configuration.analysis
    for system in [*configuration.systems, *analysis.label_systems, *analysis.seeing_systems, *configuration.own]:
        find_system(system)
    for what, words, known in (
        ("network", configuration.networks, NETWORKS),
        ("protocol", configuration.protocols, PROTOCOLS),
        ("network", list(configuration.pretrained), NETWORKS),
    ):
        for word in words:
            if word not in known:
                raise InputError(what, repr(word), "is unknown", did_you_mean(word, known))
    for what in ("systems", "networks", "protocols"):
        words = getattr(configuration, what)
        if not words or len(set(words)) < len(words):
            raise InputError(what, words, "must name at least one, each once")


def _check_numbers(configuration: ClassifyConfiguration) -> None:
    images, analysis = configuration.images, configuration.analysis
    sizes = images.sizes
    if configuration.trials < 1:
        raise InputError("trials", configuration.trials, "must be a whole number >= 1")
    if images.chains < FEWEST_CHAINS:
        raise InputError(
            "images.chains", images.chains, "training, validation and test sets need a chain each",
            "Simulate 64: they cost the same",
        )  # fmt: skip
    if "published" in configuration.protocols and configuration.trials >= images.heated_chains:
        raise InputError(
            "trials", configuration.trials, "each trial of the published protocol is a chain of its own, and one more "
            f"is tested on; there are {images.heated_chains}",
        )  # fmt: skip
    for count in analysis.labels:
        if not 1 <= count <= sum(sizes["train"]):
            raise InputError("analysis.labels", count, f"the training set has 1 to {sum(sizes['train'])} images")
    if images.large_test < sum(sizes["test"]):
        raise InputError("images.large_test", images.large_test, f"must be >= {sum(sizes['test'])}, the small test set")
    least = {
        "images.unlabelled_draws": (images.unlabelled_draws, 1),
        "images.unlabelled_chains": (images.unlabelled_chains, 2),
        "analysis.label_trials": (analysis.label_trials, 0),
        "analysis.seeing_images": (analysis.seeing_images, FEWEST_SEEN),
    }
    for name, (value, fewest) in least.items():
        if value < fewest:
            raise InputError(name, value, f"must be a whole number >= {fewest}")


def _check_beginnings(configuration: ClassifyConfiguration) -> None:
    for network, word in configuration.pretrained.items():
        native = network == "vit"
        if word == "lattice" and not native:
            raise InputError(
                f"pretrained.{network}",
                repr(word),
                "are made for the native vision transformer alone",
                "Take none or hub",
            )
        if native and word not in ("none", "lattice") and not word.startswith(GIVEN):
            raise InputError("pretrained.vit", repr(word), "fits networks of published layouts alone", "Take lattice")


def _beginnings(word: str, networks: list[str]) -> dict[str, str]:
    """Return what each network begins with by one word."""
    if word == "none":
        return dict.fromkeys(networks, "none")
    if word == "lattice" or word.startswith(GIVEN):
        if "vit" not in networks:
            raise InputError("pretrained", "'lattice'", "is made for the native network, vit, which is not asked for")
        return {network: word if network == "vit" else "none" for network in networks}
    published = [network for network in networks if network in HUB]
    if word == "hub":
        if not published:
            raise InputError(
                "pretrained", "'hub'", "there are none for vit", "Ask for vit-base, resnet-18 or resnet-50"
            )
        return {network: HUB.get(network, "none") for network in networks}
    if not word.startswith("hub:") and not Path(word).is_dir():
        raise InputError("pretrained", repr(word), "is neither none, lattice, lattice:DIR, hub, hub:ID nor a folder")
    if len(published) != 1:
        raise InputError("pretrained", repr(word), f"fit one published network, and {len(published)} are asked for")
    return {network: word if network == published[0] else "none" for network in networks}
