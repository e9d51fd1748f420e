"""``spinlens challenge``: sealed problems, made, answered, opened, drawn again and scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from spinlens.config import merge, parse_assignment
from spinlens.errors import InputError, did_you_mean

challenge = typer.Typer(no_args_is_help=True, help="Make sealed problems, answer, open, check and score them.")

SEED_FILE = typer.Option(..., help="Text file with the secret; every byte counts.")
FOLDER = typer.Argument(..., help="Folder of a challenge.")
WORKERS = typer.Option(None, min=1, help="Threads; by default one for each core.")


@challenge.command()
def make(
    out: Path = typer.Option(..., help="Folder of the challenge; an unfinished one is continued."),
    seed_file: Path = SEED_FILE,
    problems: int = typer.Option(48, help="Problems with a transition inside their window of temperatures."),
    nulls: int = typer.Option(24, help="Problems without one."),
    assignments: list[str] = typer.Option([], "--set", help="key=value of the schedule, as recordings=50; repeatable."),
    workers: int = WORKERS,
) -> None:
    """Publish the hash of a secret, and make the problems that the secret decides."""
    from spinlens.challenge import Schedule, read_secret
    from spinlens.challenge import make as make_challenge

    changes: dict[str, Any] = {}
    for assignment in assignments:
        changes = merge(changes, parse_assignment(assignment))
    made = make_challenge(
        out, read_secret(seed_file), problems=problems, nulls=nulls, schedule=Schedule.resolve(changes),
        workers=workers,
    )  # fmt: skip
    typer.echo(f"{len(made.numbers)} problems in {made.path}, sealed with SHA-256 {made.hash}")


@challenge.command("open")
def open_(folder: Path = FOLDER, seed_file: Path = SEED_FILE) -> None:
    """Publish the secret of a challenge inside its folder, with the truth that it stands for."""
    from spinlens.challenge import open_challenge, read_secret

    opened = open_challenge(folder, read_secret(seed_file))
    typer.echo(f"{opened.path} is open: its secret has the SHA-256 {opened.hash} that was published")


@challenge.command()
def check(
    folder: Path = FOLDER,
    problem: list[int] = typer.Option([], help="Only these problems; repeatable."),
    workers: int = WORKERS,
) -> None:
    """Draw the problems of an opened challenge again, and compare every byte: exit code 4 where one differs."""
    from spinlens.challenge import check as check_challenge

    count = check_challenge(folder, numbers=problem or None, workers=workers)
    typer.echo(f"{count} problems: byte for byte what the secret gives")


@challenge.command()
def answer(
    folder: Path = FOLDER,
    out: Path = typer.Option(..., help="Folder of the answers; an unfinished one is continued."),
    method: str = typer.Option("find", help="find: what finds transitions here; baseline: the specific heat's peak."),
) -> None:
    """Answer every problem of a challenge, one file each."""
    from spinlens.challenge import answer_all, baseline, open_folder
    from spinlens.studies import find

    methods = {"find": lambda problem: find.answer(problem).summary(), "baseline": baseline}
    if method not in methods:
        raise InputError("method", repr(method), "is unknown", did_you_mean(method, methods))
    count = answer_all(open_folder(folder), out, methods[method], name=method)
    typer.echo(f"{count} problems answered by {method} in {out}")


@challenge.command()
def score(
    folder: Path = FOLDER,
    answers: Path = typer.Argument(..., help="Folder of answers."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Score answers to an opened challenge, with the baseline beside them."""
    from spinlens.challenge import open_folder
    from spinlens.challenge import score as score_answers
    from spinlens.challenge.table import family_rows, text_table, total_rows

    found = score_answers(open_folder(folder), answers)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo(f"{text_table(total_rows(found))}\n\n{text_table(family_rows(found['answers']))}")
