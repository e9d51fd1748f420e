"""Tables of where transitions were found: by scaling, searches, planes, sealed problems, configurations alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from benchmark_tables import read, table

from spinlens.challenge.table import family_rows, total_rows
from spinlens.statistics import Estimate

RESULTS = Path(__file__).parent / "results"


def finite_size() -> str:
    """Return the table of the four systems of finite-size scaling, beside what is known of them."""
    lines: list[tuple[str, ...]] = [("system", "quantity", "found", "exact", "pull")]
    notes = []
    for row in read(RESULTS / "finite-size.json")["systems"].values():
        for part in row["rows"]:
            found = Estimate(part["value"], part["error"])
            lines.append((row["system"], part["quantity"], str(found), f"{part['exact']:.6g}", f"{part['pull']:+.1f}"))
        notes.append(
            f"{row['system']}: L = {', '.join(map(str, row['sizes']))}, {row['temperature'][2]} temperatures from "
            f"{row['temperature'][0]:g} to {row['temperature'][1]:g}, {row['chains']} chains of {row['recordings']} "
            f"recordings, {row['flagged']} conditions flagged as not equilibrated; simulated in "
            f"{row['simulation_seconds']:.0f} s, estimated in {row['analysis_seconds']:.0f} s on a busy machine."
        )
    return "\n".join([table(lines), "", *(f"- {note}" for note in notes)])


def finding(preset: str) -> str:
    """Return what the search finds of systems that are known, with one preset."""
    path = RESULTS / f"finding-{preset}.json"
    if not path.exists():
        return f"Not run with `{preset}` yet."
    lines: list[tuple[str, ...]] = [
        ("system", "window", "found", "known", "off by", "errors", "kind", "nu or latent heat", "known", "time")
    ]
    for row in read(path)["systems"].values():
        window = f"{row['window'][0]:g} to {row['window'][1]:g}"
        clock = f"{row['seconds']:.0f} s" if row["seconds"] else ""
        none = f"none (probability {row['none_probability']:.2f})"
        for place, known in _pairs(row["found"], row["known"]) or [(None, None)]:
            lines.append((row["system"], window, *_found(place, known, none), clock))
    return table(lines)


def _pairs(found: list[dict[str, Any]], known: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    """Return what was found beside what is known nearest to it, then what was not found."""
    left, pairs = list(known), []
    for place in found:
        nearest = min(left, key=lambda each: abs(each["value"] - place["value"]), default=None)
        pairs.append((place, nearest))
        left = [each for each in left if each is not nearest]
    return pairs + [(None, each) for each in left]


def _found(place: dict[str, Any] | None, known: dict[str, Any] | None, none: str) -> tuple[str, ...]:
    """Return the cells of one transition that was found, that is known, or both."""
    here = str(Estimate(place["value"], place["error"])) if place else none
    there = "none"
    if known:
        there = str(Estimate(known["value"], known["error"])) if known["error"] else f"{known['value']:.6g}"
    kind = place["kind"].replace("_", " ") if place else "none"
    if not (place and known):
        return here, there, "", "", kind, "", ""
    apart = place["value"] - known["value"]
    error = (place["error"] ** 2 + known["error"] ** 2) ** 0.5
    other, known_other = place["nu"] or place["latent_heat"], known["nu"] or known["latent_heat"]
    return (
        here, there, f"{apart / known['value']:+.1e}", f"{apart / error:+.1f}", kind,
        str(Estimate(*other)) if other else "", f"{known_other:.4g}" if known_other else "",
    )  # fmt: skip


def planes(preset: str) -> str:
    """Return what the crossover study finds in planes of two controls, with one preset, beside what is known."""
    found = (read(RESULTS / "planes.json") if (RESULTS / "planes.json").exists() else {}).get(preset)
    if not found:
        return f"Not run with `{preset}` yet."
    lines: list[tuple[str, ...]] = [("plane", "at", "found", "known", "off by", "errors", "trainings")]
    names: list[tuple[str, ...]] = [("plane", "nu_0", "nu_1", "tau_0", "tau_1")]
    notes = []
    for name, row in found.items():
        names.append((name, *(_follows(row["components"][each]) for each in names[0][1:])))
        several = len(row["transitions"]) > 1
        lines += [
            (name, *_transition(row["across"], point)) for point in row["transitions"]
            if None not in (point["value"], point["error"]) and not (several and point["exact"] is None)
        ]  # fmt: skip
        lines += [
            (name, *_apex(row, ridge)) for ridge in row.get("apex") or () if row["apex"][ridge]["value"] is not None
        ]
        said = "".join(f" {sentence}" for sentence in row["reading"])
        notes.append(
            f"- {name}: {row['model']}, {row['lattice']}, {row['trainings']} trainings, seed {row['seed']}; "
            f"{row['flagged']} of {row['conditions']} conditions flagged as not equilibrated.{said}"
            f"{_sizes(row['scaling'], row['across'])}"
        )
    return "\n\n".join([table(lines), table(names), "\n".join(notes)])


def _transition(across: str, point: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of a transition: where, found, known, how far apart, and the range of the trainings."""
    known, each = point["exact"], [value for value in point["by_training"] if value is not None]
    apart = "", ""
    if known is not None:
        off = point["value"] - known
        apart = f"{off / known:+.1%}", f"{off / point['error']:+.1f}"
    found = str(Estimate(point["value"], point["error"]))
    at = f"{across.replace('_', ' ')} {point['at']:g}"
    return at, found, "" if known is None else f"{known:.5f}", *apart, f"{min(each):.3f} to {max(each):.3f}"


def _apex(row: dict[str, Any], ridge: str) -> tuple[str, ...]:
    """Return the cells of where a ridge leads at T = 0."""
    point, known = row["apex"][ridge], row["known_apex"]
    cells = {**point, "exact": known and known["value"], "at": 0.0}
    at, *rest, trainings = _transition("temperature", cells)
    return f"{at}, ridge of {ridge.replace('_', ' ')}", *rest, trainings if len(point["by_training"]) > 1 else ""


def _follows(component: dict[str, Any]) -> str:
    name, correlation = component["follows"], component["correlation"]
    return f"{name.replace('_', ' ')} ({correlation:+.3f})" if name else "no observable"


def _sizes(scaling: dict[str, Any] | None, across: str) -> str:
    """Return where networks of several sizes put the transition, as a sentence."""
    if not scaling:
        return ""
    rows = [("x".join(map(str, row["shape"])), row) for row in scaling["sizes"]]
    rows.append(("extrapolated", scaling["infinite"]))
    shown = [
        f"{title}: {', '.join(f'{name} {Estimate(*row[name])}' for name in ('tau_0', 'nu_0') if row[name])}"
        for title, row in rows if row["tau_0"] or row["nu_0"]
    ]  # fmt: skip
    return f" Networks of their own at {across.replace('_', ' ')} {scaling['at']:g}: {'; '.join(shown)}."


def challenge() -> str:
    """Return the scores of the answers to the sealed problems, the baseline beside them, and family by family."""
    path = RESULTS / "challenge.json"
    if not path.exists():
        return "No challenge was answered and opened yet."
    found = read(path)
    note = f"SHA-256 of the secret: `{found['challenge']}`."
    return f"{table(total_rows(found))}\n\n{table(family_rows(found['answers']))}\n\n{note}"


def indicators() -> str:
    """Return what configurations alone say of a transition, and what indicators reach of their ceilings."""
    found = read(RESULTS / "indicators.json")
    largest, sizes = found["sizes"][-1], ", ".join(map(str, found["sizes"]))
    titles = [part for words in (f"L = {sizes}", f"L = {largest} alone") for part in (words, "error", "pull")]
    lines: list[tuple[str, ...]] = [("seed", *titles)]
    for row in found["transitions"]:
        cells = [str(row["seed"])]
        for each in (row["several"], row["one"]):
            cells += [str(Estimate(each["value"], each["error"])), f"{each['error'] / each['value']:.2%}"]
            cells.append(f"{each['pull']:+.1f}")
        lines.append(tuple(cells))
    shares: list[tuple[str, ...]] = [("indicator", "share of its ceiling")]
    shares += [(each["indicator"], str(Estimate(each["share"], each["error"]))) for each in found["reached"]]
    note = (
        f"T_c, which is {found['exact']:.5f}; the seeds were met after everything was fixed, and once more when "
        "methods came to be averaged as searches average them, which was not done for their sake."
    )
    other = (
        f"Summed over all temperatures, L = {found['small']}, half of 64 chains read; networks: "
        f"{found['trainings']} trainings."
    )
    return "\n\n".join([table(lines), note, table(shares), other])


def information_ridges() -> str:
    """Return the ridges of the learned Fisher information in a field beside those of thermodynamics."""
    path = RESULTS / "information-ridges.json"
    if not path.exists():
        return "Not run yet."
    found = read(path)
    names = ("torus", "neighbours", "prediction")
    titles = (
        "exact",
        "torus, recordings",
        "`Neighbours`",
        "share of its ceiling",
        "`Prediction`",
        "share of its ceiling",
    )
    lines: list[tuple[str, ...]] = [("h", *titles)]
    pulls: dict[str, list[float]] = {name: [] for name in names}
    for row in found["rows"]:
        cells = [f"{row['field']:g}", f"{row['exact']:.3f}"]
        for name in names:
            each = row[name]
            cells.append(str(Estimate(each["value"], each["error"])))
            cells += [str(Estimate(each["share"], each["share_error"]))] if "share" in each else []
            pulls[name].append((each["value"] - row["exact"]) / each["error"])
        lines.append(tuple(cells))
    means = [f"{sum(pull**2 for pull in each) / len(each):.2f} ({name})" for name, each in pulls.items()]
    note = (
        f"Temperatures at which C / T^2 is largest: of a strip of width {found['width']}, of tori of side "
        f"{found['side']} from all recordings, and of what networks learned, {found['trainings']} trainings each. "
        f"Squared differences from the exact line in errors, at the mean: {', '.join(means)}."
    )
    return f"{table(lines)}\n\n{note}"


SECTIONS = {
    "information_ridges": information_ridges,
    "finite_size": finite_size, "challenge": challenge, "indicators": indicators,
    "finding_quick": partial(finding, "quick"), "finding_standard": partial(finding, "standard"),
    "planes_quick": partial(planes, "quick"), "planes_standard": partial(planes, "standard"),
}  # fmt: skip
