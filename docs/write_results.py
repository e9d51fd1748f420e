"""Write the measured numbers into README.md and docs/, between markers, from the committed results files.

``python docs/write_results.py`` rewrites them; ``--check`` fails where a page has drifted from its results. To adopt a
new run: ``python docs/write_results.py --adopt runs/crossover``, which copies its summary and its pictures. A name
after it, as in ``--adopt runs/trials trials``, keeps the summary alone under that name.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from spinlens.statistics import Estimate
from spinlens.studies.classify.table import HEADINGS, cells
from spinlens.studies.report import crossover_rows

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
BENCHMARKS = ROOT / "benchmarks" / "results"
PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "classification.md",
    ROOT / "docs" / "estimators.md",
    ROOT / "docs" / "performance.md",
    ROOT / "docs" / "proof.md",
)

STANDARD = "standard"
BEGINNINGS = {
    "lattice": "vit, hidden spins and bond sums", "spins": "vit, hidden spins alone", "none": "vit, nothing"
}  # fmt: skip

CLASSIFY = RESULTS / f"classify-{STANDARD}.json"
TRIALS = RESULTS / "classify-trials.json"
WITHOUT = RESULTS / "classify-quick.json"
CLASSIFY_PICTURES = {
    "scores": "Scores beside their ceilings",
    "label_efficiency_periodic": "Score by number of labels",
    "attention_periodic_vit": "Attention of the native network",
}
PICTURES = {"crossover": ["overview"], "classify": list(CLASSIFY_PICTURES)}

NO_RUN = "No run of this study is committed yet."


def read(path: Path) -> Any:
    """Return the content of a results file."""
    return json.loads(path.read_text())


def table(rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table; the first row is its head."""
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


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
    return f"{table([HEADINGS, *map(cells, summary['rows'])])}\n\n{note}"


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
            if row["system"] == system and row["protocol"] == "clean"
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


def classification() -> str:
    """Return the table of the benchmark of the classifiers."""
    found = read(BENCHMARKS / "classification.json")
    rows: list[tuple[str, ...]] = [("network", "training, images / s", "ratio", "inference, images / s", "ratio")]
    rows += [
        (
            row["name"],
            f"{row['train_plain_images_per_second']:.1f} -> {row['train_ours_images_per_second']:.1f}",
            f"{row['train_ratio']:.2f}",
            f"{row['look_plain_images_per_second']:.1f} -> {row['look_ours_images_per_second']:.1f}",
            f"{row['look_ratio']:.2f}",
        )
        for row in found["rows"]
    ]
    note = (
        f"{found['side']} x {found['side']} spins, {found['threads']} threads, matrix products in "
        f"{found['precision']}, against the plain float32 loop with the libraries' own attention."
    )
    if "product_ratio" in found:
        note += (
            f" {found['batch']} images a step, {found['looked_at']} looked at in one call. What bounds it: a matrix "
            f"product of the size of those in vit-base is {found['product_ratio']:.2f} times faster in "
            f"{found['precision']} alone."
        )
    return f"{table(rows)}\n\n{note}"


def sampling() -> str:
    """Return the table of the sampling benchmark."""
    found = read(BENCHMARKS / "sampling.json")
    head = ["lattice", "field", "algorithm", "spinlens / ns", "energy", "z"]
    for peer in found["peers"]:
        head += [f"{peer} / ns", "ratio", "z"]
    rows: list[tuple[str, ...]] = [tuple(head)]
    for row in found["rows"]:
        cells = [
            f"{row['side']} x {row['side']}", f"{row['field']:g}", row["algorithm"].replace("_", " "),
            f"{row['updates_per_ns']:.2f}", str(Estimate(row["energy"], row["energy_error"])), _signed(row["z"]),
        ]  # fmt: skip
        for cell in row["peers"].values():
            if cell["cannot"]:
                cells += [cell["cannot"], "-", "-"]
            else:
                cells += [f"{cell['updates_per_ns']:.3f}", f"{cell['ratio']:.0f}", _signed(cell["z"])]
        rows.append(tuple(cells))
    peers = ", ".join(f"{name} {version}" for name, version in found["peers"].items())
    note = (
        f"Spin updates per nanosecond {on_one_core(found)}, at Tc, {peers} running Metropolis; "
        "z against Kaufman's value, in a field against that of the infinite lattice from strips."
    )
    return f"{table(rows)}\n\n{note}"


def on_one_core(found: dict[str, Any]) -> str:
    """Return on what a benchmark ran, in a few words."""
    hardware = found["hardware"]
    bits = hardware.get("register_bits")
    return f"on one core of {hardware['cpu']}" + (f" with registers of {bits} bits" if bits else "")


def lattices() -> str:
    """Return the tables of the benchmark of lattices, unit cells and fields."""
    found = read(BENCHMARKS / "lattices.json")
    rows: list[tuple[str, ...]] = [
        ("lattice", "metropolis / ns", "heat bath / ns", "mcising / ns", "ratio", "energy", "mcising", "z")
    ]
    rows += [
        (
            row["system"], f"{row['metropolis_per_ns']:.2f}", f"{row['heat_bath_per_ns']:.2f}",
            f"{row['peer_per_ns']:.3f}",
            f"{row['metropolis_ratio']:.0f} ({row['smallest_ratio']:.0f} to {row['largest_ratio']:.0f})",
            str(Estimate(row["energy"], row["energy_error"])),
            str(Estimate(row["peer_energy"], row["peer_energy_error"])), _signed(row["z"]),
        )
        for row in found["rows"]
    ]  # fmt: skip
    costs: list[tuple[str, ...]] = [("heat bath", "updates / ns", "of uniform")]
    costs += [(row["kind"], f"{row['updates_per_ns']:.2f}", f"{row['share']:.0%}") for row in found["costs"]]
    note = (
        f"Single-spin Metropolis of both {on_one_core(found)}, mcising {found['mcising']}; cubic "
        "at Tc, triangular at 1.3 Tc. Below: 64 x 64 sites, cubic 16^3, as whole runs."
    )
    return f"{table(rows)}\n\n{note}\n\n{table(costs)}"


def tables() -> str:
    """Return the table of the benchmark of the table engine."""
    found = read(BENCHMARKS / "table_engine.json")
    rows: list[tuple[str, ...]] = [("model", "algorithm", "updates / ns", "energy of 4 x 4", "exact", "z")]
    rows += [
        (
            row["model"], row["algorithm"].replace("_", " "), f"{row['updates_per_ns']:.3f}",
            str(Estimate(row["energy"], row["energy_error"])), "-" if row["exact"] is None else f"{row['exact']:.6f}",
            _signed(row["z"]),
        )
        for row in found["rows"]
    ]  # fmt: skip
    note = f"{found['side']} x {found['side']} sites, 64 chains {on_one_core(found)}, whole runs."
    return f"{table(rows)}\n\n{note}"


def chances() -> str:
    """Return the table of the false-alarm rates of the test modules."""
    found = read(RESULTS / "chances.json")
    rows: list[tuple[str, ...]] = [("tests", "statistical checks", "chance of a false alarm")]
    rows += [(f"`{name}`", f"{row['checks']}", f"{row['rate']:.2%}") for name, row in found.items()]
    checks, rate = (sum(row[key] for row in found.values()) for key in ("checks", "rate"))
    rows.append(("all", f"{checks}", f"{rate:.1%}"))
    return f"{table(rows)}\n\nWith other seeds at most {rate:.0%} of the runs of a right suite would fail somewhere."


def scaling() -> str:
    """Return what bounds the kernel, and how near it is."""
    found = read(BENCHMARKS / "scaling.json")
    rows: list[tuple[str, ...]] = [
        (
            "model",
            "random words an update",
            "vector instructions an update",
            "measured throughput",
            "bound",
            "measured",
            "reached",
        )
    ]
    for name, bound in found["bounds"].items():
        fastest = min(row["ns_an_update"] for row in found["rows"] if row.get("model") == name)
        rows.append(
            (
                name, f"{bound['random_words']:.4f}",
                f"{bound['instructions']:.3f} ({bound['instructions_a_vector']:.0f} for 512)",
                f"{bound['instructions_per_ns']:.2f} / ns", f"{bound['nanoseconds'] * 1e3:.0f} ps",
                f"{fastest * 1e3:.0f} ps", f"{bound['nanoseconds'] / fastest:.0%}",
            )
        )  # fmt: skip
    bound = found["bounds"]["one coupling"]
    note = (
        f"One core of {found['hardware']['cpu']}, registers of {bound['register_bits']} bits, "
        f"{bound['clock']:.2f} GHz; measured on the fastest lattice of the figure."
    )
    return f"{table(rows)}\n\n{note}"


def training() -> str:
    """Return the table of the training benchmark."""
    found = read(BENCHMARKS / "training.json")
    rows: list[tuple[str, ...]] = [("step", "samples / s", "ratio")]
    rows += [(row["name"], f"{row['samples_per_second']:.0f}", f"{row['ratio']:.2f}") for row in found["rows"]]
    return f"{table(rows)}\n\nBatch {found['batch']}, {found['side']} x {found['side']}, {found['threads']} threads."


def estimators() -> str:
    """Return the table that compares both estimators over beta."""
    found = read(BENCHMARKS / "estimators.json")
    head = ("estimator", "beta", "nu_0", "second mean", "tau_0", "tau_1", "rank correlation", "Tc", "TC / nats")
    rows = [
        (
            f"`{row['estimator']}`",
            f"{row['beta']:g}",
            f"{row['nu_0_share']:.1%}",
            f"{row['nu_1_share']:.1%}",
            f"{row['tau_0_share']:.1%}",
            f"{row['tau_1_share']:.1%}",
            f"{row['rank_correlation']:.4f}",
            row["critical_temperature"],
            f"{row['total_correlation']:.2f}",
        )
        for row in found["rows"]
    ]
    return f"{table([head, *rows])}\n\n{found['setting']}"


def clusters() -> str:
    """Return the table of autocorrelation times and effective samples a second at the critical point."""
    found = read(BENCHMARKS / "clusters.json")
    head = ("lattice", "algorithm", "ns / update", "tau of energy", "tau of abs(m)", "effective samples / s", "z")
    rows = [
        (
            f"{row['side']} x {row['side']}",
            row["algorithm"].replace("_", " "),
            f"{row['nanoseconds_per_update']:.2f}",
            str(Estimate(row["energy_time"], row["energy_time_error"])),
            str(Estimate(row["absolute_magnetization_time"], row["absolute_magnetization_time_error"])),
            f"{row['effective_samples_per_second']:.{0 if row['effective_samples_per_second'] >= 10 else 1}f}",
            _signed(row["z"]),
        )
        for row in found["rows"]
    ]
    hardware = found["hardware"]
    note = (
        f"Periodic tori at Tc, {found['chains']} chains {on_one_core(found)} (load "
        f"{hardware['load_average_at_start']:g} at the start). Times in sweeps; effective samples of the slower one."
    )
    return f"{table([head, *rows])}\n\n{note}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.1f}"


SECTIONS = {
    "crossover": crossover, "classify": classify, "labels": labels, "trials": trials, "without": without,
    "sampling": sampling,
    "scaling": scaling, "clusters": clusters, "chances": chances, "training": training,
    "classification": classification, "estimators": estimators, "lattices": lattices, "tables": tables,
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
