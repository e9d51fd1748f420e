"""One trial: a network trained on one draw of the images, and what it says of the test images. A resumable unit."""

from __future__ import annotations

import hashlib
import io
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import DamagedError
from spinlens.files import write_atomically
from spinlens.regions import Scores, Splits, find_system, score
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble
from spinlens.studies.classify.networks import estimator

if TYPE_CHECKING:
    from spinlens.learning.vision import Classifier, Pretraining

FOLDER = "models"
MODEL = "model"
PRETRAINED = "pretrained"
RESULT, PROBABILITIES = "result.json", "probabilities.npy"


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


def is_done(folder: Path, trial: Trial) -> bool:
    """Return whether a trial has left its result in the study's directory."""
    return (folder / trial.folder / RESULT).is_file()


def pretrained_folder(folder: Path, system: str, word: str) -> Path:
    """Return where a pretraining of a system lies in the study's directory."""
    return folder / FOLDER / system / (PRETRAINED if word == "lattice" else f"{PRETRAINED}-{word}")


def pretrain_system(
    configuration: ClassifyConfiguration, folder: Path, system: str, word: str, *, device: str | None, progress: bool
) -> Pretraining:
    """Pretrain the native network on a system's unlabelled configurations, or read what is there."""
    from spinlens.learning.vision import Pretraining

    pretraining = Pretraining(
        configuration.vit.network, **dict(configuration.pretrainings[word]), seed=configuration.seed, device=device
    )
    out = pretrained_folder(folder, system, word)
    out.parent.mkdir(parents=True, exist_ok=True)
    return pretraining.fit(read_ensemble(folder, system, "unlabelled"), out=out, progress=progress)


def run_trial(
    configuration: ClassifyConfiguration,
    folder: Path,
    trial: Trial,
    splits: Splits,
    *,
    symmetries: Any,
    device: str | None = None,
    progress: bool = True,
) -> Outcome:
    """Train and test, or read what an earlier run found.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    folder : path
        The study's directory.
    trial : Trial
        Which unit.
    splits : Splits
        The images of the trial.
    symmetries : spinlens.Symmetries
        Of the system.
    device : str, optional
        Where to train.
    progress : bool
        Whether to show progress on stderr.

    Raises
    ------
    DamagedError
        If a result that is there cannot be read.
    """
    place = folder / trial.folder
    if is_done(folder, trial):
        return _read(place, splits)
    place.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    classifier = trained(configuration, folder, trial, splits, symmetries=symmetries, device=device, progress=progress)
    both = [classifier.predict_proba(part.spins).astype(np.float32) for part in (splits.test, splits.large_test)]
    data = io.BytesIO()
    np.save(data, np.concatenate(both), allow_pickle=False)
    result = {
        "epochs": len(classifier.history_), "seconds": round(time.monotonic() - begun, 3),
        "probabilities_sha256": hashlib.sha256(data.getvalue()).hexdigest(),
    }  # fmt: skip
    write_atomically(place / PROBABILITIES, data.getvalue())
    write_atomically(place / RESULT, (json.dumps(result, indent=2) + "\n").encode())
    return _outcome(np.concatenate(both), result, splits)


def trained(
    configuration: ClassifyConfiguration,
    folder: Path,
    trial: Trial,
    splits: Splits,
    *,
    symmetries: Any,
    device: str | None = None,
    progress: bool = True,
) -> Classifier:
    """Return the classifier of a trial, trained; parameters as `run_trial`."""
    train, validation = splits.train[: trial.labels], splits.validation
    pretrained = trial.pretrained
    if pretrained in configuration.pretrainings:
        pretrained = f"lattice:{pretrained_folder(folder, trial.system, pretrained)}"
    boundary = find_system(trial.system).lattice(configuration.images.side).boundary_text
    classifier = estimator(
        configuration, trial.network, pretrained, seed=configuration.trial_seed(trial.number), boundary=boundary,
        device=device,
    )  # fmt: skip
    return classifier.fit(
        train.spins, train.labels, validation=(validation.spins, validation.labels),
        symmetries=symmetries if classifier.augment else None, out=folder / trial.folder / MODEL, progress=progress,
    )  # fmt: skip


def _read(place: Path, splits: Splits) -> Outcome:
    try:
        result = json.loads((place / RESULT).read_text())
        data = (place / PROBABILITIES).read_bytes()
        if hashlib.sha256(data).hexdigest() != result["probabilities_sha256"]:
            raise ValueError(f"{PROBABILITIES} does not match its checksum")
        probability = np.load(io.BytesIO(data), allow_pickle=False)
        if len(probability) != len(splits.test) + len(splits.large_test):
            raise ValueError(f"{len(probability)} predictions")
        return _outcome(probability, result, splits)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as problem:
        raise DamagedError(f"{place} is damaged ({problem}); delete it and run again.") from None


def _outcome(probability: NDArray[np.float32], result: dict[str, Any], splits: Splits) -> Outcome:
    small, large = np.split(probability, [len(splits.test)])
    return Outcome(
        probability=large, labels=splits.large_test.labels,
        small=score(splits.test.labels, small.argmax(axis=1)),
        large=score(splits.large_test.labels, large.argmax(axis=1)),
        epochs=int(result["epochs"]), seconds=float(result["seconds"]),
    )  # fmt: skip
