"""Networks that read spins, by name."""

from __future__ import annotations

from typing import Any

import torch

from spinlens.errors import InputError
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.published import published
from spinlens.learning.vision.reader import Reader
from spinlens.learning.vision.transformer import NativeReader


def build(name: str, *, side: int, classes: int = 4, seed: int = 0, **settings: Any) -> Reader:
    """Return an untrained network that turns spins into logits.

    Parameters
    ----------
    name : {"vit", "vit-base", "resnet-18", "resnet-50"}
        ``vit`` is native to the lattice: one channel and no resampling. ``vit-base`` has the published layout,
        16 x 16 patches of 224 x 224 pixels and three channels: spins are repeated to nearest neighbours, so that
        none is lost, and over the channels. The residual networks take the lattice as it is.
    side : int
        L of the L x L lattice.
    classes : int
        Number of logits.
    seed : int
        Of the first weights.
    **settings
        ``size`` ("tiny", the default: six layers of 128, "small": eight of 256), or in its place ``width``,
        ``layers``, ``heads`` (those of "tiny" where they are left open); ``patch``,
        ``pooling`` ("mean" over the patches or "cls"), ``stem`` (channels of a 3 x 3 convolution and GELU below the
        patches; 0 for linear patches), ``even`` (whether a configuration and its reverse, walls reversed too, have
        the same features, as at zero field they have the same energy), ``boundary`` (what the stem sees beyond the
        edges, as `spinlens.lattices.parse_boundary` reads it), all for ``vit``; ``channels`` (1 or 3) for the residual
        networks; ``dropout`` for both transformers.

    Returns
    -------
    Reader
        A ``torch.nn.Module``: (n, 1, L, L) floats +-1 to (n, classes) logits.

    Raises
    ------
    InputError
        If the name, a size or a word is unknown, or the patches do not divide the lattice.

    References
    ----------
    A. Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021. doi:10.48550/arXiv.2010.11929
    K. He et al., "Deep residual learning for image recognition", CVPR 2016. doi:10.1109/CVPR.2016.90
    """
    unknown = set(settings) - set(Architecture.__dataclass_fields__)
    if unknown:
        known = ", ".join(sorted(set(Architecture.__dataclass_fields__) - {"name", "side", "classes"}))
        raise InputError("settings", sorted(unknown)[0], "is unknown", f"Known: {known}")
    return from_architecture(Architecture(name=name, side=side, classes=classes, **settings), seed=seed)


def from_architecture(architecture: Architecture, *, seed: int = 0) -> Reader:
    """Return an untrained network of this architecture; the same seed gives the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NativeReader(architecture) if architecture.native else published(architecture)
