"""``spinlens predict``: label new configurations with a trained classifier."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import typer


def predict(
    model: Path = typer.Argument(..., help="Directory of a trained classifier."),
    images: Path = typer.Argument(..., help="A PNG or npy file, a folder of them, or an ensemble."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of CSV."),
    device: str = typer.Option(None, help="cpu, cuda, ...; by default CUDA where there is one."),
) -> None:
    """Print the most probable temperature region of each configuration, with the probability of each."""
    from spinlens.studies.classify.prediction import predictions

    rows = predictions(model, images, device=device)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    sys.stdout.write(text.getvalue())
