"""The cross-entropy of a classifier: what a step descends, and what validation tells."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from spinlens.learning.continuation import Tensors
from spinlens.learning.history import Row
from spinlens.learning.settings import Head
from spinlens.learning.vision.descent import Descent
from spinlens.learning.vision.inference import autocast, in_chunks
from spinlens.learning.vision.labelled import Labelled
from spinlens.learning.vision.linear_head import fit_head
from spinlens.learning.vision.reader import Reader
from spinlens.seeds import Purpose


class CrossEntropy(Descent):
    """The cross-entropy of a step.

    Parameters
    ----------
    network : Reader
        The weights.
    labelled : Labelled
        Training configurations.
    held : Labelled or None
        Those of the validation.
    head : Head or None
        Whether the head is fitted first, and how.
    smoothing : float
        Share of each label that is spread over all classes.
    **more
        As for `Descent`.
    """

    purpose = Purpose.CLASSIFICATION

    def __init__(
        self, network: Reader, labelled: Labelled, held: Labelled | None, *, head: Head | None, smoothing: float,
        **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(network, labelled.images, **more)
        self.reader, self.labelled, self.held, self.head, self.smoothing = network, labelled, held, head, smoothing

    def begin(self) -> None:
        """Fit the head on the features as they are, if it comes first."""
        if self.head is not None:
            fit_head(
                self.reader, self.images, self.labelled.classes, moves=self.moves, copies=self.head.copies,
                penalty=self.head.penalty, seed=self.seed, device=self.device, precision=self.precision,
            )  # fmt: skip

    def loss(self, step: int) -> Tensors:
        """Return the mean over the batch of a step, ``loss``, in nats."""
        spins, places = self.spins(step)
        targets = torch.from_numpy(self.labelled.classes[places]).to(self.device)
        with autocast(self.device, self.precision):
            logits = self.network(spins)
        return {"loss": nn.functional.cross_entropy(logits.float(), targets, label_smoothing=self.smoothing)}

    def validate(self) -> Row:
        """Return the cross-entropy in nats, and the share that is right, on the validation set."""
        if self.held is None:
            return {}
        logits = in_chunks(self.network, self.held.images, device=self.device, precision=self.precision)
        odds, targets = torch.from_numpy(logits).double(), torch.from_numpy(self.held.classes)
        right = float((odds.argmax(1) == targets).double().mean())
        return {"validation_loss": float(nn.functional.cross_entropy(odds, targets)), "validation_accuracy": right}
