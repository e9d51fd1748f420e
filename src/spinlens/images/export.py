"""An ensemble as a folder of images for other programs: one sub-folder a region, and a table of labels."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.files import PARTIAL, write_atomically
from spinlens.images.files import encode_png
from spinlens.phases.regions import REGIONS, region_of
from spinlens.phases.regions.energies import unit_of
from spinlens.phases.regions.labels import HOTTEST
from spinlens.progress import progress_bar

MANIFEST = "export.json"
TABLE = "labels.csv"
UNNAMED = "none"
"""Folder of images at temperatures outside of all regions."""


def export_images(
    ensemble: Ensemble,
    out: Path | str,
    *,
    chains: int | None = None,
    draws: int | None = None,
    progress: bool = True,
) -> Path:
    """Write configurations as ``OUT/REGION/NAME.png`` with a table ``OUT/labels.csv``.

    Parameters
    ----------
    ensemble : Ensemble
        Of any model. The temperature regions are those of the Ising model in units of its one coupling; other models,
        and temperatures outside of the regions, are labelled ``none``.
    out : path-like
        A new or empty folder, or one of the same export that was not finished.
    chains, draws : int, optional
        How many of the first chains, and of the first draws of each; by default all.
    progress : bool
        Whether to show progress on stderr.

    Returns
    -------
    pathlib.Path
        The table, which is written last: energy and magnetization are per site. Images have one pixel a
        site, of two states black and white, see `spinlens.images.files.encode_png`.

    Raises
    ------
    InputError
        If the folder holds something else, or there are not so many chains or draws; nothing is written then.

    Notes
    -----
    Files appear complete or not at all, but for a power cut. Called again, it compares every file and writes what is
    missing or differs, so that it can be interrupted at any time.
    """
    out, plan = Path(out), ensemble.plan
    counts = {"chains": _at_most("chains", chains, plan.chains), "draws": _at_most("draws", draws, plan.draws)}
    names = _region_names(ensemble)
    manifest = json.dumps({"format": "spinlens-images", "ensemble": ensemble.fingerprint} | counts, indent=2) + "\n"
    _claim(out, manifest)
    for name in sorted(set(names)):
        (out / name).mkdir(exist_ok=True)
    rows = []
    total = plan.conditions
    with progress_bar("export", show=progress) as report:
        for done, (row, picture) in enumerate(_pictures(ensemble, names, counts)):
            file, data = out / row["file"], encode_png(picture, plan.model.space.states)
            if not file.is_file() or file.read_bytes() != data:
                write_atomically(file, data, durable=False)
            rows.append(row)
            report(done / (total * counts["chains"] * counts["draws"]), row["region"])
        text = io.StringIO()
        table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        write_atomically(out / TABLE, text.getvalue().encode())
        report(1.0, "")
    return out / TABLE


def _pictures(
    ensemble: Ensemble, names: list[str], counts: dict[str, int]
) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Yield the table's row and the spins of each image."""
    energy = ensemble.energy.values
    order = ensemble.magnetization if "spin_sum" in ensemble.plan.series else ensemble.order_parameter
    grid = ensemble.plan.grid
    for place in np.ndindex(*(len(values) for values in grid.values())):
        at = dict(zip(grid, place, strict=True))
        values = {name: grid[name][i] for name, i in at.items()}
        codes = ensemble.codes(**at, chain=slice(counts["chains"]), draw=slice(counts["draws"])).values
        region = names[place[-1]]
        prefix = "".join(f"{name}{i:02d}_" for name, i in at.items() if name != "temperature")
        for c, d in np.ndindex(codes.shape[:2]):
            yield {
                "file": f"{region}/{prefix}temperature{place[-1]:03d}_chain{c:03d}_draw{d:02d}.png",
                "region": region, "temperature": values["temperature"],
                **{name: value for name, value in values.items() if name != "temperature"}, "chain": c, "draw": d,
                "energy": energy[(*place, c, d)], str(order.name): order.values[(*place, c, d)],
            }, codes[c, d]  # fmt: skip


def _region_names(ensemble: Ensemble) -> list[str]:
    """Return the region of each temperature, measured in units of the coupling, or `UNNAMED`."""
    if ensemble.model.ising_view(ensemble.lattice) is None or ensemble.lattice.kind != "square":
        return [UNNAMED] * len(ensemble.temperature)
    unit = unit_of(ensemble)
    return [
        REGIONS[int(region_of(t, unit=unit))] if t <= HOTTEST * unit else UNNAMED for t in ensemble.temperature.tolist()
    ]


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


def _at_most(name: str, wanted: int | None, there: int) -> int:
    if wanted is None:
        return there
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= there:
        raise InputError(name, wanted, f"the ensemble has 1 to {there}")
    return wanted
