"""Progress on stderr with an honest remaining time, for anything that takes over two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[float, str], None]
"""Called with the fraction of the work that is done, from 0 to 1, and a short note."""

QUIET_SECONDS = 2.0
LINE_SECONDS = 20.0
ENOUGH = 1e-3
"""Share of the work from which its rate is known."""


def silent(fraction: float, note: str = "") -> None:
    """Report nothing."""


@contextmanager
def progress_bar(label: str, *, show: bool | Report = True) -> Iterator[Report]:
    """Show how far the work inside has come.

    On a terminal this is a bar; elsewhere a line every twenty seconds. Nothing appears in the first
    two seconds. The remaining time is extrapolated from the rate since the first report, so that what
    ran before it (compilation, a resumed half) does not bend it.

    Parameters
    ----------
    label : str
        The name of the work.
    show : bool or callable
        False for silence; a function is told in place of a bar.

    Yields
    ------
    Report
        A function to call with the fraction done and a note.
    """
    if callable(show):
        yield show
    elif not show:
        yield silent
    elif sys.stderr.isatty():
        with _terminal_bar(label) as report:
            yield report
    else:
        yield _lines(label)


@contextmanager
def _terminal_bar(label: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[remaining]}"),
        TextColumn("{task.fields[note]}"),
    )
    console = Console(stderr=True)
    bar = Progress(*columns, console=console)
    task = bar.add_task(label, total=1.0, note="", remaining="")
    clock = _Clock()

    def report(fraction: float, note: str = "") -> None:
        remaining = clock.remaining(fraction)
        if not bar.live.is_started and clock.elapsed > QUIET_SECONDS:
            bar.start()
        bar.update(task, completed=fraction, note=note, remaining=_left(remaining))

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()


def _lines(label: str) -> Report:
    clock = _Clock()
    last = clock.begun

    def report(fraction: float, note: str = "") -> None:
        nonlocal last
        remaining = clock.remaining(fraction)
        now = time.monotonic()
        if now - last >= LINE_SECONDS or (fraction >= 1 and last > clock.begun):
            last = now
            sys.stderr.write(f"{label}: {fraction:4.0%} {_left(remaining)} {note}".rstrip() + "\n")
            sys.stderr.flush()

    return report


def announce(label: str, text: str) -> None:
    """Say on stderr what is to be known before a work begins."""
    sys.stderr.write(f"{label}: {text}\n")
    sys.stderr.flush()


class _Clock:
    """Remaining time from the rate since the first report."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.first: tuple[float, float] | None = None

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.begun

    def remaining(self, fraction: float) -> float | None:
        now = time.monotonic()
        if self.first is None:
            self.first = (now, fraction)
        since, start = self.first
        if fraction - start < ENOUGH:
            return None
        return (now - since) * (1 - fraction) / (fraction - start)


def clock_time(seconds: float) -> str:
    """Return a duration as hours, minutes and seconds: 1:02:03, or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f"{clock_time(seconds)} left"
