"""How networks and regions look in every figure of the study: names, colours, markers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from spinlens.figures.palette import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION

REGION_INKS = (BLUE, SKY, ORANGE, VERMILION)
"""Of the regions from cold to hot."""

NETWORKS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "vit": ("native ViT", BLUE, "o"),
        "vit-base": ("ViT-Base", GREEN, "D"),
        "resnet-18": ("ResNet-18", ORANGE, "s"),
        "resnet-50": ("ResNet-50", PURPLE, "^"),
    }
)
"""Title, colour and marker of each network."""

BEGINNINGS: Mapping[str, str] = MappingProxyType(
    {
        "none": "from scratch",
        "lattice": "with bond sums",
        "spins": "without bond sums",
    }
)

ENERGY_LABEL = "energy $E\\,/\\,|J|$ per site"
AXIS_SYMBOLS: Mapping[str, str] = MappingProxyType(
    {"temperature": "$k_\\mathrm{B}T\\,/\\,|J|$", "transverse_field": "$\\Gamma\\,/\\,|J|$"}
)
"""Of the controls that regions lie along."""


def driven_label(axis: str) -> str:
    """Return name and symbol of what that control drives: the energy, or a sum that has no name of its own here."""
    return ENERGY_LABEL if axis == "temperature" else f"what the {axis.replace('_', ' ')} drives, per site"


def axis_label(axis: str) -> str:
    """Return name and symbol of the control that regions lie along."""
    return f"{axis.replace('_', ' ')} {AXIS_SYMBOLS.get(axis, '')}".rstrip()


def network_colours(name: str, pretrained: str = "") -> tuple[str, str, str]:
    """Return title, colour and marker of a network; one that never saw bond sums has its own colour."""
    title, colour, marker = NETWORKS.get(name, (name, VERMILION, "v"))
    return title, SKY if pretrained == "spins" else colour, marker


def beginning_title(pretrained: str) -> str:
    """Return in words what a network begins with."""
    return BEGINNINGS.get(pretrained, "published weights" if pretrained.startswith("hub:") else pretrained)
