"""``spinlens classify``: networks tell the temperature region of images, beside the best score possible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from spinlens.config import merge, parse_assignment, read_toml


def classify(
    out: Path = typer.Option(..., help="Directory of the study; an unfinished one is continued."),
    preset: str = typer.Option("standard", help="quick, standard or published."),
    systems: str = typer.Option(
        None, help="Names with commas between, of systems.toml: periodic, potts-3, xy, cubic, ..."
    ),
    networks: str = typer.Option(None, help="Of vit,vit-base,resnet-18,resnet-50; vit is native to the lattice."),
    trials: int = typer.Option(None, min=1, help="Trainings of each network, each on its own draw of the images."),
    protocol: str = typer.Option(None, help="clean, published, or both with a comma between."),
    pretrained: str = typer.Option(None, help="What networks begin with: lattice, none, hub, hub:ID or a folder."),
    seed: int = typer.Option(None, help="Whole number >= 0."),
    config: Path = typer.Option(None, help="TOML file with values to change."),
    assignments: list[str] = typer.Option([], "--set", help="key=value, for example vit.recipe.epochs=4; repeatable."),
    scheduler: str = typer.Option(None, help="Address or file of a Dask scheduler to sample and train on."),
    workers: int = typer.Option(None, min=1, help="Units and networks at once; by default one for each core."),
    device: str = typer.Option(None, help="Where to train: cpu, cuda, ...; by default CUDA where there is one."),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as JSON."),
) -> None:
    """Simulate, pretrain, train, score and draw the classification study; every unit of work is kept."""
    from spinlens.studies.classify import configure, run_classify
    from spinlens.studies.classify.table import classify_table

    changes: dict[str, Any] = read_toml(config) if config else {}
    for assignment in assignments:
        changes = merge(changes, parse_assignment(assignment))
    lists = {"systems": systems, "networks": networks, "protocols": protocol}
    changes = merge(changes, {name: _words(text) for name, text in lists.items() if text is not None})
    numbers = {"trials": trials, "seed": seed}
    changes = merge(changes, {name: value for name, value in numbers.items() if value is not None})
    configuration = configure(preset, changes=changes, pretrained=pretrained)
    summary = run_classify(configuration, out=out, scheduler=scheduler, workers=workers, device=device)
    if as_json:
        typer.echo(json.dumps(summary, indent=2))
        return
    typer.echo(classify_table(summary))
    typer.echo(f"\nFigures: {out / 'figures'}    Numbers: {out / 'summary.json'}")


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]
