"""What may be chosen for networks and their training: objects that constructors and studies share; no PyTorch here."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from spinlens.config import Section, explain
from spinlens.errors import InputError

OPEN: Any = None
"""Default of a setting that is left to the network; `Settings.filled` says what that means."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Factor = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1)]
Whole = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Layers = Annotated[
    tuple[Count, ...],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    Field(min_length=1),
]


class Settings(Section):
    """Settings that are checked when they are made; None leaves one open."""

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise explain(type(self), error) from None

    # Within a study the study names the whole path of a mistake, so that parts must not raise on their own.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @model_validator(mode="before")
    @classmethod
    def _leave_open(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        defaults = {name: field.default for name, field in cls.model_fields.items()}
        return {
            key: value.filled(defaults[key])
            if isinstance(value, Settings) and isinstance(defaults.get(key), Settings) else value
            for key, value in values.items() if value is not None
        }  # fmt: skip

    def filled(self, *others: Self) -> Self:
        """Return these settings with what they leave open taken from others, the nearest first."""
        layers = [each.given for each in (*reversed(others), self)]
        return type(self)(**{key: value for layer in layers for key, value in layer.items()})

    def changed(self, **changes: Any) -> Self:
        """Return these settings with some of them changed."""
        return type(self)(**{**self.given, **changes})

    @property
    def given(self) -> dict[str, Any]:
        """What is not left open, by name."""
        return {key: value for key, value in self if value is not None}

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Show what is not left open."""
        return list(self.given.items())

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return all settings, as scikit-learn asks for them: ``recipe__epochs`` is a parameter of an estimator."""
        return dict(self)

    def __sklearn_clone__(self) -> Self:
        """Return itself, for nothing changes it."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return what is not left open, as JSON can hold it."""
        return self.model_dump(mode="json", exclude_none=True)


class Recipe(Settings):
    """How a network is trained; what is left out is as the network has it by default.

    Parameters
    ----------
    epochs : int
        Passes over the training configurations.
    batch : int
        Configurations a step.
    learning_rate : float
        Highest rate.
    schedule : {"cosine", "constant", "plateau"}
        Of the rate after the warm-up: to zero, as it is, or a tenth after 8 epochs whose loss gained less than 1e-4.
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
    precision : {"auto", "float32", "bfloat16"}
        Of the matrix products; ``auto`` is bfloat16 where the device multiplies it natively.
    """

    epochs: Whole = OPEN
    batch: Count = OPEN
    learning_rate: Positive = OPEN
    schedule: Literal["cosine", "constant", "plateau"] = OPEN
    optimizer: Literal["adamw", "nadam"] = OPEN
    weight_decay: Factor = OPEN
    warm_up: Share = OPEN
    patience: Whole = OPEN
    clip: Factor = OPEN
    precision: Literal["auto", "float32", "bfloat16"] = OPEN

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step out of ``steps``, before any plateau."""
        warm = math.floor(self.warm_up * steps)
        if step < warm:
            return self.learning_rate * (step + 1) / (warm + 1)
        if self.schedule != "cosine":
            return self.learning_rate
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))


PLAIN = Recipe(
    schedule="cosine", optimizer="adamw", weight_decay=0.0, warm_up=0.0, patience=0, clip=0.0, precision="auto"
)
"""What no recipe below says."""

AUTOENCODER = Recipe(epochs=6, batch=845, learning_rate=1e-3, optimizer="nadam").filled(PLAIN)

NATIVE = Recipe(epochs=25, batch=32, learning_rate=5e-4, weight_decay=0.05, warm_up=0.1, clip=1.0).filled(PLAIN)

PUBLISHED = Recipe(
    epochs=10, batch=32, learning_rate=2e-5, weight_decay=5e-6, schedule="constant", patience=3
).filled(PLAIN)  # fmt: skip
"""That of the published classification study, which leaves batch, patience and schedule open."""

MASKED = Recipe(epochs=3, batch=32, learning_rate=2e-3, weight_decay=0.05, warm_up=0.05, clip=1.0).filled(PLAIN)


class Autoencoder(Settings):
    """A TCVAE and its training; see `spinlens.TCVAE`."""

    latent: Count = 8
    beta: Factor = 8.0
    alpha: Factor = 1.0
    dimension_weight: Factor = 1.0
    estimator: Literal["mss_reference", "mss"] = "mss_reference"
    filters: Layers = (4, 16, 64, 256)
    padding: Literal["zeros", "periodic"] = "zeros"
    symmetric: bool | None = None
    held_out: float = Field(default=0.125, gt=0, lt=1)
    recipe: Recipe = AUTOENCODER

    @model_validator(mode="after")
    def _check_recipe(self) -> Self:
        if self.recipe.epochs < 1:
            raise InputError("recipe.epochs", self.recipe.epochs, "must be a whole number >= 1")
        if self.recipe.batch < 4:
            raise InputError("recipe.batch", self.recipe.batch, "must be a whole number >= 4")
        return self


class Transformer(Settings):
    """A native vision transformer: one channel, L x L, no resampling.

    Parameters
    ----------
    size : {"tiny", "small"}
        Six layers of 128, or eight of 256; "base", for `VisionTransformer` alone, has the published layout: 16 x 16
        patches of 224 x 224 pixels in three channels.
    patch : int
        Sites along a side of a patch.
    stem : int
        Channels of a 3 x 3 convolution with GELU below the patches; 0 for linear patches.
    even : bool
        Whether a configuration and its reverse have the same features: right where there is no field.
    boundary : str
        What that convolution sees beyond the edges; by default the boundary of the ensemble.
    width, layers, heads : int
        In place of a size.
    pooling : {"mean", "cls"}
        Where the head looks.
    dropout : float
        In the transformer.
    """

    size: Literal["tiny", "small", "base"] = OPEN
    patch: Count = OPEN
    stem: Whole = OPEN
    even: bool = OPEN
    boundary: str = OPEN
    width: Count = OPEN
    layers: Count = OPEN
    heads: Count = OPEN
    pooling: Literal["mean", "cls"] = OPEN
    dropout: Share = OPEN


class Head(Settings):
    """A head that is fitted by logistic regression on frozen features, before the rest learns or in place of it.

    Parameters
    ----------
    penalty : float
        C of the regression.
    copies : int
        How many symmetric copies of each configuration it sees.
    """

    penalty: Positive = 1e5
    copies: Count = 1


class Classification(Settings):
    """A classifier and its training; see `spinlens.VisionTransformer` and `spinlens.ResNet`."""

    head: Head | None = None
    augment: bool = True
    label_smoothing: Share = 0.0
    recipe: Recipe = Recipe()


class Masking(Settings):
    """What is hidden in a pretraining and what is predicted.

    By default single sites are hidden and predicted by couplings that the pooled features name, beside energies: what
    served the classification study best; with ``bond_weight=0`` no term of the energy is handed over.
    ``mask_ratio=0.6, spin_ratio=0, token_weight=1, coupling_weight=0, bond_weight=0`` is the masking of images.

    Parameters
    ----------
    mask_ratio : float
        Share of patches that are hidden as a whole.
    spin_ratio : float
        Share of the spins that are hidden one by one, beside those.
    token_weight : float
        Factor of the likelihood of the hidden spins as the tokens of their patches predict them; 0 for none.
    coupling_weight : float
        Factor of their likelihood by couplings to their neighbours that the pooled features
        name (`spinlens.learning.vision.masked.Couplings`), which makes those features tell the temperature; 0 for none.
    bond_weight : float
        Factor of the squared error with which each patch's token predicts minus the patch's energy (over twice the
        sites; of Ising spins the bond sum), beside the likelihood; 0 for none.
    """

    mask_ratio: Share = 0.0
    spin_ratio: Share = 0.1
    token_weight: Factor = 0.0
    coupling_weight: Factor = 1.0
    bond_weight: Factor = 8.0

    @model_validator(mode="after")
    def _check_work(self) -> Self:
        if self.mask_ratio == 0 and self.spin_ratio == 0:
            raise InputError("mask_ratio", 0, "nothing would be hidden", "Take mask_ratio=0.6, or spin_ratio=0.15")
        if self.token_weight == self.coupling_weight == 0:
            raise InputError("token_weight", 0, "no hidden spin would be predicted", "Let coupling_weight be > 0")
        return self

    def check_even(self, *, even: bool) -> None:
        """Refuse to let tokens predict spins in a network that cannot tell up from down."""
        if even and self.token_weight:
            why = "tokens of an even network cannot tell up from down"
            raise InputError("token_weight", self.token_weight, why, "Take even=False, or token_weight=0")


class Masked(Settings):
    """A pretraining; see `spinlens.Pretraining`."""

    task: Masking = Masking()
    augment: bool = True
    held_out: float = Field(default=0.1, gt=0, lt=1)
    recipe: Recipe = MASKED
