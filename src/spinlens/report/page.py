"""One HTML file that explains a result: what stands in it, and how it is put together. Nothing in it is fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from spinlens import __version__
from spinlens.report.arrays import finite
from spinlens.report.system import System

SCRIPTS = ("data.js", "sampler.js", "drawing.js", "charts.js", "configurations.js", "live.js", "explorer.js")
"""In this order, one page of JavaScript."""

Facts = Mapping[str, str]


@dataclass(frozen=True)
class Series:
    """A curve of a chart.

    Attributes
    ----------
    label : str
        Its name.
    x, y : sequence of float
        Points; what is no number is left out.
    error : sequence of float, optional
        Standard errors of y.
    line : bool
        Whether the points are joined.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    error: Sequence[float] | None = None
    line: bool = True


@dataclass(frozen=True)
class Chart:
    """A drawing beside the main one.

    Attributes
    ----------
    title, x, y : str
        What it shows, and its axes.
    series : sequence of Series
        The curves.
    band : tuple of float, optional
        A stretch of x that is shaded, for example an interval.
    band_label : str
        What that is.
    """

    title: str
    x: str
    y: str
    series: Sequence[Series]
    band: tuple[float, float] | None = None
    band_label: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under the names of columns."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Page:
    """What a report says.

    Attributes
    ----------
    title : str
        Of the page.
    answer : sequence of str
        Sentences that come first: what was found.
    cautions : sequence of str
        What is missing, unfinished or not known to be sound.
    facts : dict of str to dict of str to str
        Sections of names and what they are: settings, timing, provenance.
    systems : sequence of System
        What can be explored, condition by condition.
    charts : sequence of Chart
        Further drawings.
    tables : sequence of Table
        Further tables.
    """

    title: str
    answer: Sequence[str] = ()
    cautions: Sequence[str] = ()
    facts: Mapping[str, Facts] = field(default_factory=dict)
    systems: Sequence[System] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()

    def with_more(self, **changes: Any) -> Page:
        """Return the page with some of its attributes replaced."""
        return replace(self, **changes)

    def data(self) -> dict[str, Any]:
        """Return what the page's script reads, as JSON types."""
        charts = [
            {**vars(chart), "series": [vars(each) for each in chart.series], "band": list(chart.band or ())}
            for chart in self.charts
        ]
        return {
            "title": self.title,
            "systems": [system.data() for system in self.systems],
            "charts": finite(charts),
            "tables": finite([vars(table) for table in self.tables]),
        }

    def html(self) -> str:
        """Return the whole file."""
        # "</script>" and "<!--" would end or comment out the script that holds the data.
        data = json.dumps(self.data(), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
        return Template(_asset("page.html")).substitute(
            title=escape(self.title), version=escape(__version__), style=_asset("page.css"),
            script="\n".join(map(_asset, SCRIPTS)), answer=_sentences(self.answer, "answer"),
            cautions=_sentences(self.cautions, "caution"), facts="".join(map(_section, self.facts.items())), data=data,
        )  # fmt: skip

    def head(self) -> str:
        """Return the answer, the cautions and the settings as HTML for a notebook."""
        facts = {name: value for section in self.facts.values() for name, value in section.items()}
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
            for name, value in facts.items()
        )
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in (*self.answer, *self.cautions))
        return f"<h3>{escape(self.title)}</h3>{said}<table>{rows}</table>"


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8").rstrip("\n")


def _sentences(sentences: Sequence[str], kind: str) -> str:
    return "".join(f'<p class="{kind}">{escape(sentence)}</p>' for sentence in sentences)


def _section(section: tuple[str, Facts]) -> str:
    title, facts = section
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return f"<section><h3>{escape(title)}</h3><dl>{rows}</dl></section>"
