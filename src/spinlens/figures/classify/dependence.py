"""How far a network's answers are a function of the energy."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from spinlens.figures.classify.colours import REGION_INKS, driven_label
from spinlens.figures.palette import INK
from spinlens.figures.style import new_figure, styled
from spinlens.phases.regions.labels import TITLES

SIZE = (11.0, 4.0)


@styled
def draw_energy_dependence(dependence: xr.Dataset, figure: Figure | None = None) -> Figure:
    """Draw each difference of logits against the energy, with the smooth function that explains most of it.

    Parameters
    ----------
    dependence : Dataset
        From `spinlens.phases.regions.interpretation.energy_dependence`.
    figure : Figure, optional
        Where to draw; a new one by default.
    """
    if figure is None:
        figure = new_figure(SIZE)
    pairs = dependence.sizes["pair"]
    axes = figure.subplots(1, pairs)
    explained = dependence["explained"].to_numpy()
    for pair, ax in enumerate(axes):
        here = dependence.isel(pair=pair)
        look = {"markersize": 3, "alpha": 0.4, "rasterized": True}
        ax.plot(here["energy"], here["difference"], ".", color=REGION_INKS[pair + 1], **look)
        ax.plot(here["curve_energy"], here["curve"], color=INK, linewidth=1.3)
        ax.axhline(0, color=INK, linewidth=0.6, linestyle=":")
        ax.set_title(
            f"{TITLES[pair + 1]} against {TITLES[pair]}\nenergy explains {_share(explained[pair])}", fontsize=10.5
        )
        ax.set_xlabel(driven_label(str(dependence.attrs.get("axis", "temperature"))))
    axes[0].set_ylabel("difference of logits (nats)")
    low = float(np.nanmin(explained))
    title = "The energy alone explains nothing of some answers; of the best classifier's, all"
    if low > 0:
        title = (
            f"The energy alone explains at least {_share(low)} of each answer's variance; of the best classifier's, all"
        )
    figure.suptitle(title, x=0.01, ha="left", fontsize=12.5)
    return figure


def _share(explained: float) -> str:
    """Return it with so many digits that nearly all is not all."""
    return f"{explained:.1%}" if explained < 0.999 else f"{explained:.3%}"
