"""Pictures of an ensemble in a line each: curves or maps of observables, snapshots, histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.exact import enumerate_states
from spinlens.exact.curves import FEW_STATES, exact_values
from spinlens.figures.maps import mark_unequilibrated, paint
from spinlens.figures.palette import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILION
from spinlens.figures.style import MAP_SIZE, new_axes, new_figure, styled
from spinlens.images.render import DOWN, UP
from spinlens.spaces import Angles, Space

if TYPE_CHECKING:
    from spinlens.ensemble import Ensemble

CURVE_SIZE = (5.2, 3.8)
SNAPSHOT = 2.6
"""Inches of a picture of a configuration."""

FINE = 193
INKS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
MOST_HISTOGRAMS, BINS = len(INKS), 60


class Plot:
    """Draws an ensemble, in the project's style; every function returns what it drew on.

    Parameters
    ----------
    ensemble : Ensemble
        A finished one.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble

    @styled
    def __call__(self, name: str | None = None, *, ax: Axes | None = None, **fixed: float) -> Axes:
        """Draw an observable along the axis that varies, or as a map over a control and the temperature.

        Parameters
        ----------
        name : str, optional
            As in `Ensemble.observables`; by default the size of the order parameter, or the energy.
        ax : matplotlib.axes.Axes, optional
            Where to draw.
        **fixed : float
            Values of axes that are held, where more vary than can be drawn.

        Returns
        -------
        matplotlib.axes.Axes
            With points and error bars, and the exact curve where there is one; conditions that are not known to be
            equilibrated are open, or hatched in a map.

        Raises
        ------
        InputError
            If there is no such observable, or too many axes vary.
        """
        found = self._table(fixed)
        order = found.attrs.get("order_parameter")
        name = name or (f"absolute_{order}" if f"absolute_{order}" in found else "energy")
        if name not in found:
            raise InputError("observable", repr(name), "is not there", did_you_mean(name, map(str, found.data_vars)))
        varied = [str(axis) for axis in found[name].dims if found.sizes[axis] > 1]
        if len(varied) > 2 or (len(varied) == 2 and "temperature" not in varied):
            others = [axis for axis in varied if axis != "temperature"]
            raise InputError("axes", ", ".join(varied), "vary, and a map has a control and the temperature",
                             f"Hold one, like {others[0]}={float(found[others[0]][0]):g}")  # fmt: skip
        if len(varied) == 2:
            return self._map(found, name, varied[0], ax)
        return self._curve(found, name, varied[0] if varied else "temperature", ax)

    @styled
    def snapshots(self, *, chain: int = 0, **axes: float | Sequence[float]) -> Figure:
        """Draw the last configuration of a chain at some conditions of one axis, side by side.

        Parameters
        ----------
        chain : int
            Which chain.
        **axes : float or sequence of float
            Values of temperature and controls, the nearest ones are taken. One may be a sequence, the axis along which
            is drawn; by default three values of the temperature, or of the axis with most values where there is one
            temperature. Of the others by default the first.

        Raises
        ------
        InputError
            If there is no such axis, or several are sequences.
        """
        ensemble = self._ensemble
        along, wanted = _along(ensemble.grid, axes)
        fixed = {name: value for name, value in axes.items() if name != along}
        place = {name: _nearest(values, fixed.get(name, values[0])) for name, values in ensemble.grid.items()}
        figure = new_figure((SNAPSHOT * len(wanted), SNAPSHOT + 0.4))
        space, shape = ensemble.model.space, ensemble.drawn.shape
        colours, most = _colours(space), space.states - 1
        for ax, value in zip(figure.subplots(1, len(wanted), squeeze=False)[0], wanted, strict=True):
            place[along] = _nearest(ensemble.grid[along], value)
            codes = ensemble.codes(**place, chain=chain, draw=-1).values
            plane = codes[0] if len(shape) == 3 else codes.reshape(-1, shape[-1])
            ax.imshow(plane, cmap=colours, vmin=0, vmax=most, interpolation="nearest")
            word = "T" if along == "temperature" else along.replace("_", " ")
            ax.set(title=f"{word} = {ensemble.grid[along][place[along]]:g}", xticks=[], yticks=[])
            for side in ax.spines.values():
                side.set_visible(True)
        return figure

    @styled
    def histogram(
        self,
        name: str = "energy",
        *,
        temperature: Sequence[float] | None = None,
        ax: Axes | None = None,
        **fixed: float,
    ) -> Axes:
        """Draw how a number is distributed over all recordings, at some temperatures.

        Parameters
        ----------
        name : str
            ``energy``, or an order parameter of the model: per site, of several components its size.
        temperature : sequence of float, optional
            The nearest ones are taken; by default as many as colours that can be told apart, spread over all.
        ax : matplotlib.axes.Axes, optional
            Where to draw.
        **fixed : float
            Values of the other axes; the nearest ones are taken, by default the first.

        Returns
        -------
        matplotlib.axes.Axes
            With steps, and where states are few the exact probabilities as lines.

        Raises
        ------
        InputError
            If there is no such number.
        """
        ensemble = self._ensemble
        axis = ensemble.temperature
        spread = axis[np.unique(np.linspace(0, len(axis) - 1, min(MOST_HISTOGRAMS, len(axis))).round().astype(int))]
        wanted = spread if temperature is None else np.atleast_1d(np.asarray(temperature, dtype=np.float64))
        controls = {
            key: float(values[_nearest(values, fixed.get(key, values[0]))])
            for key, values in ensemble.grid.items()
            if key != "temperature"
        }
        values = self._recorded(name, controls)
        ax = new_axes(CURVE_SIZE) if ax is None else ax
        edges = np.histogram_bin_edges(values, bins=min(BINS, max(8, len(np.unique(values)))))
        for k, t in enumerate(wanted):
            place, ink = _nearest(axis, t), INKS[k % len(INKS)]
            share = np.histogram(values[place], edges)[0] / values[place].size
            ax.stairs(share, edges, color=ink, label=f"T = {axis[place]:g}", linewidth=1.4)
            exact = self._exact_shares(name, float(axis[place]), controls, edges)
            if exact is not None:
                middle = (edges[1:] + edges[:-1]) / 2
                ax.plot(middle, exact, color=ink, marker="x", markersize=4, linestyle="none",
                        label="exact" if k == len(wanted) - 1 else None)  # fmt: skip
        ax.set(xlabel=f"{name.replace('_', ' ')} per site", ylabel="share of the recordings")
        ax.legend()
        return ax

    def _table(self, fixed: dict[str, float]) -> xr.Dataset:
        ensemble = self._ensemble
        found = xr.merge([ensemble.observables(), ensemble.diagnostics], combine_attrs="override")
        for name, value in fixed.items():
            if name not in ensemble.grid:
                raise InputError("axis", repr(name), f"is none of {', '.join(ensemble.grid)}")
            found = found.isel({name: [_nearest(ensemble.grid[name], value)]})
        return found

    def _map(self, found: xr.Dataset, name: str, across: str, ax: Axes | None) -> Axes:
        ax = new_axes(MAP_SIZE) if ax is None else ax
        flat = found.squeeze([axis for axis in found[name].dims if found.sizes[axis] == 1], drop=True)
        values = flat[name].values
        mesh = paint(flat, name, ax, signed=bool(np.nanmin(values) < 0 < np.nanmax(values)), across=across)
        bar = ax.figure.colorbar(mesh, ax=ax, pad=0.03, aspect=28)
        bar.set_label(_label(found[name]))
        bar.outline.set_visible(False)
        ax.set(xlabel=_label(found[across]), ylabel=_label(found["temperature"]))
        if patch := mark_unequilibrated(flat, ax, across=across):
            ax.legend(handles=[patch], loc="upper left", bbox_to_anchor=(-0.02, -0.16), borderaxespad=0)
        return ax

    def _curve(self, found: xr.Dataset, name: str, along: str, ax: Axes | None) -> Axes:
        ax = new_axes(CURVE_SIZE) if ax is None else ax
        at, values = found[along].values, found[name].values.reshape(-1)
        errors = found[f"{name}_error"].values.reshape(-1)
        sound = found["equilibrated"].values.reshape(-1).astype(bool)
        if along == "temperature" and len(at) > 1:
            self._draw_exact(found, name, at, ax)
        for which, fill, label in ((sound, BLUE, "sampled"), (~sound, "white", "not known to be equilibrated")):
            if which.any():
                ax.errorbar(at[which], values[which], errors[which], fmt="o", color=BLUE, markerfacecolor=fill,
                            markersize=4, capsize=2, linewidth=1, label=label)  # fmt: skip
        ax.set(xlabel=_label(found[along]), ylabel=_label(found[name]))
        if len(ax.get_legend_handles_labels()[1]) > 1:
            ax.legend()
        return ax

    def _draw_exact(self, found: xr.Dataset, name: str, at: NDArray[np.float64], ax: Axes) -> None:
        ensemble = self._ensemble
        controls = {key: float(found[key].values.reshape(-1)[0]) for key in ensemble.plan.controls}
        fine = np.linspace(at[0], at[-1], FINE)
        known = exact_values(ensemble.model.at(**controls), ensemble.lattice, temperature=fine, **controls)
        if name in known:
            ax.plot(fine, known[name], color=INK, linewidth=1, label="exact, this lattice")

    def _recorded(self, name: str, controls: dict[str, float]) -> NDArray[np.float64]:
        """Return a number of every recording at a point of the controls, (temperature, all chains)."""
        ensemble = self._ensemble
        here = {key: _nearest(ensemble.grid[key], value) for key, value in controls.items()}
        sums = {str(key): values.values for key, values in ensemble.series.isel(here).items()}
        sites = ensemble.lattice.sites
        orders = {order.name: order for order in ensemble.model.order_parameters(ensemble.lattice)}
        if name == "energy":
            temperature = np.asarray(ensemble.temperature)[:, None, None]
            total = ensemble.model.energy_total(ensemble.lattice, sums, temperature=temperature, **controls)
            found = np.asarray(total) / sites
        elif name in orders:
            order = orders[name]
            found = order.values(sums, sites)[..., 0] if order.components == 1 else order.size(sums, sites)
        else:
            raise InputError(
                "observable", repr(name), "is no number of a recording", did_you_mean(name, ["energy", *orders])
            )
        return np.asarray(found, dtype=np.float64).reshape(len(ensemble.temperature), -1)

    def _exact_shares(
        self, name: str, temperature: float, controls: dict[str, float], edges: NDArray[np.float64]
    ) -> NDArray[np.float64] | None:
        """Return the exact probability of each bin, where states are few and the model may be solved."""
        ensemble = self._ensemble
        model, lattice = ensemble.model, ensemble.lattice
        if model.sealed or model.imaginary_time or model.space.states**lattice.sites > FEW_STATES:
            return None
        known = enumerate_states(model.at(**controls), lattice, temperature=temperature, **controls).distribution
        assert known is not None
        sums = dict(known.rows)
        if name == "energy":
            values = np.asarray(model.energy_total(lattice, sums, **controls)) / lattice.sites
        else:
            order = next(order for order in model.order_parameters(lattice) if order.name == name)
            vector = order.values(sums, lattice.sites)
            values = vector[..., 0] if order.components == 1 else order.size(sums, lattice.sites)
        # Rounding must not move what lies on an edge.
        inside = values.clip(edges[0], edges[-1])
        return np.histogram(inside, edges, weights=known.probability)[0]


def _along(
    grid: Mapping[str, NDArray[np.float64]], axes: Mapping[str, float | Sequence[float]]
) -> tuple[str, NDArray[np.float64]]:
    """Return the axis along which is drawn, and the values that are wanted of it."""
    if unknown := sorted(set(axes) - set(grid)):
        raise InputError("axis", repr(unknown[0]), f"is none of {', '.join(grid)}")
    several = [name for name, value in axes.items() if np.ndim(value)]
    if len(several) > 1:
        raise InputError("axes", ", ".join(several), "configurations are drawn along one of them", "Give one sequence")
    if several:
        return several[0], np.asarray(axes[several[0]], dtype=np.float64)
    free = {name: len(values) for name, values in grid.items() if name not in axes}
    along = "temperature" if free.get("temperature", 0) > 1 or not free else max(free, key=lambda name: free[name])
    values = grid[along] if along not in axes else np.atleast_1d(np.asarray(axes[along], dtype=np.float64))
    return along, values[np.linspace(0, len(values) - 1, min(3, len(values))).round().astype(int)]


def _nearest(values: NDArray[np.float64], wanted: float) -> int:
    return int(np.argmin(np.abs(np.asarray(values) - wanted)))


def _label(values: xr.DataArray) -> str:
    words, unit = values.attrs.get("long_name", str(values.name)), values.attrs.get("units", "1")
    return words if unit == "1" else f"{words} ({unit})"


def _colours(space: Space) -> Colormap | str:
    """Return the colours of codes: as the published figures have them, hues of angles, or a row of colours."""
    if isinstance(space, Angles):
        return "hsv"
    if space.states == 2:
        return ListedColormap([tuple(part / 255 for part in colour) for colour in (DOWN, UP)])
    several = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, GREY)
    return ListedColormap(several[: space.states]) if space.states <= len(several) else "viridis"
