"""Writing a page of anything that has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.files import local_path, write_atomically
from spinlens.phases import Crossover
from spinlens.phases.transitions import Findings
from spinlens.report.crossover import result_page
from spinlens.report.ensembles import ensemble_page
from spinlens.report.folder import folder_page
from spinlens.report.page import Page
from spinlens.report.searches import findings_page

PAGES: Mapping[type, Callable[[Any], Page]] = {
    Ensemble: ensemble_page, Findings: findings_page, Crossover: result_page, Path: folder_page, str: folder_page,
}  # fmt: skip
"""What has a page."""

SUFFIX = ".html"


@dataclass(frozen=True)
class Report:
    """A page that was written; in a notebook it shows its head.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    page : Page
        What it says.
    """

    path: Path
    page: Page

    def __fspath__(self) -> str:
        """Return the file's name, so that whatever takes a path takes a report."""
        return str(self.path)

    def __str__(self) -> str:
        """Return the file's name."""
        return str(self.path)

    def _repr_html_(self) -> str:
        name = escape(str(self.path))
        return f"{self.page.head()}<p><a href='{name}'>{name}</a></p>"


def write_report(source: Any, out: Path | str | None = None) -> Report:
    """Write one HTML file that explains a result, with its data in it; it needs nothing else and fetches nothing.

    Parameters
    ----------
    source : Ensemble, Crossover, Findings or path-like
        A result, or the folder of an ensemble, a study (finished or not), a challenge or one of its problems.
    out : path-like, optional
        The file; by default ``report.html`` in the folder of a study or challenge, else beside the ensemble under its
        name.

    Returns
    -------
    Report
        The file; in a notebook it shows its head.

    Raises
    ------
    InputError
        If the source has no page, lies nowhere and no file is named, or the file cannot be written.
    DamagedError
        If a stored chunk does not match its checksum.
    """
    make = next((make for kind, make in PAGES.items() if isinstance(source, kind)), None)
    if make is None:
        known = "an ensemble, the answer of a study or search, or their folder"
        raise InputError("source", type(source).__name__, f"has no page: that is for {known}")
    page = make(source)
    place = _place(source) if out is None else local_path(out)
    if place.suffix != SUFFIX:
        raise InputError("out", place, f"must end in {SUFFIX}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, page.html().encode())
    except OSError as error:
        raise InputError("out", place, f"cannot be written to ({error.strerror})", "Choose another place") from None
    return Report(place, page)


def _place(source: Any) -> Path:
    folder = Path(source) if isinstance(source, str | Path) else getattr(source, "path", None)
    if folder is None:
        raise InputError("out", None, "must name a file: this result lies nowhere", "Like report('page.html')")
    # Nothing is added to the folder of an ensemble: it is the store's.
    if (folder / "zarr.json").exists() or (folder / "log.jsonl").exists():
        return folder.with_suffix(SUFFIX)
    return folder / f"report{SUFFIX}"
