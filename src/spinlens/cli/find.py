"""``spinlens find``: the transition of any model, or of ensembles, with an error that holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from spinlens.errors import InputError
from spinlens.lattices import parse_boundary


def find(
    ensembles: list[Path] = typer.Argument(None, help="Ensembles of one model at several sizes; or give --model."),
    model: str = typer.Option(None, help="A name of `spinlens models`, with constants as in potts:states=3."),
    axis: list[str] = typer.Option(
        [], help="The window, temperature=0.7:1.3; others field=0.5, temperature=2/L; repeatable."
    ),
    sizes: str = typer.Option(None, help="Sides with commas, for example 16,24,32,48,64."),
    lattice: str = typer.Option("square", help="square, triangular, honeycomb, cubic or chain."),
    boundary: str = typer.Option("periodic", help="As of `spinlens simulate`."),
    from_configurations: bool = typer.Option(False, help="Read draws and conditions alone, not the Hamiltonian."),
    preset: str = typer.Option("quick", help="quick, standard or thorough."),
    seed: int = typer.Option(1, help="Whole number >= 0."),
    out: Path = typer.Option(None, help="Directory of the search; an unfinished one is continued."),
    workers: int = typer.Option(None, min=1, help="Threads; by default one for each core."),
    scheduler: str = typer.Option(None, help="Address or file of a Dask scheduler to use instead."),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as JSON."),
) -> None:
    """Find a transition without knowing the answer: its place, kind and exponents, or that there is none."""
    from spinlens.ensemble import open_ensemble
    from spinlens.models import parse_model
    from spinlens.studies.find import find_transitions

    if bool(ensembles) == (model is not None):
        raise InputError("model", model, "exactly one of --model and ensembles must be given")
    if ensembles:
        use = "configurations" if from_configurations else "recordings"
        found = find_transitions([open_ensemble(path) for path in ensembles], use=use, seed=seed)
    elif from_configurations:
        raise InputError("from_configurations", True, "is for ensembles", "Name ensembles instead of a model")
    else:
        found = find_transitions(
            parse_model(str(model)), sizes=_sizes(sizes), kind=lattice, boundary=parse_boundary(boundary),
            preset=preset, seed=seed, out=out, workers=workers, scheduler=scheduler, **_axes(axis),
        )  # fmt: skip
    typer.echo(json.dumps(found.summary(), indent=2) if as_json else str(found))


def _sizes(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError("sizes", repr(text), "must be whole numbers with commas", "For example 16,24,32") from None


def _axes(texts: list[str]) -> dict[str, Any]:
    """Return the window, a pair, and single values of the other controls."""
    axes: dict[str, Any] = {}
    for text in texts:
        name, _, numbers = text.partition("=")
        try:
            # What is no number may be one over a power of the size, which the search reads.
            values: list[Any] = [numbers] if "/" in numbers else [float(part) for part in numbers.split(":")]
        except ValueError:
            values = []
        if not name.isidentifier() or len(values) not in (1, 2):
            raise InputError("axis", repr(text), "must be a control with a window or a number",
                             "For example temperature=0.7:1.3")  # fmt: skip
        if name in axes:
            raise InputError("axis", repr(name), "is given twice")
        axes[name] = tuple(values) if len(values) == 2 else values[0]
    return axes
