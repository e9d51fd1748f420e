"""Tables of the pages from the results of the benchmarks; ``write_results.py`` puts them there."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from spinlens.statistics import Estimate

FAR = 5.0
"""Standard errors between an energy and the exact one from which on a run was too short to come to equilibrium."""

BENCHMARKS = Path(__file__).parents[1] / "benchmarks" / "results"


def read(path: Path) -> Any:
    """Return the content of a results file."""
    return json.loads(path.read_text())


def table(rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table; the first row is its head."""
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


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


def discrete_models() -> str:
    """Return the table of the benchmark of models with more than two states."""
    found = read(BENCHMARKS / "discrete_models.json")
    rows: list[tuple[str, ...]] = [
        ("model", "engine", "algorithm", "updates / ns", "target", "energy of a small torus", "exact", "z")
    ]
    rows += [
        (
            row["model"], row["engine"], row["algorithm"].replace("_", " "), f"{row['updates_per_ns']:.2g}",
            "-" if row["target"] is None else f"{row['target']:g}",
            str(Estimate(row["energy"], row["energy_error"])), "-" if row["exact"] is None else f"{row['exact']:.6f}",
            _signed(row["z"]),
        )
        for row in found["rows"]
    ]  # fmt: skip
    note = f"64 x 64 sites, cubic 16^3, 64 chains {on_one_core(found)}, whole runs; tori of 4 x 4 and 2 x 2 x 3 sites."
    return f"{table(rows)}\n\n{note}"


def worldlines() -> str:
    """Return the table of the benchmark of worldlines."""
    found = read(BENCHMARKS / "worldlines.json")
    rows: list[tuple[str, ...]] = [
        ("lattice", "Gamma / J", "T / J", "segments", "kinks", "ns a segment", "ns a kink", "measuring", "energy", "z")
    ]
    for row in found["rows"]:
        exact = row["energy_exact"]
        z = "-" if exact is None else f"{(row['energy'] - exact) / row['energy_error']:+.1f}"
        rows.append(
            (
                " x ".join(map(str, row["shape"])), f"{row['transverse_field']:.6g}", f"{row['temperature']:.3g}",
                f"{row['segments']:.0f}", f"{row['kinks']:.0f}", f"{row['nanoseconds_a_segment']:.0f}",
                f"{row['nanoseconds_a_kink']:.0f}", f"{row['nanoseconds_a_segment_to_measure']:.0f}",
                str(Estimate(row["energy"], row["energy_error"])), z,
            )
        )  # fmt: skip
    return f"{table(rows)}\n\nOf one chain, of 64 {on_one_core(found)}; energies of rings beside free fermions."


def clock() -> str:
    """Return the tables of the benchmark of the XY model."""
    found = read(BENCHMARKS / "clock.json")
    speeds: list[tuple[str, ...]] = [("update", "updates / ns", "ns a site")]
    for row in found["updates"]:
        rate = row["updates_per_ns"]
        speeds.append((_named(row["update"]), f"{rate:.3g}", f"{1 / rate:.3g}"))
    samples: list[tuple[str, ...]] = [("algorithm", "energy / s", "current along x / s", "along y / s", "largest z")]
    for row in found["effective"]:
        rates = row["effective_per_second"]
        z = max(row["z"].values(), key=abs)
        samples.append((_named(row["algorithm"]), *(f"{value:.0f}" for value in rates.values()), _signed(z)))
    side = found["side"]
    note = (
        f"{side} x {side} sites, T = {found['temperature']}, 64 chains {on_one_core(found)}; the largest of four z of "
        "energy, specific heat and moduli of a 3 x 3 torus."
    )
    return f"{table(speeds)}\n\n{table(samples)}\n\n{note}"


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


def effective_samples() -> str:
    """Return the effective samples a second of the best algorithm of each package."""
    found = read(BENCHMARKS / "effective_samples.json")
    head = ["lattice", "temperature", "spinlens by default", "samples / s", "z"]
    for peer in found["peers"]:
        head += [f"{peer} at its best", "samples / s", "ratio"]
    rows: list[tuple[str, ...]] = [tuple(head)]
    for row in found["rows"]:
        ours = row["packages"]["spinlens"]["auto"]
        cells = [
            f"{row['side']} x {row['side']}", f"{row['temperature']:.4g}", _named(row["auto"]), f"{ours['rate']:,.0f}",
            _signed(ours["z"]),
        ]  # fmt: skip
        for peer in found["peers"]:
            words = row["packages"][peer]
            best = max(words, key=lambda word: words[word]["rate"])
            ratio = row["ratios"][peer]
            cells += [
                _named(best), f"{words[best]['rate']:,.0f}",
                f"{ratio['median']:.0f} ({ratio['smallest']:.0f} to {ratio['largest']:.0f})",
            ]  # fmt: skip
        rows.append(tuple(cells))
    peers = ", ".join(f"{name} {version}" for name, version in found["peers"].items())
    note = (
        f"Effective samples a second of the slower of energy and abs(m), of the energy alone for peapods, "
        f"{on_one_core(found)}; 64 chains of spinlens; {peers}; {found['rounds']} rounds; z against Kaufman's energy."
    )
    return f"{table(rows)}\n\n{note}"


def speed() -> str:
    """Return the ratios to the best of each peer alone."""
    found = read(BENCHMARKS / "effective_samples.json")
    head = ["lattice", "T", "spinlens, samples / s"]
    for peer in found["peers"]:
        head += [f"{peer}, samples / s", "ratio"]
    rows: list[tuple[str, ...]] = [tuple(head)]
    for row in found["rows"]:
        ours = row["packages"]["spinlens"]["auto"]["rate"]
        cells = [f"{row['side']} x {row['side']}", f"{row['temperature']:.4g}", f"{ours:,.0f}"]
        for peer in found["peers"]:
            best = max(each["rate"] for each in row["packages"][peer].values())
            cells += [f"{best:,.0f}", f"{row['ratios'][peer]['median']:.0f}"]
        rows.append(tuple(cells))
    return f"{table(rows)}\n\nOf the slower of energy and abs(m), {on_one_core(found)}."


def algorithms() -> str:
    """Return the effective samples a second of each algorithm of spinlens at the critical point."""
    found = read(BENCHMARKS / "effective_samples.json")
    rows: list[tuple[str, ...]] = [("lattice", "algorithm", "tau of energy", "tau of abs(m)", "samples / s", "z")]
    for row in found["rows"]:
        for word, each in row["packages"]["spinlens"].items():
            if word != "auto":
                rows.append(
                    (
                        f"{row['side']} x {row['side']}, T = {row['temperature']:.4g}", _named(word),
                        f"{each['times']['energy']:.3g}", f"{each['times']['magnetization']:.3g}",
                        f"{each['rate']:,.0f}" if abs(each["z"]) < FAR else "not in equilibrium", _signed(each["z"]),
                    )
                )  # fmt: skip
    note = "The same run; times in sweeps, of which one of clusters is one update. All start from the ground state."
    return f"{table(rows)}\n\n{note}"


def choice() -> str:
    """Return how much of the best effective samples a second ``auto`` reaches, system by system."""
    found = read(BENCHMARKS / "choice.json")
    systems: dict[str, list[dict[str, Any]]] = {}
    for row in found["rows"]:
        constants = ", ".join(f"{key} = {value:g}" for key, value in row["constants"].items() if key == "states")
        name = f"{row['model'].replace('_', '-')} {constants}".strip() + f", {row['lattice'].split(',')[0]}"
        systems.setdefault(name + (", in a field" if "field" in row else ""), []).append(row)
    rows: list[tuple[str, ...]] = [("system", "conditions", "of the best, median", "least", "there best")]
    for name, several in systems.items():
        least = min(several, key=lambda row: row["of_best"])
        rows.append(
            (
                name, str(len(several)), f"{median(row['of_best'] for row in several):.0%}", f"{least['of_best']:.0%}",
                f"{_named(least['best'])} at T = {least['temperature']:.4g}",
            )
        )  # fmt: skip
    return f"{table(rows)}\n\nOf the most effective samples a second that any update gives there, {on_one_core(found)}."


def _named(algorithm: str) -> str:
    return algorithm.replace("_", " ")


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.1f}"


SECTIONS = {
    "sampling": sampling, "scaling": scaling, "speed": speed, "effective_samples": effective_samples,
    "algorithms": algorithms, "choice": choice, "training": training,
    "classification": classification, "estimators": estimators, "lattices": lattices,
    "discrete_models": discrete_models, "worldlines": worldlines, "clock": clock,
}  # fmt: skip
