"""``spinlens train``: the network of the crossover study on any ensemble."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from spinlens.config import merge, parse_assignment, read_toml


def train(
    ensemble: Path = typer.Argument(..., help="Directory of an ensemble, of any model on any lattice."),
    out: Path = typer.Option(..., help="Directory of the model; an unfinished training is continued."),
    config: Path = typer.Option(None, help="TOML file with values to change."),
    assignments: list[str] = typer.Option(
        [], "--set", help="key=value, for example latent=4, filters=[4,16], recipe.epochs=12; repeatable."
    ),
    seed: int = typer.Option(0, help="Whole number >= 0."),
    device: str = typer.Option(None, help="Where to train: cpu, cuda, ...; by default CUDA where there is one."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Train a variational autoencoder on all but the last chains; `spinlens map` then shows what it sees."""
    import spinlens as sl
    from spinlens.ensemble import study_ensemble
    from spinlens.learning.settings import Autoencoder

    changes: dict[str, Any] = read_toml(config) if config else {}
    for assignment in assignments:
        changes = merge(changes, parse_assignment(assignment))
    settings = Autoencoder.resolve(changes)
    vae = sl.TCVAE(**dict(settings), seed=seed, device=device).fit(sl.open_ensemble(study_ensemble(ensemble)), out=out)
    last = vae.history_[-1]
    if as_json:
        typer.echo(json.dumps({"model": str(out), "history": vae.history_}, indent=2))
        return
    typer.echo(f"epochs                  {last['epoch']}")
    typer.echo(f"loss                    {last['loss']:.4f} nats per configuration")
    typer.echo(f"reconstruction          {last['reconstruction']:.4f} nats per configuration")
    typer.echo(f"Model: {out}    Next: spinlens map {out} {ensemble} --out maps.zarr")
