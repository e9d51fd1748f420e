"""``spinlens report``: one HTML file that explains an ensemble, a study, a search or a challenge."""

from __future__ import annotations

from pathlib import Path

import typer


def report(
    folder: Path = typer.Argument(..., help="An ensemble, a study (finished or not), a challenge or a problem of it."),
    out: Path = typer.Option(None, help="The file; by default report.html in a study, NAME.html beside an ensemble."),
    show: bool = typer.Option(False, "--open", help="Open it in the browser."),
) -> None:
    """Write one page to explore by mouse, touch or keys; it holds its data and fetches nothing."""
    from spinlens.report import write_report

    written = write_report(folder, out)
    typer.echo(str(written))
    if show:
        typer.launch(written.path.resolve().as_uri())
