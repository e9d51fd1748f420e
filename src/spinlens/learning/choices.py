"""What the user may choose for a network and its training, checked before any work begins."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch

from spinlens.errors import InputError, did_you_mean
from spinlens.learning.losses import ESTIMATORS, LossWeights

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True, slots=True)
class Design:
    """The network and its loss; see `TCVAE`."""

    latent: int
    beta: float
    alpha: float
    dimension_weight: float
    estimator: str
    filters: tuple[int, ...]
    symmetric: bool

    def __post_init__(self) -> None:
        check_whole("latent", self.latent, 1)
        for name in ("beta", "alpha", "dimension_weight"):
            value = getattr(self, name)
            if not is_number(value) or value < 0:
                raise InputError(name, value, "must be a finite number >= 0")
            object.__setattr__(self, name, float(value))
        check_word("estimator", self.estimator, ESTIMATORS)
        if not self.filters:
            raise InputError("filters", self.filters, "must name at least one layer", "Take (4, 16, 64, 256)")
        for layer, count in enumerate(self.filters):
            check_whole(f"filters[{layer}]", count, 1)
        object.__setattr__(self, "symmetric", bool(self.symmetric))

    @property
    def loss_weights(self) -> LossWeights:
        """The factors of the loss terms."""
        return LossWeights(alpha=self.alpha, beta=self.beta, dimension=self.dimension_weight)


def as_dict(choices: Design) -> dict[str, Any]:
    """Return the choices as JSON can hold them."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(choices).items()}


def choose_device(device: str | torch.device | None) -> torch.device:
    """Return the device asked for, or CUDA where there is one, or the CPU.

    Raises
    ------
    InputError
        If the device is unknown to PyTorch or not there.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError, TypeError, ValueError) as problem:
        line = str(problem).splitlines()[0].rstrip(".")
        raise InputError("device", device, f"cannot be used: {line}", "Take device='cpu'") from problem
    return chosen


def choose_precision(precision: str | None, device: torch.device) -> str:
    """Return the precision asked for, or bfloat16 on a CPU that multiplies it natively, else float32."""
    if precision is not None:
        check_word("precision", precision, PRECISIONS)
        return precision
    if device.type != "cpu":
        return "float32"
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    return "bfloat16" if features.get("avx512bf16") or features.get("amx-bf16") else "float32"


def check_whole(what: str, got: object, least: int) -> None:
    """Refuse anything but a whole number of at least ``least``."""
    if not isinstance(got, int) or isinstance(got, bool) or got < least:
        raise InputError(what, got, f"must be a whole number >= {least}")


def check_word(what: str, got: object, known: tuple[str, ...]) -> None:
    """Refuse a word that is not known, and say which one is near."""
    if got not in known:
        raise InputError(what, repr(got), "is unknown", did_you_mean(str(got), known))


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
