"""``spinlens observables``: a number with its error for each condition of an ensemble."""

from __future__ import annotations

import csv
import json
import math
import sys
from pathlib import Path
from typing import Any

import typer

from spinlens.errors import InputError


def observables(
    ensemble: Path = typer.Argument(..., help="An ensemble, or the directory of a crossover study."),
    over_samples: bool = typer.Option(False, help="Average over quenched samples, with errors from samples alone."),
    as_csv: bool = typer.Option(False, "--csv", help="Print a table with commas, values and errors in columns."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Print energy, specific heat and the model's order parameters of every condition, each with its error."""
    from spinlens.ensemble import open_ensemble
    from spinlens.statistics import Estimate

    if as_csv and as_json:
        raise InputError("--csv, --json", (True, True), "at most one of the two can be given")
    opened = open_ensemble(ensemble)
    found = opened.disorder_averages() if over_samples else opened.observables()
    grid = [name for name in opened.grid if name in found.dims]
    names = [str(name) for name in found if not str(name).endswith("_error")]
    rows = []
    stacked = found.stack(condition=grid)
    for place in range(stacked.sizes["condition"]):
        here = stacked.isel(condition=place)
        at = {name: float(here[name]) for name in grid}
        rows.append((at, {str(name): float(here[name]) for name in found}))
    if as_json:
        description = {
            "model": opened.model.text,
            "lattice": opened.lattice.text,
            "order_parameter": found.attrs.get("order_parameter"),
            "conditions": [{**at, **_finite(values)} for at, values in rows],
        }  # fmt: skip
        typer.echo(json.dumps(description, indent=2))
        return
    if as_csv:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow([*grid, *found])
        table.writerows([*at.values(), *values.values()] for at, values in rows)
        return
    _print(grid, names, [(at, {n: Estimate(v[n], v[f"{n}_error"]) for n in names}) for at, v in rows])


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    """Return None for what is no number, which JSON lacks."""
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _print(grid: list[str], names: list[str], rows: list[tuple[dict[str, float], dict[str, Any]]]) -> None:
    table = [[*grid, *names]]
    table += [[*(f"{value:g}" for value in at.values()), *(str(values[name]) for name in names)] for at, values in rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        typer.echo("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)).rstrip())
