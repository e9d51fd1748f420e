"""Maps over a plane of two controls: figures 3 to 8 of the crossover study."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection, QuadMesh
from matplotlib.colors import Colormap
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.figures.palette import INK, SEQUENTIAL, diverging
from spinlens.figures.style import MAP_SIZE, new_axes, styled
from spinlens.phases.planes import axes, symmetric_columns

Floats = NDArray[np.float64]

TEMPERATURE_LABEL = "temperature $k_\\mathrm{B}T\\,/\\,J$"
LABELS = {
    "temperature": TEMPERATURE_LABEL,
    "field": "field $h\\,/\\,J$",
    "crystal_field": "crystal field $\\Delta\\,/\\,J$",
    "disorder": "disorder $\\Delta\\,/\\,J$",
}
"""Of controls whose symbol everybody knows; others go by their names."""


def control_label(name: str) -> str:
    """Return the label of an axis over a control."""
    return LABELS.get(name, name.replace("_", " "))


@styled
def draw_nu_0(maps: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw nu_0, the order parameter that the network found (figure 3)."""
    return _draw(maps, "nu_0", ax, title="$\\nu_0$, the network's order parameter", label="$\\nu_0$", signed=True)


@styled
def draw_magnetization(maps: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the magnetization per site (figure 4), or the model's own order parameter.

    Where it has several components, or averages to zero by symmetry in every column, its absolute value is drawn.
    """
    name = str(maps.attrs["order_parameter"])
    words, symbol = name.replace("_", " "), "$m$ " if name == "magnetization" else ""
    if f"absolute_{name}" not in maps or (name in maps and not symmetric_columns(maps).all()):
        return _draw(maps, name, ax, title=words.capitalize(), label=f"{words} {symbol}per site", signed=True)
    title = f"Absolute {words}"
    return _draw(maps, f"absolute_{name}", ax, title=title, label=f"{title.lower()} per site")


@styled
def draw_tau_0(maps: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw tau_0, the paramagnetic cone (figure 5)."""
    return _draw(maps, "tau_0", ax, title="$\\tau_0$, the paramagnetic cone", label="$\\tau_0$")


@styled
def draw_energy(maps: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the energy per site (figure 6)."""
    return _draw(maps, "energy", ax, title="Energy", label="energy $E\\,/\\,J$ per site")


@styled
def draw_tau_1(maps: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw tau_1, the crossover region (figure 7)."""
    return _draw(maps, "tau_1", ax, title="$\\tau_1$, the crossover region", label="$\\tau_1$")


@styled
def draw_specific_heat(maps: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the specific heat per site (figure 8)."""
    label = "specific heat $C\\,/\\,k_\\mathrm{B}$ per site"
    return _draw(maps, "specific_heat", ax, title="Specific heat", label=label)


def _draw(maps: xr.Dataset, name: str, ax: Axes | None, *, title: str, label: str, signed: bool = False) -> Axes:
    ax = new_axes(MAP_SIZE) if ax is None else ax
    across, along = axes(maps)
    mesh = paint(maps, name, ax, signed=signed, across=across, along=along)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.03, aspect=28)
    bar.set_label(label)
    bar.outline.set_visible(False)
    ax.set(title=title, xlabel=control_label(across), ylabel=control_label(along))
    if patch := mark_unequilibrated(maps, ax, across=across, along=along):
        ax.legend(handles=[patch], loc="upper left", bbox_to_anchor=(-0.02, -0.16), borderaxespad=0)
    return ax


def paint(
    maps: xr.Dataset, name: str, ax: Axes, *, signed: bool = False, across: str = "field", along: str = "temperature"
) -> QuadMesh:
    """Paint a map onto axes, one rectangle a condition, a control across and another, mostly temperature, up.

    Parameters
    ----------
    maps : Dataset
        With ``name`` over (``across``, ``along``).
    name : str
        The variable.
    ax : Axes
        Where to paint.
    signed : bool
        True for a diverging colour map that is white at zero and equally dark at both signs.
    across, along : str
        The controls.

    Returns
    -------
    QuadMesh
        For a colour bar.

    Raises
    ------
    InputError
        If the variable is missing.
    """
    if name not in maps:
        raise InputError("map", name, "is not in the data set", f"There are: {', '.join(map(str, maps.data_vars))}")
    values = maps[name].transpose(along, across).to_numpy()
    colours: Colormap | str = diverging() if signed else SEQUENTIAL
    limits: dict[str, Any] = {}
    if signed:
        limit = float(np.nanmax(np.abs(values))) or 1.0
        limits = {"vmin": -limit, "vmax": limit}
    edges = (cell_edges(maps[across].to_numpy()), cell_edges(maps[along].to_numpy()))
    mesh = ax.pcolormesh(*edges, values, cmap=colours, rasterized=True, linewidth=0, **limits)
    ax.set(xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    return mesh


def cell_edges(centres: Floats) -> Floats:
    """Return the borders of cells around grid points: midpoints, and as far again beyond the ends."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])


def mark_unequilibrated(
    maps: xr.Dataset, ax: Axes, *, across: str = "field", along: str = "temperature"
) -> Patch | None:
    """Hatch the conditions that are not known to be equilibrated.

    Returns
    -------
    Patch or None
        A legend entry that counts them, and those that are only too short to tell; None where there are none.
    """
    if "equilibrated" not in maps:
        return None
    unknown = ~maps["equilibrated"].transpose(across, along).to_numpy().astype(bool)
    if not unknown.any():
        return None
    x, y = (cell_edges(maps[name].to_numpy()) for name in (across, along))
    cells = [
        Rectangle((x[i], y[j]), x[i + 1] - x[i], y[j + 1] - y[j]) for i, j in zip(*np.nonzero(unknown), strict=True)
    ]
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "hatch": "xxxxxx", "linewidth": 0.9}
    # A white frame below keeps the hatch visible on dark cells.
    ax.add_collection(PatchCollection(cells, facecolor="none", edgecolor="white", linewidth=2.2))
    ax.add_collection(PatchCollection(cells, **look))
    short = _too_short(maps)
    counts = {"not equilibrated": int(unknown.sum()) - short, "too short to tell": short}
    counted = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
    return Patch(**look, label=f"{counted} of {unknown.size} conditions")


def _too_short(maps: xr.Dataset) -> int:
    """Return how many conditions were recorded too shortly to tell; maps of earlier versions do not say."""
    if "verdict" not in maps:
        return 0
    verdict = maps["verdict"]
    flags = dict(zip(verdict.attrs["flag_meanings"].split(), verdict.attrs["flag_values"], strict=True))
    return int((verdict == flags["too_short_to_tell"]).sum())
