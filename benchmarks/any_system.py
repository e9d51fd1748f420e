"""What the classification study finds in each system, beside the ceiling: gathered from finished runs.

``spinlens classify --preset quick --systems potts-3,xy --out runs/any`` makes a run, or one for each system, and
``python benchmarks/any_system.py runs/any`` writes docs/results/classify-any.json from it; systems of earlier runs stay
as they are. ``python docs/write_results.py`` then writes the table of docs/classification.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spinlens.studies.directory import read_summary

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "classify-any.json"

SCORES = (
    "network", "pretrained", "macro_f1_mean", "macro_f1_std", "trials", "test_images", "ceiling", "ceiling_error",
    "fraction_of_ceiling", "logistic_regression", "naive_regression",
)  # fmt: skip


def described(summary: Mapping[str, Any], system: str) -> dict[str, Any]:
    """Return what a run says of one of its systems, on images that were drawn cleanly."""
    rows = [row for row in summary["rows"] if (row["system"], row["protocol"]) == (system, "clean")]
    provenance = {name: value for name, value in summary["provenance"].items() if name != "ensembles"}
    return {
        **summary["systems"][system], "preset": summary["preset"], "provenance": provenance,
        "equilibration": summary["equilibration"].get(f"{system}-clean"),
        "rows": [{name: row[name] for name in SCORES} for row in rows],
        "disturbances": [each for each in summary["disturbances"] if each["system"] == system],
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Gather the runs that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    systems = json.loads(RESULTS.read_text())["systems"] if RESULTS.exists() else {}
    for run in parser.parse_args(arguments).runs:
        summary = read_summary(run)
        systems |= {system: described(summary, system) for system in summary["systems"]}
    RESULTS.write_text(json.dumps({"systems": systems}, indent=2) + "\n")


if __name__ == "__main__":
    main()
