"""Scores as rows of text, for the shell and for pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FAMILY_HEADINGS = (
    "family", "problems", "located", "within 68 %", "within 95 %", "interval score", "relative error", "kinds right",
    "false alarms",
)  # fmt: skip


def family_rows(scores: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return a heading and one row a family: of the answers, or of the baseline."""
    rows: list[tuple[str, ...]] = [FAMILY_HEADINGS]
    for name, row in scores["families"].items():
        real, count = row["problems"] > 0, row["problems"] + row["nulls"]
        rows.append((
            name.replace("_", " "), f"{count}", f"{row['located']}" if real else "-", _share(row["coverage_68"]),
            _share(row["coverage_95"]), _number(row["interval_score_95"]), _number(row["median_relative_error"]),
            _share(row["kinds_right"]), f"{row['false_alarms']}" if not real else "-",
        ))  # fmt: skip
    return rows


def total_rows(scores: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return a heading and one row a score, the baseline beside the answers."""
    columns = [scores["answers"]["all"], scores["baseline"]["all"]]
    rows: list[tuple[str, ...]] = [("", scores["method"] or "answers", "baseline")]
    rows.append(("problems located", *(f"{row['located']} of {row['problems']}" for row in columns)))
    rows.append(("missed as none", *(f"{row['missed_as_none']}" for row in columns)))
    rows.append(("false alarms", *(_counted(row["false_alarms"], row["nulls"], row) for row in columns)))
    for level in ("68", "95"):
        band = f"coverage_{level}_band"
        rows.append((f"within {level} % intervals", *(_banded(row[f"coverage_{level}"], row[band]) for row in columns)))
    for level in ("68", "95"):
        rows.append((f"interval score, {level} %", *(_number(row[f"interval_score_{level}"]) for row in columns)))
    rows.append(("median relative error", *(_number(row["median_relative_error"]) for row in columns)))
    rows.append(("Brier score of a transition", *(_number(row["brier"]) for row in columns)))
    rows.append(("kinds right", *(_share(row["kinds_right"]) for row in columns)))
    first = columns[0]
    rows.append(("answered while sealed", f"{first['answered_sealed']} of {first['problems'] + first['nulls']}", "-"))
    rows.append(("seconds", *(f"{row['seconds']:.0f}" for row in columns[:1]), "-"))
    return rows


def text_table(rows: list[tuple[str, ...]]) -> str:
    """Return rows as aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _banded(value: float | None, band: list[float] | None) -> str:
    return "-" if value is None or band is None else f"{value:.0%} ({band[0]:.0%} to {band[1]:.0%})"


def _counted(count: int, of: int, row: Mapping[str, Any]) -> str:
    band = row["false_alarm_band"]
    return f"{count} of {of}" + (f" ({band[0]:.0%} to {band[1]:.0%})" if band else "")
