"""``spinlens models``: what there is to sample."""

from __future__ import annotations

import json
from typing import Any

import typer


def models(as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Print the models with their constants, controls, spaces, lattices, algorithms and references."""
    rows = [_describe(name, kind) for name, kind in _all().items()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['name']}: {row['title']}")
        for key in ("constants", "controls", "space", "lattices", "algorithms"):
            typer.echo(f"  {key:<12} {_plain(row[key])}")
        for reference in row["references"]:
            typer.echo(f"  {'reference':<12} {reference}")


def _all() -> dict[str, Any]:
    from spinlens.models import models as known

    return {name: kind for name, kind in known().items() if kind.specified}


def _describe(name: str, kind: Any) -> dict[str, Any]:
    from spinlens.lattices import DIRECTIONS
    from spinlens.models.model import constants

    title = (kind.__doc__ or name).strip().splitlines()[0]
    found: dict[str, Any] = {"name": name, "title": title, "constants": constants(kind)}
    try:
        model = kind()
    except TypeError:
        # It takes tables, or a model, that only its user has.
        return found | {
            "controls": "as its tables say", "space": "any values", "lattices": list(DIRECTIONS),
            "algorithms": ["heat_bath", "metropolis", "auto"], "references": [],
        }  # fmt: skip
    return found | {
        "controls": ["temperature", *model.controls],
        "space": model.space.text,
        "lattices": list(DIRECTIONS),
        "algorithms": _algorithms(model),
        "references": [
            f"{item.quantity} {item.value:.9g}"
            + (f" +- {item.error:g}" if item.error else "")
            + f" ({item.where}; {item.source})"
            for item in model.references()
        ],
    }


def _algorithms(model: Any) -> list[str]:
    from spinlens.lattices import Lattice
    from spinlens.sampling.algorithms import ALGORITHMS
    from spinlens.sampling.engines import ENGINES

    lattice = Lattice((4, 4))
    return [word for word in ALGORITHMS if any(engine.refuses(model, lattice, word) is None for engine in ENGINES)]


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
