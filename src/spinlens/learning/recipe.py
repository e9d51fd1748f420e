"""How a network is trained, checked before any work begins."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from spinlens.errors import InputError
from spinlens.learning.choices import check_whole, check_word, choose_precision, is_number
from spinlens.seeds import check_seed

SCHEDULES = {"adamw": ("cosine", "constant"), "nadam": ("cosine", "plateau")}
"""Of each optimizer."""

PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Optimizer, schedule and length of a training.

    Parameters
    ----------
    seed : int
        Of weights, order, augmentation, noise and masks.
    epochs : int
        Passes over the training configurations.
    batch : int
        Configurations a step.
    learning_rate : float
        Highest rate.
    schedule : {"cosine", "constant", "plateau"}
        Of the rate after the warm-up: cosine to zero, none (AdamW), or a tenth after 8 epochs without gain (NAdam).
    precision : {"float32", "bfloat16"}
        Of the matrix products.
    optimizer : {"adamw", "nadam"}
        AdamW (0.9, 0.999), or NAdam (0.9, 0.999) with momentum decay 0.4 and epsilon 1e-7, as Keras has it.
    weight_decay : float
        Decoupled decay, a factor of the rate.
    warm_up : float
        Share of the steps over which the rate grows linearly from zero.
    patience : int
        Epochs without a lower validation loss after which training stops; 0 for never.
    clip : float
        Largest length of the gradient; 0 for any.
    held_out : float
        Share of the chains that is never trained on, where the training divides them.
    """

    seed: int
    epochs: int
    batch: int
    learning_rate: float
    schedule: str
    precision: str
    optimizer: str = "adamw"
    weight_decay: float = 0.0
    warm_up: float = 0.0
    patience: int = 0
    clip: float = 0.0
    held_out: float = 0.0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_whole("epochs", self.epochs, 0)
        check_whole("batch", self.batch, 1)
        check_positive("learning_rate", self.learning_rate)
        check_word("optimizer", self.optimizer, tuple(SCHEDULES))
        check_word("schedule", self.schedule, SCHEDULES[self.optimizer])
        for name in ("weight_decay", "clip"):
            value = getattr(self, name)
            if not is_number(value) or value < 0:
                raise InputError(name, value, "must be a finite number >= 0")
        if not is_number(self.warm_up) or not 0 <= self.warm_up < 1:
            raise InputError("warm_up", self.warm_up, "must be a share of the steps, from 0 to below 1")
        check_whole("patience", self.patience, 0)
        if not is_number(self.held_out):
            raise InputError("held_out", self.held_out, "must be a share between 0 and 1", "Take 0.125")

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step out of ``steps``, before any plateau."""
        warm = math.floor(self.warm_up * steps)
        if step < warm:
            return self.learning_rate * (step + 1) / (warm + 1)
        if self.schedule != "cosine":
            return self.learning_rate
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))

    def optimizer_of(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """Return the optimizer of those parameters that are trained."""
        trained = [each for each in parameters if each.requires_grad]
        if self.optimizer == "nadam":
            # Keras's schedule_decay and PyTorch's momentum_decay enter the same formula,
            # mu_t = beta_1 (1 - 0.96^(t decay) / 2), so the published 0.4 is taken as it is.
            return torch.optim.NAdam(trained, self.learning_rate, (0.9, 0.999), eps=1e-7, momentum_decay=0.4)
        return torch.optim.AdamW(trained, self.learning_rate, weight_decay=self.weight_decay, fused=True)

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
