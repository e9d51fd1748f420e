"""``spinlens pretrain``: weights for the native vision transformer, from unlabelled configurations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer


def pretrain(
    ensemble: Path = typer.Argument(
        ..., help="An ensemble, or the directory of a crossover study; temperatures are not looked at."
    ),
    out: Path = typer.Option(..., help="Directory of the weights; an unfinished pretraining is continued."),
    size: str = typer.Option(None, help="tiny or small; by default tiny."),
    stem: int = typer.Option(16, min=0, help="Channels of the convolution below the patches."),
    patch: int = typer.Option(10, min=1, help="Sites along a side of a patch; must divide the lattice."),
    epochs: int = typer.Option(3, min=1, help="Passes over the configurations."),
    batch: int = typer.Option(32, min=1, help="Configurations a step."),
    learning_rate: float = typer.Option(2e-3, help="Highest rate."),
    mask_ratio: float = typer.Option(0.0, help="Share of patches hidden as a whole."),
    spin_ratio: float = typer.Option(0.1, help="Share of spins hidden one by one."),
    token_weight: float = typer.Option(0.0, help="Loss weight of predicting hidden spins from their patch's token."),
    coupling_weight: float = typer.Option(1.0, help="Loss weight of predicting them by the couplings read off."),
    bond_weight: float = typer.Option(8.0, help="Loss weight of predicting each patch's energy."),
    seed: int = typer.Option(0, help="Whole number >= 0."),
    device: str = typer.Option(None, help="cpu, cuda, ...; by default CUDA where there is one."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Hide spins, predict them, and keep the network: `--pretrained lattice:DIR` starts from it."""
    import spinlens as sl
    from spinlens.ensemble import study_ensemble

    shape: dict[str, Any] = {"size": size, "stem": stem, "patch": patch}
    found = sl.Pretraining(
        sl.Transformer(**shape),
        task=sl.Masking(
            mask_ratio=mask_ratio, spin_ratio=spin_ratio, token_weight=token_weight, coupling_weight=coupling_weight,
            bond_weight=bond_weight,
        ),
        recipe=sl.Recipe(epochs=epochs, batch=batch, learning_rate=learning_rate), seed=seed, device=device,
    ).fit(sl.open_ensemble(study_ensemble(ensemble)), out=out)  # fmt: skip
    numbers = {
        "validation_loss": found.validation_loss_,
        "single_spin_loss": found.single_spin_loss_,
        "single_spin_error": found.single_spin_error_,
        "single_spin_floor": found.single_spin_floor_,
    }
    if as_json:
        typer.echo(json.dumps(numbers, indent=2))
        return
    typer.echo(f"hidden spins            {found.validation_loss_:.5f} nats each")
    typer.echo(f"single hidden spins     {found.single_spin_loss_:.5f} +- {found.single_spin_error_:.5f} nats each")
    typer.echo(f"their entropy (floor)   {found.single_spin_floor_:.5f} nats each")
    typer.echo(f"Weights: {out}")
