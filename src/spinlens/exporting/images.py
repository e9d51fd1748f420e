"""An ensemble as a folder of images for other programs: one sub-folder a class, and tables of classes and labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError, did_you_mean
from spinlens.exporting.contents import Contents
from spinlens.files import PARTIAL, write_atomically
from spinlens.images import encode_png
from spinlens.phases.regions import REGIONS, region_of
from spinlens.phases.regions.energies import unit_of
from spinlens.phases.regions.labels import HOTTEST
from spinlens.progress import Report

MANIFEST, CLASSES, TABLE = "export.json", "classes.csv", "labels.csv"

UNNAMED = "none"
"""Folder of images at temperatures outside of all regions; its label is -1."""


def write_images(contents: Contents, out: Path, classes: str | Sequence[float], report: Report) -> Path:
    """Write configurations as ``OUT/CLASS/NAME.png`` with ``OUT/classes.csv`` and ``OUT/labels.csv``.

    Parameters
    ----------
    contents : Contents
        Of an ensemble of any model.
    out : pathlib.Path
        A new or empty folder, or one of the same export that was not finished.
    classes : {"regions", "conditions"} or sequence of float
        What the folders stand for, see `spinlens.export`. Regions are those of the Ising model in units of its one
        coupling; other models, and temperatures outside of the regions, are labelled ``none``. The names of the others
        begin with their number, so that programs that sort them have the same labels.
    report : callable
        Called with the share that is done and a note.

    Returns
    -------
    pathlib.Path
        The table of labels, which is written last: energy and magnetization are per site. Images have one pixel a
        site, of two states black and white, see `spinlens.images.files.encode_png`.

    Raises
    ------
    InputError
        If the folder holds something else, or the classes cannot be used; nothing is written then.

    Notes
    -----
    Files appear complete or not at all, but for a power cut. Called again, it compares every file and writes what is
    missing or differs, so that it can be interrupted at any time.
    """
    ensemble = contents.ensemble
    names, labels = _classes(ensemble, classes)
    asked: dict[str, Any] = {"chains": contents.chains, "draws": contents.draws}
    if not isinstance(classes, str):
        asked["edges"] = [float(edge) for edge in classes]
    elif classes != "regions":
        asked["classes"] = classes
    manifest = json.dumps({"format": "spinlens-images", "ensemble": ensemble.fingerprint} | asked, indent=2) + "\n"
    _claim(out, manifest)
    with _table(out / CLASSES, ["label", "class"]) as index:
        index.writerows(enumerate(names))
    total = len(labels) * contents.chains * contents.draws
    with _table(out / TABLE) as table:
        for done, (row, picture) in enumerate(_pictures(contents, names, labels)):
            file, data = out / row["file"], encode_png(picture, ensemble.model.space.states)
            file.parent.mkdir(exist_ok=True)
            if not file.is_file() or file.read_bytes() != data:
                write_atomically(file, data, durable=False)
            if not done:
                table.writerow(row)
            table.writerow(row.values())
            report(done / total, file.parent.name)
    report(1.0, "")
    return out / TABLE


def _pictures(
    contents: Contents, names: Sequence[str], labels: Sequence[int]
) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Yield the table's row and the codes of each image."""
    ensemble = contents.ensemble
    controls = [name for name in ensemble.grid if name != "temperature"]
    temperature, kept = ensemble.temperature, contents.recording_of_draw
    told = [each.name for each in contents.recorded if each.dtype == np.float64]
    column = "region" if set(names) <= {*REGIONS} else "class"
    for point, (place, found) in enumerate(contents.points()):
        at = {name: found[name][..., kept] for name in told}
        here = ensemble.plan.point_controls(point)
        prefix = "".join(f"{name}{i:02d}_" for name, i in zip(controls, place, strict=True))
        for (*_, t, c), codes in contents.configurations_at(place, codes=True):
            for i, j, draw in np.ndindex(codes.shape[:3]):
                row, chain = t.start + i, c.start + j  # type: ignore[union-attr]
                label = labels[point * len(temperature) + row]
                folder = names[label] if label >= 0 else UNNAMED
                yield {
                    "file": f"{folder}/{prefix}temperature{row:03d}_chain{chain:03d}_draw{draw:02d}.png",
                    column: folder, "label": label, "temperature": float(temperature[row]), **here,
                    "chain": chain, "draw": draw,
                    **{name: float(values[row, chain, draw]) for name, values in at.items()},
                }, codes[i, j, draw]  # fmt: skip


def _classes(ensemble: Ensemble, classes: str | Sequence[float]) -> tuple[list[str], list[int]]:
    """Return the names of the classes, and the label of each condition, -1 outside of all."""
    plan = ensemble.plan
    if not isinstance(classes, str):
        names, of_temperature = _between(classes, ensemble.temperature)
        return names, of_temperature * plan.points
    if classes == "regions":
        return list(REGIONS), _regions(ensemble) * plan.points
    if classes != "conditions":
        advice = did_you_mean(classes, ("regions", "conditions"))
        raise InputError("classes", repr(classes), "is neither a way to name them nor edges", advice)
    conditions = [
        {**plan.point_controls(point), "temperature": t} for point in range(plan.points) for t in plan.temperature
    ]
    digits = len(str(len(conditions) - 1))
    names = [
        "_".join([f"{number:0{digits}d}", *(f"{name}_{value:g}" for name, value in here.items())])
        for number, here in enumerate(conditions)
    ]
    return names, list(range(len(conditions)))


def _between(edges: Sequence[float], temperature: np.ndarray) -> tuple[list[str], list[int]]:
    """Return the classes between temperatures, and the label of each temperature."""
    try:
        ends = np.asarray(edges, dtype=np.float64)
        right = ends.ndim == 1 and ends.size > 0 and bool(np.isfinite(ends).all() and (np.diff(ends) > 0).all())
    except (TypeError, ValueError):
        right = False
    if not right:
        raise InputError("classes", edges, "edges must be temperatures, ascending", "For example classes=[2.1, 2.4]")
    digits = len(str(len(ends)))
    names = [
        f"{0:0{digits}d}_up_to_{ends[0]:g}",
        *(f"{i + 1:0{digits}d}_{low:g}_to_{high:g}" for i, (low, high) in enumerate(pairwise(ends.tolist()))),
        f"{len(ends):0{digits}d}_above_{ends[-1]:g}",
    ]
    return names, np.searchsorted(ends, temperature, side="left").tolist()


def _regions(ensemble: Ensemble) -> list[int]:
    """Return the region of each temperature, measured in units of the coupling, or -1."""
    if ensemble.model.ising_view(ensemble.lattice) is None or ensemble.lattice.kind != "square":
        return [-1] * len(ensemble.temperature)
    unit = unit_of(ensemble)
    return [int(region_of(t, unit=unit)) if t <= HOTTEST * unit else -1 for t in ensemble.temperature.tolist()]


@contextmanager
def _table(path: Path, heading: Sequence[str] = ()) -> Iterator[Any]:
    """Write a table row by row under a temporary name, and give it its name when it is whole."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        with partial.open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            if heading:
                table.writerow(heading)
            yield table
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _claim(out: Path, manifest: str) -> None:
    """Make the folder ours, or find that it is already."""
    there = [path for path in out.iterdir() if not path.name.endswith(PARTIAL)] if out.is_dir() else []
    if out.exists() and not out.is_dir():
        raise InputError("out", out, "is a file")
    if there:
        known = out / MANIFEST
        if not known.is_file() or known.read_text() != manifest:
            raise InputError("out", out, "holds something else than this export", "Name a new or empty folder")
        return
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / MANIFEST, manifest.encode())
