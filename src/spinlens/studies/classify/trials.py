"""Pretrainings and trials as resumable units: which there are, how one is done, what it leaves."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import DamagedError
from spinlens.files import write_atomically
from spinlens.phases.regions import Scores, Splits, score
from spinlens.progress import Report
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble, seen, splits_of
from spinlens.studies.classify.networks import estimator, native_network
from spinlens.studies.classify.systems import find_system

if TYPE_CHECKING:
    from spinlens.learning.vision import Classifier

FOLDER = "models"
MODEL = "model"
PRETRAINED = "pretrained"
RESULT, PROBABILITIES = "result.json", "probabilities.npy"

ALONE = threading.Lock()
"""Held by the one training of a process: random streams and numbers of threads belong to the whole of it."""

_images: dict[tuple[str, str, str, int], Splits] = {}
"""The images that this process saw last: trials on the same images follow each other."""


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A pretraining of the native network.

    Attributes
    ----------
    system : str
        Whose unlabelled configurations it sees.
    word : str
        What it is trained on, see `ClassifyConfiguration.pretrainings`.
    """

    system: str
    word: str

    @property
    def name(self) -> str:
        """Its name in summary and figures."""
        return self.system if self.word == "lattice" else f"{self.system}-{self.word}"

    @property
    def folder(self) -> Path:
        """Where it lies, from the study's directory."""
        return Path(FOLDER, self.system, PRETRAINED if self.word == "lattice" else f"{PRETRAINED}-{self.word}")

    def run(self, configuration: ClassifyConfiguration, folder: Path, device: str | None, report: Report) -> None:
        """Train, or read what is there."""
        from spinlens.learning.vision import Pretraining

        configuration = configuration.of(self.system)
        network = native_network(configuration, find_system(self.system))
        settings = dict(configuration.pretrainings[self.word])
        pretraining = Pretraining(network, **settings, seed=configuration.seed, device=device)
        out = folder / self.folder
        out.parent.mkdir(parents=True, exist_ok=True)
        pretraining.fit(read_ensemble(folder, self.system, "unlabelled"), out=out, progress=report)

    def done(self, folder: Path) -> bool:
        """Return whether it has left its weights."""
        return (folder / self.folder / "model.json").is_file()


@dataclass(frozen=True, slots=True)
class Trial:
    """Which network is trained on which images.

    Attributes
    ----------
    system, protocol, network : str
        Names of the study.
    pretrained : str
        What it begins with.
    labels : int
        Training images.
    number : int
        Of the trial, from 0: it names the split and the seed.
    """

    system: str
    protocol: str
    network: str
    pretrained: str
    labels: int
    number: int

    @property
    def folder(self) -> Path:
        """Where it lies, from the study's directory."""
        word = self.pretrained.replace(":", "-").replace("/", "-").strip("-")
        return Path(FOLDER, f"{self.system}-{self.protocol}", f"{self.network}-{word}", f"{self.labels}-{self.number}")

    def run(self, configuration: ClassifyConfiguration, folder: Path, device: str | None, report: Report) -> None:
        """Train and test, and keep what the network says of the test images."""
        place, configuration = folder / self.folder, configuration.of(self.system)
        place.mkdir(parents=True, exist_ok=True)
        splits = _images_of(configuration, folder, self)
        begun = time.monotonic()
        classifier = self._trained(configuration, folder, splits, device, report)
        both = [classifier.predict_proba(seen(part)).astype(np.float32) for part in (splits.test, splits.large_test)]
        data = io.BytesIO()
        np.save(data, np.concatenate(both), allow_pickle=False)
        result = {
            "epochs": len(classifier.history_), "seconds": round(time.monotonic() - begun, 3),
            "probabilities_sha256": hashlib.sha256(data.getvalue()).hexdigest(),
        }  # fmt: skip
        write_atomically(place / PROBABILITIES, data.getvalue())
        write_atomically(place / RESULT, (json.dumps(result, indent=2) + "\n").encode())

    def done(self, folder: Path) -> bool:
        """Return whether it has left its result."""
        return (folder / self.folder / RESULT).is_file()

    def _trained(
        self, configuration: ClassifyConfiguration, folder: Path, splits: Splits, device: str | None, report: Report
    ) -> Classifier:
        from spinlens.learning.vision.symmetries import Moves

        train, validation, begins = splits.train[: self.labels], splits.validation, self.pretrained
        if begins in configuration.pretrainings:
            begins = f"lattice:{folder / Pretrained(self.system, begins).folder}"
        system = find_system(self.system)
        classifier = estimator(
            configuration, system, self.network, begins, seed=configuration.trial_seed(self.number), device=device
        )
        model, lattice, controls = system.drawn(configuration.images.side)
        moves = Moves.of(model, lattice, **controls)
        return classifier.fit(
            seen(train), train.labels, validation=(seen(validation), validation.labels),
            symmetries=moves if classifier.augment else None,
            out=folder / self.folder / MODEL, progress=report,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a trial.

    Attributes
    ----------
    probability : ndarray
        float32 (n, 4) of the large test images.
    labels : ndarray
        int64 (n,), true regions of the same.
    small, large : Scores
        On the test set of the published size and on the large one.
    epochs : int
        Epochs that were trained.
    seconds : float
        Of training and testing; what an interruption cost is not in it.
    """

    probability: NDArray[np.float32]
    labels: NDArray[np.int64]
    small: Scores
    large: Scores
    epochs: int
    seconds: float

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Predicted regions of the large test images, int64 (n,)."""
        return np.asarray(self.probability.argmax(axis=1))


def pretrainings_of(configuration: ClassifyConfiguration) -> list[Pretrained]:
    """Return the pretrainings that the trials need."""
    return [Pretrained(system, word) for system in configuration.systems for word in configuration.pretrainings]


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
    everything, analysis = configuration.everything, configuration.analysis
    for network, pretrained in configuration.rows:
        yield network, pretrained, everything
    few = protocol == "clean" and system in analysis.label_systems and number < analysis.label_trials
    if few and "vit" in configuration.networks:
        begun = [pretrained for network, pretrained in configuration.rows if network == "vit"]
        for pretrained in dict.fromkeys([*begun, "none"]):
            for labels in dict.fromkeys([*analysis.labels, everything]):
                yield "vit", pretrained, labels


def run_alone(
    unit: Pretrained | Trial, report: Report, *, configuration: ClassifyConfiguration, folder: Path, device: str | None
) -> float:
    """Do a unit with one thread and nothing beside it in this process; return its seconds.

    So its weights depend neither on who does it nor on what else is done meanwhile.
    """
    from spinlens.learning.training import threads

    with ALONE, threads(1):
        begun = time.monotonic()
        unit.run(configuration, folder, device, report)
        return time.monotonic() - begun


def read_outcome(folder: Path, trial: Trial, splits: Splits) -> Outcome:
    """Return what a trial found.

    Parameters
    ----------
    folder : path
        The study's directory.
    trial : Trial
        Which one.
    splits : Splits
        Its images.

    Raises
    ------
    DamagedError
        If it cannot be read.
    """
    place = folder / trial.folder
    try:
        result: dict[str, Any] = json.loads((place / RESULT).read_text())
        data = (place / PROBABILITIES).read_bytes()
        if hashlib.sha256(data).hexdigest() != result["probabilities_sha256"]:
            raise ValueError(f"{PROBABILITIES} does not match its checksum")
        probability = np.load(io.BytesIO(data), allow_pickle=False)
        if len(probability) != len(splits.test) + len(splits.large_test):
            raise ValueError(f"{len(probability)} predictions")
        small, large = np.split(probability, [len(splits.test)])
        return Outcome(
            probability=large, labels=splits.large_test.labels,
            small=score(splits.test.labels, small.argmax(axis=1)),
            large=score(splits.large_test.labels, large.argmax(axis=1)),
            epochs=int(result["epochs"]), seconds=float(result["seconds"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, EOFError) as problem:
        raise DamagedError(f"{place} is damaged ({problem}); delete it and run again.") from None


def _images_of(configuration: ClassifyConfiguration, folder: Path, trial: Trial) -> Splits:
    key = (str(folder), trial.system, trial.protocol, trial.number)
    if key not in _images:
        _images.clear()
        ensemble = read_ensemble(folder, trial.system, trial.protocol)
        _images[key] = splits_of(
            configuration, ensemble, trial.protocol, trial=trial.number, unit=find_system(trial.system).unit
        )
    return _images[key]
