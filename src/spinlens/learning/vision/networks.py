"""Vision transformers and residual networks that read spins: Hugging Face models, fed without an image processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from spinlens.errors import InputError
from spinlens.lattices.boundary import Rule
from spinlens.learning.vision.architecture import RESNETS, Architecture
from spinlens.learning.vision.attention_kernel import register
from spinlens.learning.vision.padding import pad


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
        return wrap(architecture.configuration(), architecture)


def wrap(configuration: Any, architecture: Architecture) -> Reader:
    """Return the network of a transformers configuration, with what the architecture adds to it."""
    kind = ResidualReader if architecture.name in RESNETS else TransformerReader
    return kind(configuration, architecture)


class Stem(nn.Module):
    """A non-linear patch embedding: each site with its neighbours, then patches.

    Parameters
    ----------
    channels : int
        Features of a site.
    width : int
        Features of a patch.
    patch : int
        Sites along a side of a patch.
    rules : pair
        What lies beyond the edges.
    even : bool
        Whether all spins reversed, those beyond the edges too, have the same features.
    """

    def __init__(self, channels: int, width: int, *, patch: int, rules: Sequence[Rule], even: bool = False) -> None:
        super().__init__()
        self.rules, self.even = tuple(rules), even
        self.sites = nn.Conv2d(1, channels, 3)
        self.patches = nn.Conv2d(channels, width, patch, stride=patch)

    @property
    def weight(self) -> torch.Tensor:
        """The tensor by which transformers tells the type of the weights."""
        return self.patches.weight

    def forward(self, spins: torch.Tensor) -> torch.Tensor:
        """Return (n, width, L / patch, L / patch) of spins (n, 1, L, L)."""
        around = pad(spins, self.rules)
        if self.even:
            assert self.sites.bias is not None
            told, offset = nn.functional.conv2d(around, self.sites.weight), self.sites.bias[:, None, None]
            sites = nn.functional.gelu(offset + told) + nn.functional.gelu(offset - told)
        else:
            sites = nn.functional.gelu(self.sites(around))
        patches: torch.Tensor = self.patches(sites)
        return patches


class Reader(nn.Module):
    """A network that reads spins; the base of both kinds.

    Attributes
    ----------
    model : transformers.PreTrainedModel
        The Hugging Face model inside.
    architecture : Architecture
        What it looks like.
    configuration : dict
        The model's own configuration, as JSON can hold it.
    """

    _kept: tuple[str, ...]

    def __init__(self, architecture: Architecture, model: Any) -> None:
        super().__init__()
        self.architecture, self.model = architecture, model

    def adopt(self, model: Any) -> None:
        """Take another Hugging Face model of the same kind in place of the one inside."""
        self.model = model

    @property
    def configuration(self) -> dict[str, Any]:
        """The model's own configuration, as JSON can hold it."""
        return {name: getattr(self.model.config, name) for name in self._kept} | {
            "num_labels": self.model.config.num_labels
        }

    @property
    def head(self) -> nn.Linear:
        """The linear layer from features to logits."""
        raise NotImplementedError

    def features(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the pooled features (n, width) that the head sees."""
        raise NotImplementedError

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Return logits (n, classes) of spins (n, 1, L, L), floats +-1."""
        features = self.features(pixel_values)
        # The slopes of a fitted head are steep: rounded to bfloat16, the logits of neighbouring classes would tie.
        with torch.autocast(features.device.type, enabled=False):
            logits: torch.Tensor = self.head(features.float())
        return logits

    def pixels(self, spins: torch.Tensor) -> torch.Tensor:
        """Return spins as the model takes them: its number of channels, its number of pixels."""
        channels = self.model.config.num_channels
        return spins.expand(-1, channels, -1, -1) if spins.shape[1] == 1 and channels > 1 else spins


class TransformerReader(Reader):
    """`transformers.ViTForImageClassification` on spins.

    Attributes
    ----------
    bond_direction : Tensor, (width,)
        Of native networks with mean pooling: the direction in which a pretraining reads the bond sum off the pooled
        features; 0 where there was none.
    """

    bond_direction: torch.Tensor

    _kept = (
        "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
        "hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range", "layer_norm_eps", "image_size",
        "patch_size", "num_channels", "qkv_bias",
    )  # fmt: skip

    def __init__(self, configuration: Any, architecture: Architecture) -> None:
        from transformers import ViTForImageClassification

        super().__init__(architecture, ViTForImageClassification(configuration))
        self.adopt(self.model)
        if architecture.native and architecture.pooling == "mean":
            # Were each token normalised, their mean would not be linear in sums over the lattice, such as the energy.
            self.model.vit.layernorm = nn.Identity()
            self.register_buffer("bond_direction", torch.zeros(configuration.hidden_size))
        if architecture.native and architecture.stem:
            self.model.vit.embeddings.patch_embeddings.projection = Stem(
                architecture.stem, configuration.hidden_size, patch=architecture.patch, rules=architecture.rules,
                even=architecture.even,
            )  # fmt: skip

    @property
    def head(self) -> nn.Linear:
        """The linear layer from features to logits."""
        head: nn.Linear = self.model.classifier
        return head

    def adopt(self, model: Any) -> None:
        """Take another Hugging Face model of the same kind in place of the one inside."""
        super().adopt(model)
        self.model.set_attn_implementation(register())

    def pixels(self, spins: torch.Tensor) -> torch.Tensor:
        """Return spins as the model takes them; each becomes a block of pixels where it sees more of them."""
        side = int(self.model.config.image_size)
        if spins.shape[-1] != side:
            spins = nn.functional.interpolate(spins, size=(side, side), mode="nearest")
        return super().pixels(spins)

    def tokens(self, spins: torch.Tensor, *, hidden: torch.Tensor | None = None, **more: Any) -> Any:
        """Return what the transformer gives, its ``last_hidden_state`` (n, 1 + patches, width) among it.

        Parameters
        ----------
        spins : Tensor, (n, 1, L, L)
            Spins +-1, 0 where they are hidden.
        hidden : Tensor, bool, (n, patches), optional
            Patches whose embedding the mask token replaces.
        **more
            For the transformer, such as ``output_attentions``.
        """
        return self.model.vit(self.pixels(spins), bool_masked_pos=hidden, **more)

    def pool(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return (n, width) of tokens (n, 1 + patches, width)."""
        return tokens[:, 1:].mean(1) if self.architecture.pooling == "mean" else tokens[:, 0]

    def features(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the pooled features (n, width) that the head sees."""
        return self.pool(self.tokens(spins).last_hidden_state)


class ResidualReader(Reader):
    """`transformers.ResNetForImageClassification` on spins."""

    _kept = (
        "num_channels", "embedding_size", "hidden_sizes", "depths", "layer_type", "hidden_act",
        "downsample_in_first_stage", "downsample_in_bottleneck",
    )  # fmt: skip

    def __init__(self, configuration: Any, architecture: Architecture) -> None:
        from transformers import ResNetForImageClassification

        super().__init__(architecture, ResNetForImageClassification(configuration))

    @property
    def head(self) -> nn.Linear:
        """The linear layer from features to logits."""
        head: nn.Linear = self.model.classifier[1]
        return head

    def features(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the pooled features (n, width) that the head sees."""
        pixels = self.pixels(spins).contiguous(memory_format=torch.channels_last)
        pooled: torch.Tensor = self.model.resnet(pixels).pooler_output
        return pooled.flatten(1)
