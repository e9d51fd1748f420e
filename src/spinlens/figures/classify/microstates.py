"""Configurations of each system and region: figures 1, 2, 4, 5 and 6 of the classification study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.figures.classify.colours import AXIS_SYMBOLS
from spinlens.figures.classify.spins import COLOURS, FEW, SPINS, show_spins, state_colours
from spinlens.figures.palette import INK
from spinlens.figures.style import new_figure, styled
from spinlens.lattices import Lattice
from spinlens.lattices.boundary import Rule
from spinlens.models import Model
from spinlens.phases.regions import Labelled
from spinlens.phases.regions.labels import TITLES, bounds
from spinlens.spaces import Space

PANEL = 2.35
"""Inches along the side of a configuration."""

WALL = 0.035
"""Thickness of held spins beyond an edge, as a share of the side."""


@dataclass(frozen=True, slots=True, eq=False)
class Microstate:
    """One configuration.

    Attributes
    ----------
    spins : ndarray
        Values (*sides); x counts the rows from the top.
    temperature : float
        In units of energy, abs(J) = 1.
    title : str
        Above the picture.
    """

    spins: NDArray[Any]
    temperature: float
    title: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Configurations of one system.

    Attributes
    ----------
    title : str
        The system.
    rules : pair
        What lies beyond the edges, see `spinlens.Lattice.rules`; held spins are drawn.
    images : tuple of Microstate
        From left to right.
    space : Space
        What can stand on a site.
    axis : str
        The control that tells the images apart.
    """

    title: str
    rules: tuple[Rule, ...]
    images: tuple[Microstate, ...]
    space: Space = SPINS
    axis: str = "temperature"


def microstates(images: Labelled, *, title: str, rules: tuple[Rule, ...], unit: float = 1.0) -> Row:
    """Choose one configuration of each region, the one nearest to the middle of its temperatures.

    Parameters
    ----------
    images : Labelled
        Of a system; a region without images is left out.
    title : str
        Its name.
    rules : pair
        What lies beyond the edges, see `spinlens.Lattice.rules`.
    unit : float
        What the edges of the regions are multiples of, see `spinlens.phases.regions.region_of`.
    """
    found = []
    for label, (low, high) in enumerate(pairwise(bounds(unit))):
        here = np.flatnonzero(images.labels == label)
        if len(here):
            place = here[np.abs(images.temperature[here] - (low + high) / 2).argmin()]
            found.append(Microstate(images.spins[place], float(images.temperature[place]), TITLES[label]))
    return Row(title, rules, tuple(found), images.space, images.axis)


def ground_and_hot(images: Labelled, *, title: str, model: Model, lattice: Lattice) -> Row:
    """Return the ground state of a periodic system beside its hottest configuration (figure 1)."""
    if lattice.seams != (False, False) or lattice.walled:
        raise InputError("lattice", lattice.boundary_text, "has many ground states, with an interface", "Take a torus")
    hottest = int(images.temperature.argmax())
    ground = Microstate(model.space.decode(model.ground_states(lattice)[-1]), 0.0, "ground state")
    hot = Microstate(images.spins[hottest], float(images.temperature[hottest]), "disorder")
    return Row(title, lattice.rules, (ground, hot), images.space)


@styled
def draw_microstates(rows: Sequence[Row], figure: Figure | None = None) -> Figure:
    """Draw configurations, a row of panels for each system: of two states up is blue, down is yellow.

    Parameters
    ----------
    rows : sequence of Row
        From `microstates` or `ground_and_hot`.
    figure : Figure, optional
        Where to draw; a new one by default.

    Raises
    ------
    InputError
        If there are no rows.
    """
    if not rows or not all(row.images for row in rows):
        raise InputError("rows", len(rows), "must be at least one, each with at least one configuration")
    columns = max(len(row.images) for row in rows)
    if figure is None:
        figure = new_figure((PANEL * columns + 0.4, (PANEL + 0.45) * len(rows) + 0.5))
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, row in zip(axes, rows, strict=True):
        for ax in line[len(row.images) :]:
            ax.set_axis_off()
        for ax, image in zip(line, row.images, strict=False):
            show_spins(ax, image.spins, row.space)
            _draw_walls(ax, row.rules)
            ax.set_title(image.title, loc="center", fontsize=10.5, pad=12 if _walled(row.rules) else 5)
            temperature = "0" if image.temperature == 0 else f"{image.temperature:.2f}"
            symbol = AXIS_SYMBOLS.get(row.axis, row.axis)
            ax.set_xlabel(f"{symbol} = {temperature}", labelpad=12 if _walled(row.rules) else 4)
        line[0].set_ylabel(row.title, fontsize=10.5, labelpad=10)
    _name_states(figure, rows[0].space)
    return figure


def _name_states(figure: Figure, space: Space) -> None:
    """Say which colour is which state, the highest first, where they have colours of their own."""
    if space.states > FEW:
        return
    colours = state_colours(space)
    names = ["spin up", "spin down"] if space == SPINS else [f"{value:g}" for value in space.values[::-1]]
    patches = [Patch(facecolor=colours(k), edgecolor=INK, linewidth=0.5) for k in reversed(range(space.states))]
    figure.legend(patches, names, loc="outside lower center", ncols=min(10, space.states))


def _walled(rules: tuple[Rule, ...]) -> bool:
    return any(isinstance(rule, tuple) for rule in rules)


def _draw_walls(ax: Axes, rules: tuple[Rule, ...]) -> None:
    """Draw held spins as bars beyond the edges that they hold."""
    for axis, rule in enumerate(rules):
        if not isinstance(rule, tuple):
            continue
        for end, spin in enumerate(rule):
            # Rows count from the top, axes fractions from the bottom.
            start = (1 + WALL / 2 if (end == 0) == (axis == 0) else -1.5 * WALL), 0.0
            place, size = (start[::-1], (1.0, WALL)) if axis == 0 else (start, (WALL, 1.0))
            bar = Rectangle(place, *size, transform=ax.transAxes, clip_on=False, facecolor=COLOURS[int(spin > 0)])
            bar.set(edgecolor=INK, linewidth=0.8)
            ax.add_patch(bar)
