"""Write the measured numbers into README.md and docs/, between markers, from the committed results files.

``python docs/write_results.py`` rewrites them; ``--check`` fails where a page has drifted from its results. To adopt a
new run: ``python docs/write_results.py --adopt runs/crossover``, which copies its summary and its pictures. A name
after it, as in ``--adopt runs/trials trials``, keeps the summary alone under that name. Scores of a challenge come from
``spinlens challenge score challenge answers --json > docs/results/challenge.json``, those of the classification study
in any system from ``python benchmarks/any_system.py``.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import benchmark_tables
import transition_tables
from benchmark_tables import read, table

from spinlens.phases.regions import ScoreRow
from spinlens.statistics import Estimate
from spinlens.studies.classify.table import HEADINGS, cells
from spinlens.studies.report import crossover_rows

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "challenge.md",
    ROOT / "docs" / "classification.md",
    ROOT / "docs" / "crossover.md",
    ROOT / "docs" / "estimators.md",
    ROOT / "docs" / "finding.md",
    ROOT / "docs" / "indicators.md",
    ROOT / "docs" / "performance.md",
    ROOT / "docs" / "planes.md",
    ROOT / "docs" / "proof.md",
    ROOT / "docs" / "scaling.md",
)

STANDARD = "standard"
BEGINNINGS = {
    "lattice": "vit, hidden spins and bond sums", "spins": "vit, hidden spins alone", "none": "vit, nothing"
}  # fmt: skip

CLASSIFY = RESULTS / f"classify-{STANDARD}.json"
TRIALS = RESULTS / "classify-trials.json"
ANY = RESULTS / "classify-any.json"
WITHOUT = RESULTS / "classify-quick.json"
CLASSIFY_PICTURES = {
    "scores": "Scores beside their ceilings",
    "label_efficiency_periodic": "Score by number of labels",
    "attention_periodic_vit": "Attention of the native network",
}
PICTURES = {"crossover": ["overview"], "classify": list(CLASSIFY_PICTURES)}

CHOSEN = {"quick": "yes", "standard": "yes", "paper": "no"}
"""Whether the recipe of a preset of the crossover study was chosen by the critical temperature that it gave."""

NO_RUN = "No run of this study is committed yet."


def crossover() -> str:
    """Return the table of the standard study, published beside this run."""
    summary = read(RESULTS / "crossover-standard.json")
    rows = [("", "published", "this run", "exact"), *crossover_rows(summary)]
    flags = summary["equilibration"]
    seconds = summary["timing"]
    note = (
        f"Estimator `{summary['estimator']}`, one run, seed {summary['provenance']['seed']}; "
        f"{flags['flagged_conditions']} of {flags['conditions']} conditions flagged as not equilibrated. "
        f"{sum(seconds.values()) / 60:.1f} minutes on two cores: "
        + ", ".join(f"{stage} {value:.0f} s" for stage, value in seconds.items())
        + "."
    )
    return f"{table(rows)}\n\n{note}"


def presets() -> str:
    """Return the critical temperature of each preset that was run, and whether its recipe was chosen knowing it."""
    rows: list[tuple[str, ...]] = [
        ("preset", "critical temperature", "exact", "trainings", "nu_0 and m", "chosen with the answer in sight")
    ]
    for name, chosen in CHOSEN.items():
        if not (RESULTS / f"crossover-{name}.json").exists():
            rows.append((f"`{name}`", "no run is kept", "-", "-", "-", chosen))
            continue
        summary = read(RESULTS / f"crossover-{name}.json")
        found, order = summary["critical_temperature"], summary["nu_0"]["rank_correlation_with_magnetization"]
        trainings, value = len(found.get("by_training", [0])), Estimate(found["value"], found["error"])
        rows.append((f"`{name}`", str(value), f"{found['exact']:.4f}", str(trainings), f"{order:.4f}", chosen))
    return table(rows)


def classify() -> str:
    """Return the table of the classification study, published beside this run, below the ceiling."""
    if not CLASSIFY.exists():
        return NO_RUN
    summary = read(CLASSIFY)
    seconds, first = summary["timing"], summary["rows"][0]
    note = (
        f"Macro F1, mean and spread of {first['trials']} trials (seeds {', '.join(map(str, first['seeds']))}) on "
        f"{first['test_images']} test images; the error of a test set of {first['small_test_images']} is "
        f"{first['small_test_error']:.3f}. {sum(seconds.values()) / 60:.0f} minutes on two cores: "
        + ", ".join(f"{stage} {value:.0f} s" for stage, value in seconds.items())
        + "."
    )
    lines = [HEADINGS, *map(cells, map(ScoreRow.from_dict, summary["rows"]))]
    # A run from before a column was there has nothing in it.
    known = [place for place, column in enumerate(zip(*lines[1:], strict=True)) if set(column) != {"-"}]
    return f"{table([tuple(line[place] for place in known) for line in lines])}\n\n{note}"


def labels() -> str:
    """Return the table of scores by number of labels, and the pictures of the study."""
    if not CLASSIFY.exists():
        return NO_RUN
    summary = read(CLASSIFY)
    rows = summary["label_efficiency"]
    systems = sorted({row["system"] for row in rows})
    counts = sorted({row["labels"] for row in rows})
    lines: list[tuple[str, ...]] = [("system", "begins with", *(f"{count} labels" for count in counts))]
    for system in systems:
        for pretrained, word in BEGINNINGS.items():
            found = {
                row["labels"]: row["macro_f1_mean"]
                for row in rows
                if row["system"] == system and row["pretrained"] == pretrained
            }
            if found:
                lines.append((system, word, *(f"{found[count]:.3f}" for count in counts)))
        found = {
            row["labels"]: row["macro_f1_mean"]
            for row in summary["baselines"]
            if row["system"] == system and row["protocol"] == "clean" and row.get("shown", "sufficient") == "sufficient"
        }
        lines.append((system, "logistic regression on energy and order", *(f"{found[count]:.3f}" for count in counts)))
    pictures = [f"![{words}](images/{name}.png)" for name, words in CLASSIFY_PICTURES.items()]
    return "\n\n".join([table(lines), *pictures])


def trials() -> str:
    """Return the table of the native network on images from other seeds."""
    if not TRIALS.exists():
        return NO_RUN
    summary = read(TRIALS)
    few = [row for row in summary["label_efficiency"] if row["pretrained"] == "lattice"]
    rows = [("system", "macro F1", "of the ceiling", "logistic regression")]
    rows += [
        (
            row["system"], f"{row['macro_f1_mean']:.3f} +- {row['macro_f1_std']:.3f}",
            f"{row['fraction_of_ceiling']:.3f}", f"{row['logistic_regression']:.3f}",
        )
        for row in summary["rows"]
    ]  # fmt: skip
    first = summary["rows"][0]
    note = f"Seed {summary['provenance']['seed']}: mean and spread of {first['trials']} trials on "
    note += f"{first['test_images']} test images. " + ", ".join(
        f"{row['labels']} labels ({row['system']}, {row['trials']} trials): "
        f"{row['macro_f1_mean']:.3f} +- {row['macro_f1_std']:.3f}"
        for row in few
    )
    return f"{table(rows)}\n\n{note}."


def without() -> str:
    """Return the scores of a small study with and without bond sums among the targets of the pretraining."""
    if not WITHOUT.exists():
        return NO_RUN
    summary = read(WITHOUT)
    few = {(row["pretrained"], row["labels"]): row for row in summary["label_efficiency"]}
    counts = sorted({labels for _, labels in few})
    first = summary["rows"][0]
    lines: list[tuple[str, ...]] = [("vit begins with", *(f"{count} labels" for count in counts), "of the ceiling")]
    for pretrained, words in BEGINNINGS.items():
        shares = [row["fraction_of_ceiling"] for row in summary["rows"] if row["pretrained"] == pretrained]
        scores = [Estimate(few[pretrained, n]["macro_f1_mean"], few[pretrained, n]["macro_f1_std"]) for n in counts]
        shown = [f"{each.value:.3f} +- {each.error:.3f}" if each.error else f"{each.value:.3f}" for each in scores]
        lines.append((words.removeprefix("vit, "), *shown, f"{shares[0]:.3f}" if shares else "-"))
    difference = next(row for row in summary["differences"] if row["second_pretrained"] == "spins")
    note = (
        f"Seed {summary['provenance']['seed']}: macro F1 on {first['test_images']} test images, mean and spread of "
        f"{first['trials']} trials where there are several; ceiling {first['ceiling']:.4f}, logistic regression on "
        f"energy and order {first['logistic_regression']:.3f}. With minus without bond sums: "
        f"{Estimate(difference['difference'], difference['error'])}, p = {difference['p_value']:.2g}."
    )
    return f"{table(lines)}\n\n{note}"


def any_system() -> str:
    """Return the fraction of the ceiling that networks reach in each system, and what disturbed images do to it."""
    if not ANY.exists():
        return NO_RUN
    systems = read(ANY)["systems"]
    head = (
        "system", "lattice", "ceiling", "ViT, terms handed over", "ViT, none", "ViT, from scratch", "ResNet-18",
        "sufficient", "naive",
    )  # fmt: skip
    lines: list[tuple[str, ...]] = [head]
    disturbed: list[tuple[str, ...]] = [("system", "disturbed by", "ViT begins with", "before", "after", "by energies")]
    notes = []
    for name, system in systems.items():
        rows = {(row["network"], row["pretrained"]): row for row in system["rows"]}
        first = next(iter(rows.values()))
        top = Estimate(first["ceiling"], first["ceiling_error"])
        keys = (("vit", "lattice"), ("vit", "spins"), ("vit", "none"), ("resnet-18", "none"))
        shares = [_share(rows.get(key)) for key in keys]
        shown = [f"{first[each] / top.value:.3f}" for each in ("logistic_regression", "naive_regression")]
        value = str(top) if top.error else f"{top.value:.4f}"
        lines.append((name, system["lattice"], value, *shares, *shown))
        disturbed += [
            (name, row["disturbance"].replace("_", " "), BEGINNINGS[row["pretrained"]].removeprefix("vit, "),
             f"{row['before']:.3f}", str(Estimate(row["after"], row["error"])), f"{row['best']:.3f}")
            for row in system["disturbances"] if row["network"] == "vit"
        ]  # fmt: skip
        notes.append(_system_note(name, system, first))
    return "\n\n".join([table(lines), table(disturbed), "\n".join(notes)])


def _share(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    spread = f" +- {row['macro_f1_std'] / row['ceiling']:.3f}" if row["trials"] > 1 else ""
    return f"{row['fraction_of_ceiling']:.3f}{spread}"


def _system_note(name: str, system: dict[str, Any], first: dict[str, Any]) -> str:
    """Return where a system's edges come from and how its images were drawn."""
    edges = ", ".join(f"{edge:.4g}" for edge in system["edges"][1:])
    flags = system["equilibration"]
    parts = [
        f"`{name}`: {system['model']}; {system['edges_are']}: {edges}",
        f"shown as sufficient {' and '.join(system['sufficient'])}, as naive {' and '.join(system['naive'])}",
        f"preset `{system['preset']}`, seed {system['provenance']['seed']}, {first['trials']} trials on "
        f"{first['test_images']} test images",
        f"{flags['flagged_conditions']} of {flags['conditions']} conditions flagged as not equilibrated",
    ]
    note = f" {system['note']}" if system["note"] else ""
    return f"- {'; '.join(parts)}.{note}"


def chances() -> str:
    """Return the table of the false-alarm rates of the test modules."""
    found = read(RESULTS / "chances.json")
    rows: list[tuple[str, ...]] = [("tests", "statistical checks", "chance of a false alarm")]
    rows += [(f"`{name}`", f"{row['checks']}", f"{row['rate']:.2%}") for name, row in found.items()]
    checks, rate = (sum(row[key] for row in found.values()) for key in ("checks", "rate"))
    rows.append(("all", f"{checks}", f"{rate:.1%}"))
    return f"{table(rows)}\n\nWith other seeds at most {rate:.0%} of the runs of a right suite would fail somewhere."


SECTIONS = {
    "crossover": crossover, "presets": presets, "classify": classify, "labels": labels, "trials": trials,
    "without": without, "any_system": any_system, "chances": chances,
    **transition_tables.SECTIONS, **benchmark_tables.SECTIONS,
}  # fmt: skip


def rewritten(page: str) -> str:
    """Return a page with every marked section written anew."""

    def replace(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"<!-- results: {name} -->\n{SECTIONS[name]()}\n<!-- end: {name} -->"

    return re.sub(r"<!-- results: (\w+) -->.*?<!-- end: \1 -->", replace, page, flags=re.DOTALL)


def adopt(study: Path, name: str = STANDARD) -> None:
    """Copy the summary of a finished study, and of a standard one its pictures."""
    kind = read(study / "summary.json")["study"]
    shutil.copyfile(study / "summary.json", RESULTS / f"{kind}-{name}.json")
    for picture in PICTURES[kind] if name == STANDARD else []:
        shutil.copyfile(study / "figures" / f"{picture}.png", ROOT / "docs" / "images" / f"{picture}.png")


def main(arguments: list[str]) -> int:
    """Rewrite the pages, or check them."""
    if arguments[:1] == ["--adopt"]:
        adopt(Path(arguments[1]), *arguments[2:])
    drifted = [page for page in PAGES if rewritten(page.read_text()) != page.read_text()]
    if arguments == ["--check"]:
        for page in drifted:
            print(f"{page.relative_to(ROOT)} differs from its results: run python docs/write_results.py")
        return bool(drifted)
    for page in drifted:
        page.write_text(rewritten(page.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
