"""How a network is trained, checked before any work begins."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch

from spinlens.errors import InputError
from spinlens.learning.choices import check_whole, check_word, choose_precision, is_number
from spinlens.seeds import check_seed

SCHEDULES = ("cosine", "constant")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Optimizer, schedule and length of a training.

    Parameters
    ----------
    seed : int
        Of weights, order, augmentation and masks.
    epochs : int
        Passes over the training configurations.
    batch : int
        Configurations a step.
    learning_rate : float
        Highest rate of AdamW (0.9, 0.999).
    weight_decay : float
        Decoupled decay, a factor of the rate.
    schedule : {"cosine", "constant"}
        Of the rate after the warm-up.
    warm_up : float
        Share of the steps over which the rate grows linearly from zero.
    patience : int
        Epochs without a lower validation loss after which training stops; 0 for never.
    clip : float
        Largest length of the gradient; 0 for any.
    precision : {"float32", "bfloat16"}
        Of the matrix products.
    """

    seed: int
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    schedule: str
    warm_up: float
    patience: int
    clip: float
    precision: str

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_whole("epochs", self.epochs, 0)
        check_whole("batch", self.batch, 1)
        check_positive("learning_rate", self.learning_rate)
        for name in ("weight_decay", "clip"):
            value = getattr(self, name)
            if not is_number(value) or value < 0:
                raise InputError(name, value, "must be a finite number >= 0")
        check_word("schedule", self.schedule, SCHEDULES)
        if not is_number(self.warm_up) or not 0 <= self.warm_up < 1:
            raise InputError("warm_up", self.warm_up, "must be a share of the steps, from 0 to below 1")
        check_whole("patience", self.patience, 0)

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step out of ``steps``."""
        warm = math.floor(self.warm_up * steps)
        if step < warm:
            return self.learning_rate * (step + 1) / (warm + 1)
        if self.schedule == "constant":
            return self.learning_rate
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def check_positive(what: str, got: object) -> None:
    """Refuse anything but a finite number above zero."""
    if not is_number(got) or got <= 0:  # type: ignore[operator]
        raise InputError(what, got, "must be a finite number > 0")


def resolve_precision(precision: str, device: torch.device, *, single_pixels: bool = False) -> str:
    """Return the precision that a word means on a device.

    ``auto`` is bfloat16 where the device multiplies it natively (AVX-512 BF16, AMX, recent GPUs), else float32.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16"}
        The word.
    device : torch.device
        Where the products are taken.
    single_pixels : bool
        Whether a strided convolution sees images of one pixel: PyTorch's gradients in bfloat16 on the CPU are then
        not defined (they hold what the memory held before), so that float32 it must be.

    Raises
    ------
    InputError
        If the word is unknown, or bfloat16 is asked for where it does not work.
    """
    check_word("precision", precision, PRECISIONS)
    if single_pixels and device.type == "cpu":
        if precision == "bfloat16":
            why = "gradients of this network on so small a lattice are not defined in it on the CPU"
            raise InputError("precision", repr(precision), why, "Take 'auto' or 'float32'")
        return "float32"
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return choose_precision(None, device)
