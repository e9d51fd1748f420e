"""A configuration as an image on axes, in the published colours."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_hex
from numpy.typing import NDArray

from spinlens.images.render import DOWN, UP

COLOURS = tuple(to_hex(tuple(part / 255 for part in colour)) for colour in (DOWN, UP))  # type: ignore[arg-type]
"""Of spin down and of spin up."""


def show_spins(ax: Axes, spins: NDArray[np.int8], *, pale: bool = False) -> None:
    """Show spins int8 +-1 (Lx, Ly) without ticks, rows from the top; in shades of grey if pale."""
    colours = ListedColormap(["#ffffff", "#b9b9b9"] if pale else list(COLOURS))
    ax.imshow(spins > 0, cmap=colours, vmin=0, vmax=1, interpolation="nearest", aspect="equal")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
