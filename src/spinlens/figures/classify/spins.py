"""A configuration as an image on axes, in the published colours."""

from __future__ import annotations

from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap, to_hex
from numpy.typing import NDArray

from spinlens.images.render import DOWN, UP
from spinlens.spaces import Binary, Space

SPINS = Binary()

COLOURS = tuple(to_hex(tuple(part / 255 for part in colour)) for colour in (DOWN, UP))  # type: ignore[arg-type]
"""Of spin down and of spin up."""


FEW = 20
"""Up to so many states have colours of their own; more are hues round a circle."""


def state_colours(space: Space) -> Colormap:
    """Return the colours of all states in the order of their codes: yellow and blue of two, white between of three."""
    if space.states <= 3:
        return ListedColormap([COLOURS[0], *["#ffffff"] * (space.states - 2), COLOURS[1]])
    return colormaps["tab20" if space.states <= FEW else "hsv"].resampled(space.states)


def show_spins(ax: Axes, spins: NDArray[Any], space: Space = SPINS, *, pale: bool = False) -> None:
    """Show what stands on the sites, (Lx, Ly) or of a cube its first layer, without ticks, rows from the top.

    Pale pictures are in shades of grey.
    """
    layer = spins.reshape(-1, *spins.shape[-2:])[0]
    colours = LinearSegmentedColormap.from_list("pale", ["#ffffff", "#b9b9b9"]) if pale else state_colours(space)
    ax.imshow(space.codes(layer), cmap=colours, vmin=0, vmax=space.states - 1, interpolation="nearest", aspect="equal")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
