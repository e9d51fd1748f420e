"""Write every figure of a study as PNG and SVG, the same bytes each time, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spinlens.figures.histograms import draw_absolute_spin_error, draw_kl_divergence, draw_spin_error
from spinlens.figures.maps import (
    draw_energy,
    draw_magnetization,
    draw_nu_0,
    draw_specific_heat,
    draw_tau_0,
    draw_tau_1,
)
from spinlens.figures.overview import draw_overview
from spinlens.figures.style import style
from spinlens.phases import Crossover
from spinlens.phases.planes import on_plane
from spinlens.progress import progress_bar

MAPS: dict[str, Callable[[xr.Dataset], Axes]] = {
    "nu_0": draw_nu_0,
    "magnetization": draw_magnetization,
    "tau_0": draw_tau_0,
    "energy": draw_energy,
    "tau_1": draw_tau_1,
    "specific_heat": draw_specific_heat,
}
HISTOGRAMS: dict[str, Callable[[xr.Dataset], Axes]] = {
    "spin_error": draw_spin_error,
    "absolute_spin_error": draw_absolute_spin_error,
    "kl_divergence": draw_kl_divergence,
}
FORMATS: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}
"""File formats, each with the metadata that would make its bytes depend on the day or the version."""

Drawings = dict[str, Callable[[], Axes | Figure]]
"""By the name of the file: what draws it when its turn comes."""


def save_figures(
    directory: Path | str,
    *,
    maps: xr.Dataset,
    crossover: Crossover,
    reconstruction: xr.Dataset | None = None,
    progress: bool = True,
) -> list[Path]:
    """Draw and write the study's figures.

    Parameters
    ----------
    directory : path-like
        Made if it is missing. Files of the same names are replaced.
    maps : Dataset
        From `latent_maps`.
    crossover : Crossover
        From `find_crossover`.
    reconstruction : Dataset, optional
        From `reconstruction`; without it figures 9 to 11 are left out.
    progress : bool
        False for silence.

    Returns
    -------
    list of pathlib.Path
        What was written: ``NAME.png`` (200 dots an inch) and ``NAME.svg``.
    """
    maps = on_plane(maps)
    drawings: Drawings = {name: partial(draw, maps) for name, draw in MAPS.items()}
    if reconstruction is not None:
        drawings |= {name: partial(draw, reconstruction) for name, draw in HISTOGRAMS.items()}
    drawings["overview"] = lambda: draw_overview(maps, crossover)
    return save_all(drawings, directory, progress=progress)


def save_all(drawings: Drawings, directory: Path | str, *, progress: bool = True) -> list[Path]:
    """Draw and write figures one after another.

    Parameters
    ----------
    drawings : dict of str to callable
        By the name of the file, without a suffix.
    directory : path-like
        Made if it is missing. Files of the same names are replaced.
    progress : bool
        False for silence.

    Returns
    -------
    list of pathlib.Path
        What was written, see `save_figure`.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with progress_bar("figures", show=progress) as report:
        for done, (name, draw) in enumerate(drawings.items()):
            report(done / len(drawings), name)
            written += save_figure(draw(), directory / name)
        report(1.0, "")
    return written


def save_figure(drawing: Axes | Figure, path: Path | str) -> list[Path]:
    """Write one figure as PNG and SVG.

    Parameters
    ----------
    drawing : Axes or Figure
        What to write; of axes, the whole figure.
    path : path-like
        Without a suffix.

    Returns
    -------
    list of pathlib.Path
        The two files. Each appears under its name only when it is complete.
    """
    figure = drawing if isinstance(drawing, Figure) else drawing.figure.get_figure(root=True)
    path = Path(path)
    written = []
    for suffix, metadata in FORMATS.items():
        final = path.with_name(f"{path.name}.{suffix}")
        unfinished = path.with_name(f".{path.name}.{suffix}.partial")
        try:
            with style(), unfinished.open("wb") as file:
                figure.savefig(file, format=suffix, metadata=metadata)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(final)
        finally:
            unfinished.unlink(missing_ok=True)
        written.append(final)
    return written
