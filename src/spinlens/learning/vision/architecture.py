"""What a network looks like: its name, its sizes, its patches, checked before anything is built."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from spinlens.errors import InputError
from spinlens.lattices import parse_boundary
from spinlens.lattices.boundary import Rule, axis_rules
from spinlens.learning.choices import check_whole, check_word, is_number

RESIDUAL = ("resnet-18", "resnet-50")
NETWORKS = ("vit", "vit-base", *RESIDUAL)
POOLINGS = ("mean", "cls")
SIZES = {"tiny": (128, 6, 4), "small": (256, 8, 4)}
"""Width, layers and heads of the native vision transformers."""

SHAPE = ("width", "layers", "heads")
"""What a size stands for."""

BASE_SIDE, BASE_PATCH = 224, 16
RESIDUAL_STRIDE = 32
"""Sites a pixel of a residual network's last stage stands for; the last of its strides is half of that."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Everything that decides the shape of a network; see `spinlens.learning.vision.networks.build`."""

    name: str
    side: int
    classes: int
    size: str | None = None
    patch: int = 10
    pooling: str = "mean"
    stem: int = 32
    even: bool = False
    boundary: str = "free"
    channels: int = 1
    axes: int = 2
    dropout: float = 0.0
    width: int | None = None
    layers: int | None = None
    heads: int | None = None

    def __post_init__(self) -> None:
        check_word("network", self.name, NETWORKS)
        check_whole("side", self.side, 2)
        check_whole("classes", self.classes, 2)
        check_word("pooling", self.pooling, POOLINGS)
        check_whole("patch", self.patch, 1)
        check_whole("stem", self.stem, 0)
        check_whole("channels", self.channels, 1)
        if self.axes not in (2, 3):
            raise InputError("axes", self.axes, "the networks read lattices of two or three sides")
        if self.axes != 2 and self.name == "vit-base":
            raise InputError("axes", self.axes, f"{self.name} reads lattices of two sides", "Take the native network")
        if not is_number(self.dropout) or not 0 <= self.dropout < 1:
            raise InputError("dropout", self.dropout, "must be a share from 0 to below 1")
        if self.even and not (self.native and self.stem and self.channels == 1):
            why = "needs the stem of a native network, and sites of two states"
            raise InputError("even", self.even, why, "Take stem=16, or even=False")
        self._check_sizes()
        _ = self.rules
        if self.name == "vit":
            self._check_patches()
        elif self.name == "vit-base" and self.side > BASE_SIDE:
            why = f"the published layout sees {BASE_SIDE} x {BASE_SIDE} pixels and would lose spins"
            raise InputError("side", self.side, why, "Take the native network, 'vit'")

    def _check_sizes(self) -> None:
        if self.size is not None:
            check_word("size", self.size, tuple(SIZES))
        for place, name in enumerate(SHAPE):
            value = getattr(self, name)
            if value is None:
                continue
            check_whole(name, value, 1)
            if self.size is not None and value != SIZES[self.size][place]:
                why = f"differs from the {SIZES[self.size][place]} of size {self.size!r}"
                raise InputError(name, value, why, "Leave out one of the two")

    def _check_patches(self) -> None:
        if self.side % self.patch:
            fits = [str(each) for each in range(2, self.side) if self.side % each == 0]
            why = f"does not divide the side {self.side}"
            raise InputError("patch", self.patch, why, f"Take one of {', '.join(fits)}" if fits else "")
        width, _, heads = self.sizes
        if width % heads:
            raise InputError("heads", heads, f"does not divide the width {width}")

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Width, layers and heads of the native transformer."""
        width, layers, heads = SIZES[self.size or "tiny"]
        return self.width or width, self.layers or layers, self.heads or heads

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The boundary's rule along each axis."""
        return axis_rules(parse_boundary(self.boundary), self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sides of the lattice."""
        return (self.side,) * self.axes

    @property
    def planes(self) -> int:
        """Channels of a network that reads planes alone: the layers of a cube are stacked, each with its channels."""
        return self.channels * int(self.side ** (self.axes - 2))

    @property
    def single_pixels(self) -> bool:
        """Whether a strided convolution of a residual network sees images of a single pixel."""
        return self.residual and self.side <= RESIDUAL_STRIDE // 2

    @property
    def residual(self) -> bool:
        """Whether this is a residual network."""
        return self.name in RESIDUAL

    @property
    def native(self) -> bool:
        """Whether this is the lattice-native transformer."""
        return self.name == "vit"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)
