"""Pictures of the results: one style, PNG and SVG."""

from spinlens.figures.findings import draw_findings
from spinlens.figures.histograms import draw_absolute_spin_error, draw_kl_divergence, draw_spin_error
from spinlens.figures.indicators import draw_indicators
from spinlens.figures.latents import draw_latent_maps
from spinlens.figures.maps import (
    draw_energy,
    draw_magnetization,
    draw_nu_0,
    draw_specific_heat,
    draw_tau_0,
    draw_tau_1,
)
from spinlens.figures.overview import draw_overview
from spinlens.figures.plot import Plot
from spinlens.figures.save import save_figure, save_figures
from spinlens.figures.scaling import draw_sizes
from spinlens.figures.style import style

__all__ = [
    "Plot",
    "draw_absolute_spin_error",
    "draw_energy",
    "draw_findings",
    "draw_indicators",
    "draw_kl_divergence",
    "draw_latent_maps",
    "draw_magnetization",
    "draw_nu_0",
    "draw_overview",
    "draw_sizes",
    "draw_specific_heat",
    "draw_spin_error",
    "draw_tau_0",
    "draw_tau_1",
    "save_figure",
    "save_figures",
    "style",
]
