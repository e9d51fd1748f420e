"""``spinlens map``: what a trained network sees at each condition of an ensemble."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from spinlens.errors import InputError


def map_latents(
    model: Path = typer.Argument(..., help="Directory of a model that `spinlens train` made."),
    ensemble: Path = typer.Argument(..., help="Directory of an ensemble with the same lattice and values."),
    out: Path = typer.Option(..., help="Zarr directory of the maps; a figure of the same name goes beside it."),
    held_out: bool = typer.Option(True, help="Look at the chains alone that were kept from training."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Average the principal latents over each condition, and draw them beside thermodynamics."""
    import spinlens as sl
    from spinlens.ensemble import study_ensemble
    from spinlens.figures.latents import draw_latent_maps
    from spinlens.figures.save import save_figure
    from spinlens.files import PARTIAL, local_path
    from spinlens.learning.tcvae import TCVAE

    out = local_path(out)
    if out.exists():
        raise InputError("out", out, "exists already", "Take another place")
    vae, given = sl.load(model), sl.open_ensemble(study_ensemble(ensemble))
    if not isinstance(vae, TCVAE):
        raise InputError("model", model, f"holds a {type(vae).__name__}, not a TCVAE", "Train one with spinlens train")
    same = vae.configuration["ensemble"]["fingerprint"] == given.fingerprint
    maps = sl.latent_maps(vae, given, chain=vae.held_out_chains if held_out and same else slice(None))
    partial = out.with_name(out.name + PARTIAL)
    out.parent.mkdir(parents=True, exist_ok=True)
    maps.to_zarr(partial, mode="w", zarr_format=3, consolidated=False)
    pictures = save_figure(draw_latent_maps(maps), out.with_suffix(""))
    partial.rename(out)
    shares = {name: maps[f"{name}_explained_variance_ratio"].to_numpy() for name in ("nu", "tau")}
    if as_json:
        table = maps[["nu_0", "nu_0_spread", "tau_0", "tau_1"]].to_dataframe().reset_index()
        rows = table.to_dict("records")
        printed = {"explained_variance": {name: each.tolist() for name, each in shares.items()}, "conditions": rows}
        typer.echo(json.dumps(printed, indent=2))
        return
    typer.echo(f"nu_0 holds {shares['nu'][0]:.1%} of the variance of the latent means")
    typer.echo(f"tau_0 and tau_1 hold {shares['tau'][0]:.1%} and {shares['tau'][1]:.1%} of that of their deviations")
    typer.echo(f"Maps: {out}    Figure: {pictures[0]}")
