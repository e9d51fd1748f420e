"""``spinlens bench``: how fast the kernels run here, with the energies they give."""

from __future__ import annotations

import json

import typer


def bench(as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Measure the sampling kernels: speed, and energy against the exact value."""
    from spinlens.models import Ising
    from spinlens.sampling.benchmark import kernel_rows

    rows = [row.to_dict() for row in kernel_rows(Ising())]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    names = list(rows[0])
    typer.echo("  ".join(f"{name:>15}" for name in names))
    for row in rows:
        typer.echo("  ".join(f"{_cell(row[name]):>15}" for name in names))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
