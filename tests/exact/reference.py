"""Read the golden values in tests/data/reference."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "reference"


def read_rows(name: str) -> list[dict[str, str]]:
    lines = (FOLDER / name).read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def last_digit(text: str) -> float:
    """Return one unit in the last printed digit."""
    return float(Decimal(1).scaleb(int(Decimal(text).as_tuple().exponent)))
