"""The scores as tables for people and for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from spinlens.ensemble.judgement import sentence
from spinlens.phases.regions import ScoreRow
from spinlens.statistics import Estimate

COLUMNS = (
    "system", "network", "pretrained", "protocol", "trials", "test_images", "macro_f1_mean", "macro_f1_std",
    "small_test_images", "small_macro_f1_mean", "small_macro_f1_std", "small_test_error", "ceiling", "ceiling_error",
    "fraction_of_ceiling", "logistic_regression", "naive_regression", "published", "published_std",
)  # fmt: skip

HEADINGS = (
    "system", "network", "pretrained", "protocol", "macro F1", "on the small test set", "published", "ceiling",
    "of the ceiling", "logistic regression", "on naive terms",
)  # fmt: skip


def comma_separated(rows: Sequence[ScoreRow]) -> str:
    """Return the rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        published = {} if row.published is None else {"published_std": row.published.error}
        value = None if row.published is None else row.published.value
        writer.writerow({**row.to_dict(), "published": value, **published})
    return text.getvalue()


def markdown(rows: Sequence[ScoreRow]) -> str:
    """Return the rows as a Markdown table."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *map(cells, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def cells(row: ScoreRow) -> tuple[str, ...]:
    """Return a row as text, in the order of the headings; spreads over trials stand after +-."""
    several, top = row.trials > 1, row.ceiling
    return (
        row.system, row.network, row.pretrained, row.protocol, _spread(row.macro_f1, several=several),
        _spread(row.small_macro_f1, several=several), _spread(row.published),
        str(top) if top.error else f"{top.value:.4f}", f"{row.fraction_of_ceiling:.3f}",
        *("-" if each is None else f"{each:.3f}" for each in (row.logistic_regression, row.naive_regression)),
    )  # fmt: skip


def _spread(score: Estimate | None, *, several: bool = True) -> str:
    if score is None:
        return "-"
    return f"{score.value:.3f} +- {score.error:.3f}" if several else f"{score.value:.3f}"


def classify_table(summary: Mapping[str, Any]) -> str:
    """Return the end of a run as text: the scores, what is not equilibrated, the time."""
    rows = [ScoreRow.from_dict(row) for row in summary["rows"]]
    table = [HEADINGS, *map(cells, rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in table]
    test = rows[0]
    trials = f"Mean and spread of {test.trials} trials" if test.trials > 1 else "One trial"
    lines += [
        "",
        f"{trials} on {test.test_images} test images; a test set of {test.small_test_images} alone has an error "
        f"of {test.small_test_error:.3f}.",
    ]
    lines += [f"{name}: {sentence(found)}" for name, found in summary["equilibration"].items()]
    seconds = ", ".join(f"{stage} {value:.0f} s" for stage, value in summary["timing"].items())
    return "\n".join([*lines, f"Time: {seconds}."])
