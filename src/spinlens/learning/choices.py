"""Device and precision, chosen and checked before any work begins."""

from __future__ import annotations

import math

import torch

from spinlens.errors import InputError, did_you_mean


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
        # What has no numbers, as the device meta, has none to give back.
        torch.empty(1, device=chosen).cpu()
    except (RuntimeError, AssertionError, TypeError, ValueError) as problem:
        line = str(problem).splitlines()[0].rstrip(".")
        raise InputError("device", device, f"cannot be used: {line}", "Take device='cpu'") from problem
    return chosen


def choose_precision(precision: str, device: torch.device, *, single_pixels: bool = False) -> str:
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
        If bfloat16 is asked for where it does not work.
    """
    if single_pixels and device.type == "cpu":
        if precision == "bfloat16":
            why = "gradients of this network on so small a lattice are not defined in it on the CPU"
            raise InputError("precision", repr(precision), why, "Take 'auto' or 'float32'")
        return "float32"
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
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
