"""Planes of two controls whose transitions are known, as the crossover study finds them: docs/results/planes.json.

    python benchmarks/planes.py --preset quick [NAME ...]

Every plane of `spinlens.studies.planes` is a study of its own in ``runs/planes``; one that was interrupted goes on
where it was, one that is done is only read. The file is written after each.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from spinlens.files import write_atomically
from spinlens.studies import configure, planes, run_crossover
from spinlens.studies.report import crossover_table

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "planes.json"
COMPONENTS = ("nu_0", "nu_1", "tau_0", "tau_1")


def main() -> None:
    """Run the studies and write what they found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=planes(), help="which; by default all")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--out", type=Path, default=Path("runs") / "planes")
    chosen = parser.parse_args()
    for name in chosen.names:
        configuration = configure(chosen.preset, plane=name)
        summary = run_crossover(configuration, out=chosen.out / f"{name}-{chosen.preset}")
        print(f"\n{name}\n{crossover_table(summary)}", flush=True)
        found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        found.setdefault(chosen.preset, {})[name] = row(summary, configuration.analysis.trainings)
        write_atomically(RESULTS, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())


def row(summary: dict[str, Any], trainings: int) -> dict[str, Any]:
    """Return what the page needs of a study."""
    across, along = summary["plane"]
    kept = ("value", "error", "exact", "training_spread", "by_training", "unsound")
    return {
        "model": summary["model"], "lattice": summary["lattice"], "across": across, "along": along,
        "trainings": trainings,
        "transitions": [
            {"at": point[across], **{key: point[key] for key in kept}} for point in summary["critical_line"]
        ],
        "reading": summary["reading"],
        "components": {
            name: {"follows": summary[name]["follows"],
                   "correlation": summary[name]["correlations"].get(summary[name]["follows"])}
            for name in COMPONENTS
        },
        "agreement": [each for each in summary["agreement"] if each["fields"] and each["line"] in ("tau_1", "nu_0")],
        "scaling": summary.get("scaling"),
        "apex": summary.get("apex"), "known_apex": summary.get("known_apex"),
        "flagged": summary["equilibration"]["flagged_conditions"],
        "conditions": summary["equilibration"]["conditions"],
        "seconds": sum(summary["timing"].values()), "seed": summary["provenance"]["seed"],
    }  # fmt: skip


if __name__ == "__main__":
    main()
