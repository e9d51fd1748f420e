"""Latent maps of any model: what the network sees beside thermodynamics, over a control and temperature or along T."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xarray.plot.accessor import DatasetPlotAccessor

from spinlens.figures.maps import TEMPERATURE_LABEL, control_label, mark_unequilibrated, paint
from spinlens.figures.palette import BLUE, VERMILION
from spinlens.figures.style import new_figure, styled

SIZE = (12.0, 7.2)


class MapsPlot(DatasetPlotAccessor):
    """Xarray's plots of a dataset; called, the project's picture of latent maps."""

    __slots__ = ()

    def __call__(self) -> Figure:  # type: ignore[override]
        """Draw them, see `draw_latent_maps`."""
        return draw_latent_maps(self._ds)


@styled
def draw_latent_maps(maps: xr.Dataset) -> Figure:
    """Draw nu_0, its spread, tau_0 and tau_1 beside the order parameter and the specific heat.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`, over any controls. Of several that vary the first is drawn, at the first value of the
        others; the title says which.

    Returns
    -------
    Figure
        Six maps over the control and temperature, or six curves where the temperature alone varies, with the standard
        error over chains as a band.
    """
    controls = [str(name) for name in maps["nu_0"].dims if name != "temperature"]
    varied = [name for name in controls if maps.sizes[name] > 1]
    held = [name for name in controls if name not in varied[:1]]
    shown = maps.isel(dict.fromkeys(held, 0))
    figure = new_figure(SIZE)
    for ax, (name, label, signed) in zip(figure.subplots(2, 3).flat, _panels(maps), strict=True):
        if varied:
            mesh = paint(shown, name, ax, signed=signed, across=varied[0])
            figure.colorbar(mesh, ax=ax, pad=0.03, aspect=28).outline.set_visible(False)
            ax.set(xlabel=control_label(varied[0]), ylabel=TEMPERATURE_LABEL)
        else:
            _curve(shown, name, ax)
        ax.set_title(label)
    text = ", ".join(f"{name.replace('_', ' ')} {float(maps[name][0]):g}" for name in held if name in maps.coords)
    if varied and (patch := mark_unequilibrated(shown, figure.axes[0], across=varied[0])):
        figure.legend(handles=[patch], loc="outside lower left")
    if text:
        figure.suptitle(text, x=0.01, ha="left", fontsize=10)
    return figure


def _panels(maps: xr.Dataset) -> list[tuple[str, str, bool]]:
    """Return the maps that are drawn, their titles, and whether zero is their middle."""
    order = maps.attrs["order_parameter"]
    absolute = f"absolute_{order}" if order else "energy"
    return [
        ("nu_0", "$\\nu_0$, mean of the first component", True),
        ("nu_0_spread", "spread of $\\nu_0$ over configurations", False),
        (absolute, f"{absolute.replace('_', ' ')} per site", False),
        ("tau_0", "$\\tau_0$", False),
        ("tau_1", "$\\tau_1$", False),
        ("specific_heat", "specific heat per site", False),
    ]


def _curve(maps: xr.Dataset, name: str, ax: Axes) -> None:
    temperature, values = maps["temperature"].to_numpy(), maps[name].to_numpy()
    chains = maps.get(f"{name}_chain")
    error = maps.get(f"{name}_error")
    if chains is not None and chains.sizes["chain"] > 1:
        error = chains.std("chain", ddof=1) / chains.sizes["chain"] ** 0.5
    colour = BLUE if name.startswith(("nu", "tau")) else VERMILION
    if error is not None:
        ax.fill_between(
            temperature, values - error.to_numpy(), values + error.to_numpy(), color=colour, alpha=0.25, lw=0
        )
    ax.plot(temperature, values, color=colour, marker="o", markersize=2.5)
    ax.set(xlabel=TEMPERATURE_LABEL)
