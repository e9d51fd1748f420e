"""Pictures of configurations for people: every spin a square of one of two colours, every angle one of its hue."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from spinlens.errors import InputError, did_you_mean
from spinlens.images.spins import check_spins

PUBLISHED, HUE = "published", "hue"
UP, DOWN = (0, 114, 178), (240, 228, 66)
"""Blue and yellow as in the published figures, in tones that colour-blind readers can tell apart."""


def render(spins: Any, *, scale: int = 4, colours: str = PUBLISHED) -> Image.Image:
    """Return the picture of one configuration.

    Parameters
    ----------
    spins : array, shape (Lx, Ly)
        Spins +-1, or angles in radians where the colours are hues; x counts the rows from the top. NumPy, xarray or
        nested lists.
    scale : int
        Pixels along the side of each spin.
    colours : str
        ``"published"``: up is blue, down is yellow; ``"hue"``: angle 0 is red, and the colours of the rainbow go once
        round the circle; or the name of a matplotlib colour map, whose last colour is up.

    Returns
    -------
    PIL.Image.Image
        ``(scale * Ly, scale * Lx)`` pixels wide and high, spins in two colours with a palette: ``.save("NAME.png")``
        loses nothing of them. 256 hues are told apart.

    Raises
    ------
    InputError
        If they are not spins in two dimensions, the scale is not a whole number >= 1, or the colours are unknown.
    """
    if isinstance(scale, bool) or not isinstance(scale, int | np.integer) or scale < 1:
        raise InputError("scale", scale, "must be a whole number >= 1")
    if colours == HUE:
        return _hues(spins, scale)
    up = check_spins("spins", spins, dimensions=2) > 0
    down_colour, up_colour = (DOWN, UP) if colours == PUBLISHED else _ends(colours)
    pixels = up.astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)
    image = Image.fromarray(pixels)
    image.putpalette([*down_colour, *up_colour])
    return image


def _hues(angles: Any, scale: int) -> Image.Image:
    """Return the picture of angles in radians."""
    array = np.asarray(angles, dtype=np.float64)
    if array.ndim != 2 or array.size == 0 or not np.isfinite(array).all():
        raise InputError("spins.shape", array.shape, "must be angles in two dimensions, each at least 1, and finite")
    turns = np.rint(array * (256 / (2 * np.pi))).astype(np.int64) % 256
    pixels = np.full((*array.shape, 3), 255, dtype=np.uint8)
    pixels[..., 0] = turns
    return Image.fromarray(pixels.repeat(scale, axis=0).repeat(scale, axis=1), mode="HSV").convert("RGB")


def _ends(name: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return the first and the last colour of a colour map, 0 to 255."""
    # It takes a moment to import, and the published colours do without.
    from matplotlib import colormaps

    if name not in colormaps:
        advice = did_you_mean(str(name), [PUBLISHED, HUE, *colormaps])
        raise InputError("colours", repr(name), "is no colour map", advice)
    first, last = (
        tuple(round(255 * part) for part in colormaps[name](place)[:3]) for place in (0.0, 1.0)
    )  # fmt: skip
    return first, last  # type: ignore[return-value]
