"""Pictures of configurations for people: every spin a square of one of two colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from spinlens.errors import InputError, did_you_mean
from spinlens.images.spins import check_spins

PUBLISHED = "published"
UP, DOWN = (0, 114, 178), (240, 228, 66)
"""Blue and yellow as in the published figures, in tones that colour-blind readers can tell apart."""


def render(spins: Any, *, scale: int = 4, colours: str = PUBLISHED) -> Image.Image:
    """Return the picture of one configuration.

    Parameters
    ----------
    spins : array, shape (Lx, Ly)
        Spins +-1; x counts the rows from the top. NumPy, xarray or nested lists.
    scale : int
        Pixels along the side of each spin.
    colours : str
        ``"published"``: up is blue, down is yellow; or the name of a matplotlib colour map, whose last colour is up.

    Returns
    -------
    PIL.Image.Image
        Of two colours with a palette, ``(scale * Ly, scale * Lx)`` pixels wide and high; ``.save("NAME.png")`` loses
        nothing.

    Raises
    ------
    InputError
        If they are not spins in two dimensions, the scale is not a whole number >= 1, or the colours are unknown.
    """
    up = check_spins("spins", spins, dimensions=2) > 0
    if isinstance(scale, bool) or not isinstance(scale, int | np.integer) or scale < 1:
        raise InputError("scale", scale, "must be a whole number >= 1")
    down_colour, up_colour = (DOWN, UP) if colours == PUBLISHED else _ends(colours)
    pixels = up.astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)
    image = Image.fromarray(pixels)
    image.putpalette([*down_colour, *up_colour])
    return image


def _ends(name: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return the first and the last colour of a colour map, 0 to 255."""
    # It takes a moment to import, and the published colours do without.
    from matplotlib import colormaps

    if name not in colormaps:
        raise InputError("colours", repr(name), "is no colour map", did_you_mean(str(name), [PUBLISHED, *colormaps]))
    first, last = (
        tuple(round(255 * part) for part in colormaps[name](place)[:3]) for place in (0.0, 1.0)
    )  # fmt: skip
    return first, last  # type: ignore[return-value]
