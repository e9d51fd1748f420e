"""The scores as tables for people and for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from spinlens.statistics import Estimate
from spinlens.studies.report import equilibration_sentence

COLUMNS = (
    "system", "network", "pretrained", "protocol", "trials", "test_images", "macro_f1_mean", "macro_f1_std",
    "small_test_images", "small_macro_f1_mean", "small_macro_f1_std", "small_test_error", "ceiling", "ceiling_error",
    "fraction_of_ceiling", "logistic_regression", "published", "published_std",
)  # fmt: skip

HEADINGS = (
    "system", "network", "pretrained", "protocol", "macro F1", "on the small test set", "published", "ceiling",
    "of the ceiling", "logistic regression",
)  # fmt: skip


def comma_separated(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        value, spread = row["published"] or (None, None)
        writer.writerow({**row, "published": value, "published_std": spread})
    return text.getvalue()


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *map(cells, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a row as text, in the order of the headings; spreads over trials stand after +-."""
    return (
        row["system"], row["network"], row["pretrained"], row["protocol"],
        _spread(row["macro_f1_mean"], row["macro_f1_std"] if row["trials"] > 1 else None),
        _spread(row["small_macro_f1_mean"], row["small_macro_f1_std"] if row["trials"] > 1 else None),
        "-" if row["published"] is None else _spread(*row["published"]),
        str(Estimate(row["ceiling"], row["ceiling_error"])) if row["ceiling_error"] else f"{row['ceiling']:.4f}",
        f"{row['fraction_of_ceiling']:.3f}",
        f"{row['logistic_regression']:.3f}",
    )  # fmt: skip


def _spread(mean: float, deviation: float | None) -> str:
    return f"{mean:.3f}" if deviation is None else f"{mean:.3f} +- {deviation:.3f}"


def classify_table(summary: Mapping[str, Any]) -> str:
    """Return the end of a run as text: the scores, what is not equilibrated, the time."""
    table = [HEADINGS, *map(cells, summary["rows"])]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in table]
    test = summary["rows"][0]
    trials = f"Mean and spread of {test['trials']} trials" if test["trials"] > 1 else "One trial"
    lines += [
        "",
        f"{trials} on {test['test_images']} test images; a test set of {test['small_test_images']} alone has an error "
        f"of {test['small_test_error']:.3f}.",
    ]
    lines += [f"{name}: {equilibration_sentence(found)}" for name, found in summary["equilibration"].items()]
    seconds = ", ".join(f"{stage} {value:.0f} s" for stage, value in summary["timing"].items())
    return "\n".join([*lines, f"Time: {seconds}."])
