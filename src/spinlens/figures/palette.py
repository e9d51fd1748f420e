"""Colours: perceptually uniform maps and a few inks that colour-blind readers can tell apart."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap
from numpy.typing import NDArray

Floats = NDArray[np.float64]

INK = "#1a1a1a"
VERMILION = "#d55e00"
BLUE = "#0072b2"
SKY = "#56b4e9"
ORANGE = "#e69f00"
GREEN = "#009e73"
PURPLE = "#cc79a7"
"""Six colours of M. Okabe and K. Ito, https://jfly.uni-koeln.de/color/."""

GREY = "#8a8a8a"
PALE = "#d9d9d9"

SEQUENTIAL = "viridis"

_TO_LINEAR = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
)
_TO_RED_GREEN_BLUE = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


def diverging() -> Colormap:
    """Return a map from blue through near white to vermilion.

    Lightness falls linearly with distance from the middle, in the uniform colour space Oklab
    (B. Ottosson, https://bottosson.github.io/posts/oklab/), equally on both sides.
    """
    position = np.linspace(-1, 1, 257)
    away = np.abs(position)
    hue = np.deg2rad(np.where(position < 0, 252.0, 48.0))
    chroma = 0.135 * np.sin(0.5 * np.pi * away**0.9)
    oklab = np.stack([0.97 - 0.52 * away, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    return LinearSegmentedColormap.from_list("spinlens_diverging", _to_srgb(oklab), N=257)


def _to_srgb(oklab: Floats) -> Floats:
    """Convert Oklab colours, shape (colour, 3), to sRGB between 0 and 1."""
    linear = (oklab @ _TO_LINEAR.T) ** 3 @ _TO_RED_GREEN_BLUE.T
    linear = np.clip(linear, 0, 1)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))
