"""``spinlens export``: an ensemble for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from spinlens.cli.ensembles import ENSEMBLE, each
from spinlens.errors import InputError


def export(
    ensemble: Path = typer.Argument(..., help=ENSEMBLE),
    to: str = typer.Option(..., help="netcdf, zarr, hdf5, npz, parquet, huggingface or images."),
    out: Path = typer.Option(
        ..., help="A new file or folder; a folder of images may be one whose export was not finished. For each of "
        "several ensembles it lies in this folder under its name.",
    ),
    chains: int = typer.Option(None, help="How many of the first chains; by default all."),
    draws: int = typer.Option(None, help="How many of the first draws of each chain; by default all."),
    classes: str = typer.Option(
        None, help="What the folders of images stand for: regions (default), conditions, or temperatures between them: "
        "2.1,2.4.",
    ),
) -> None:  # fmt: skip
    """Write configurations and everything that was recorded for another program, without loss."""
    import spinlens as sl

    options: dict[str, Any] = {"chains": chains, "draws": draws, "classes": _classes(classes)}
    for name, directory in each(ensemble, heading=False):
        typer.echo(sl.export(directory, out / name if name else out, format=to, **options))


def _classes(text: str | None) -> Any:
    if text is None or not text or text[0].isalpha():
        return text
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError("classes", repr(text), "must be temperatures with commas", "For example 2.1,2.4") from None
