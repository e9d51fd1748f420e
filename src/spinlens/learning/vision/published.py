"""Networks of published layouts: Hugging Face models, fed without an image processor."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, ClassVar

import torch
from torch import nn

from spinlens.errors import InputError
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.attend import attend
from spinlens.learning.vision.reader import Reader

LAYOUTS: dict[str, dict[str, Any]] = {
    "vit-base": {},
    "resnet-18": {"layer_type": "basic", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512]},
    "resnet-50": {"layer_type": "bottleneck", "depths": [3, 4, 6, 3], "hidden_sizes": [256, 512, 1024, 2048]},
}
"""Where the published networks differ from the library's own defaults."""

OURS = "spinlens"
"""Under which transformers knows our attention."""


@cache
def library() -> ModuleType:
    """Return transformers, which knows our attention from then on.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import transformers
        from transformers.masking_utils import sdpa_mask
    except ImportError as problem:
        why = "networks of published layouts need the package transformers"
        raise InputError("network", "vit-base or resnet", why, "pip install 'spinlens[hub]'") from problem

    def attend_all(
        _: nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: object, **more: Any
    ) -> tuple[torch.Tensor, None]:
        assert mask is None
        taken = attend(query, key, value, dropout=more.get("dropout", 0.0), scaling=more["scaling"])
        return taken.transpose(1, 2).contiguous(), None

    transformers.AttentionInterface.register(OURS, attend_all)
    transformers.AttentionMaskInterface.register(OURS, sdpa_mask)
    return transformers


class PublishedReader(Reader):
    """A Hugging Face image classifier on spins; its body and its head are taken apart.

    Parameters
    ----------
    architecture : Architecture
        What is asked for.
    model : transformers.PreTrainedModel
        With a body and a linear head.

    Attributes
    ----------
    body : transformers.PreTrainedModel
        The model without its head.
    """

    kind: ClassVar[str]
    classifier: ClassVar[str]
    kept: ClassVar[tuple[str, ...]]

    def __init__(self, architecture: Architecture, model: Any) -> None:
        super().__init__(architecture)
        self.body: Any = model.base_model
        head = model.classifier
        self.head = head if isinstance(head, nn.Linear) else head[-1]

    @property
    def configuration(self) -> dict[str, Any]:
        """The model's own configuration, as JSON can hold it."""
        kept = (*self.kept, "num_channels", "num_labels", "hidden_act")
        return {name: getattr(self.body.config, name) for name in kept}

    def pixels(self, spins: torch.Tensor) -> torch.Tensor:
        """Return spins as the model takes them: its number of channels, those of all layers of a cube one by one."""
        spins, channels = spins.flatten(1, -3), self.body.config.num_channels
        return spins.expand(-1, channels, -1, -1) if spins.shape[1] == 1 and channels > 1 else spins


class PublishedTransformer(PublishedReader):
    """`transformers.ViTForImageClassification` on spins; what counts is its class token."""

    kind = "vit"
    classifier = "ViTForImageClassification"
    kept = (
        "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_dropout_prob",
        "attention_probs_dropout_prob", "initializer_range", "layer_norm_eps", "image_size", "patch_size", "qkv_bias",
    )  # fmt: skip

    def __init__(self, architecture: Architecture, model: Any) -> None:
        super().__init__(architecture, model)
        self.body.set_attn_implementation(OURS)

    def pixels(self, spins: torch.Tensor) -> torch.Tensor:
        """Return spins as the model takes them; each becomes a block of pixels where it sees more of them."""
        side = int(self.body.config.image_size)
        if spins.shape[-1] != side:
            spins = nn.functional.interpolate(spins, size=(side, side), mode="nearest")
        return super().pixels(spins)

    def pool(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return (n, width) of tokens (n, 1 + patches, width)."""
        return tokens.mean(1) if self.architecture.pooling == "mean" else tokens[:, 0]

    def features(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the features (n, width) that the head sees."""
        return self.pool(self.body(self.pixels(spins)).last_hidden_state)

    def states(self, spins: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the pooled states (n, width) before each layer and after the last one."""
        for tokens in self.body(self.pixels(spins), output_hidden_states=True).hidden_states:
            yield self.pool(tokens)

    def attention(self, spins: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the attention map of each layer, (n, heads, tokens, tokens)."""
        # Step by step is the only way in which the library shows its maps.
        self.body.set_attn_implementation("eager")
        try:
            yield from self.body(self.pixels(spins), output_attentions=True).attentions
        finally:
            self.body.set_attn_implementation(OURS)


class PublishedResidual(PublishedReader):
    """`transformers.ResNetForImageClassification` on spins."""

    kind = "resnet"
    classifier = "ResNetForImageClassification"
    kept = (
        "embedding_size", "hidden_sizes", "depths", "layer_type", "downsample_in_first_stage",
        "downsample_in_bottleneck",
    )  # fmt: skip

    def features(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the pooled features (n, width) that the head sees."""
        pixels = self.pixels(spins).contiguous(memory_format=torch.channels_last)
        pooled: torch.Tensor = self.body(pixels).pooler_output
        return pooled.flatten(1)

    def states(self, spins: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the means over the lattice, (n, width), before and after each stage."""
        for state in self.body(self.pixels(spins), output_hidden_states=True).hidden_states:
            yield state.mean((2, 3))


def kind_of(architecture: Architecture) -> type[PublishedReader]:
    """Return the kind of a published network."""
    return PublishedResidual if architecture.residual else PublishedTransformer


def published(architecture: Architecture, configuration: dict[str, Any] | None = None) -> PublishedReader:
    """Return a network of a published layout, with weights drawn at random.

    Parameters
    ----------
    architecture : Architecture
        What it must look like.
    configuration : dict, optional
        Of the model, where it is not that of the architecture: weights from elsewhere have their own.
    """
    kind, dropout = kind_of(architecture), architecture.dropout
    values: dict[str, Any] = {"num_channels": architecture.planes, "num_labels": architecture.classes}
    if not architecture.residual:
        values |= {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    model = getattr(library(), kind.classifier)
    own = LAYOUTS[architecture.name] | values if configuration is None else configuration
    return kind(architecture, model(model.config_class(**own)))
