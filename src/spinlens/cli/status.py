"""``spinlens status``: how far an ensemble has come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from spinlens.cli.ensembles import ENSEMBLE, each, print_json

if TYPE_CHECKING:
    from spinlens.ensemble import Status


def status(
    path: Path = typer.Argument(..., help=ENSEMBLE),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Print what is done and left, what the draws are worth so far, and how long the rest may take."""
    from spinlens.ensemble import status as ensemble_status

    found = {}
    for name, directory in each(path, heading=not as_json):
        now = ensemble_status(directory)
        found[name] = now.to_dict()
        if not as_json:
            _print(now)
    if as_json:
        print_json(found)


def _print(now: Status) -> None:
    from spinlens.progress import clock_time

    smallest, total = now.smallest_effective_samples, now.total_effective_samples
    known = smallest is not None and total is not None
    worth = f"at least {smallest:.0f} a condition, {total:.0f} in all" if known else "not known"
    left = "not known yet" if now.seconds_left is None else f"{clock_time(now.seconds_left)} at the pace so far"
    since = "" if now.seconds_since is None else f", last commit {clock_time(now.seconds_since)} ago"
    rows = {
        "units": f"{now.done} of {now.units} done, {len(now.missing)} left"
        + (f", {now.begun:.2g} of them in checkpoints" if now.begun else ""),
        "state": ("running" if now.running else "complete" if not now.missing else "stopped") + since,
        "conditions": f"{now.sampled} of {now.conditions} sampled, so far {now.flagged} not equilibrated, "
        f"{now.too_short} too short to tell",
        "effective samples": worth,
        "time spent": clock_time(now.seconds),
        "time left": left,
    }
    for name, value in rows.items():
        typer.echo(f"{name:<22} {value}")
