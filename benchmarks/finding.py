"""Transitions that are known, found by the search that is not told: places, kinds, exponents, and how long it took.

    python benchmarks/finding.py [--preset quick] [--systems ising potts_3]

What is known is compared after everything was found. The results go to ``docs/results/finding-PRESET.json``, from which
``docs/finding.md`` has its table. Each system has the commit that found it. One that is there already, from this
commit and with the same settings, is not searched again; one that was interrupted goes on where its recordings are
(``--out``).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from pathlib import Path
from typing import Any

import spinlens as sl
from spinlens.files import write_atomically
from spinlens.provenance import provenance

RESULTS = Path(__file__).parents[1] / "docs" / "results"
SEED = 4


@dataclass(frozen=True)
class System:
    """What is searched, where, and what is known of it; controls may shrink with the size, as ``"2/L"``."""

    words: str
    model: sl.Model
    window: tuple[float, float]
    exact: float | tuple[tuple[float, float], ...]
    """Where; or several places, each with its error."""

    kind: str = "continuous"
    nu: float | None = None
    latent_heat: float | None = None
    lattice: str = "square"
    sizes: tuple[int, ...] | None = None
    controls: dict[str, float | str] = field(default_factory=dict)
    axis: str = "temperature"

    @property
    def known(self) -> list[dict[str, Any]]:
        """Every transition that is known."""
        several = self.exact if isinstance(self.exact, tuple) else ((self.exact, 0.0),)
        other = {"kind": self.kind, "nu": self.nu, "latent_heat": self.latent_heat}
        return [] if self.kind == "none" else [{"value": v, "error": e, **other} for v, e in several]

    @property
    def settings(self) -> dict[str, Any]:
        """What a search depends on beside preset, seed and commit, as JSON types."""
        return {
            "model": self.model.text, "window": list(self.window), "lattice": self.lattice,
            "sizes": self.sizes and list(self.sizes), "controls": self.controls, "axis": self.axis,
        }  # fmt: skip


def potts(states: int) -> float:
    """Return the transition temperature on the square lattice."""
    return 1.0 / log(1.0 + sqrt(states))


def critical(model: sl.Model, lattice: sl.Lattice) -> float:
    """Return the exact critical temperature of a planar Ising model."""
    return float(sl.exact.critical_temperature(model, lattice))


SYSTEMS = {
    "ising": System("Ising, square", sl.Ising(), (1.9, 2.7), critical(sl.Ising(), sl.Lattice((4, 4))), nu=1.0),
    "anisotropic": System(
        "Ising, square, Jy = Jx / 2", sl.Ising((1.0, 0.5)), (1.3, 2.1),
        critical(sl.Ising((1.0, 0.5)), sl.Lattice((4, 4))), nu=1.0,
    ),
    "triangular": System(
        "Ising, triangular", sl.Ising(), (3.1, 4.3), critical(sl.Ising(), sl.Lattice((4, 4), kind="triangular")),
        lattice="triangular", nu=1.0,
    ),
    "honeycomb": System(
        "Ising, honeycomb", sl.Ising(), (1.3, 1.9), critical(sl.Ising(), sl.Lattice((4, 4), kind="honeycomb")), nu=1.0,
        lattice="honeycomb",
    ),
    # A. M. Ferrenberg, J. Xu and D. P. Landau (2018), doi:10.1103/PhysRevE.97.043301; F. Kos et al. (2016),
    # doi:10.1007/JHEP08(2016)036.
    "cubic": System("Ising, cubic", sl.Ising(), (4.0, 5.2), 1.0 / 0.221654626, nu=0.629971, lattice="cubic"),
    "potts_3": System("Potts, 3 states, square", sl.Potts(3), (0.8, 1.2), potts(3), nu=5.0 / 6.0),
    "potts_10": System(
        "Potts, 10 states, square", sl.Potts(10), (0.64, 0.8), potts(10), "first_order", sizes=(12, 16, 20, 24, 32),
        latent_heat=sl.exact.potts_transition(sl.Potts(10)).latent_heat,
    ),
    # M. Hasenbusch (2005), doi:10.1088/0305-4470/38/26/003; Y. Komura and Y. Okabe (2012), doi:10.1143/JPSJ.81.113001.
    "xy": System("XY, square", sl.XY(), (0.75, 1.1), 0.8929, "bkt", sizes=(12, 16, 24, 32)),
    # Y. Tomita and Y. Okabe (2002), doi:10.1103/PhysRevB.65.184405.
    "clock_6": System(
        "clock, 6 states, square", sl.Clock(6), (0.55, 1.1), ((0.7014, 0.0011), (0.9008, 0.0006)), "bkt",
        sizes=(12, 16, 24, 32),
    ),
    # P. Pfeuty (1970), doi:10.1016/0003-4916(70)90270-8.
    "transverse_chain": System(
        "Ising in a transverse field, chain, T = 2 / L", sl.TransverseIsing(), (0.8, 1.3), 1.0, nu=1.0, lattice="chain",
        axis="transverse_field", controls={"temperature": "2/L"},
    ),
    # H. W. J. Bloete and Y. Deng (2002), doi:10.1103/PhysRevE.66.066110; nu as of the cubic lattice.
    "transverse_square": System(
        "Ising in a transverse field, square, T = 3 / L", sl.TransverseIsing(), (2.6, 3.6), 3.04438, nu=0.629971,
        axis="transverse_field", controls={"temperature": "3/L"},
    ),
    "field": System("Ising, square, in a field of 0.2", sl.Ising(), (1.9, 3.1), float("nan"), "none",
                    controls={"field": 0.2}, sizes=(16, 24, 32, 48)),
}  # fmt: skip


def row(system: System, found: sl.studies.find.Findings, seconds: float | None) -> dict[str, Any]:
    """Return what was found beside what is known."""

    def pair(estimate: Any) -> list[float] | None:
        return [estimate.value, estimate.error] if estimate else None

    places = [
        {"value": each.value, "error": each.error, "kind": each.kind, "nu": pair(each.exponents["nu"]),
         "latent_heat": pair(each.latent_heat)}
        for each in found.transitions
    ]  # fmt: skip
    return {
        "system": system.words, "window": system.window, "found": places, "known": system.known, "sizes": found.sizes,
        "none_probability": found.none_probability,
        "efficiency": [part.ceiling.get("efficiency") for part in found.windows if part.transitions],
        "nulls_found": list(found.doubtful), "seconds": seconds, "unsound": len(found.unsound),
        "settings": system.settings, "provenance": provenance(),
    }  # fmt: skip


def is_there(stored: dict[str, Any] | None, system: System) -> bool:
    """Return whether a row is what would be found again: of sources that are committed, for others may have changed."""
    now = provenance()
    if stored is None or "+" in str(now["commit"]):
        return False
    return (stored.get("settings"), stored["provenance"]) == (system.settings, now)


def main(arguments: Sequence[str] | None = None) -> None:
    """Search every system, compare, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--systems", nargs="*", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--out", type=Path, help="keep the recordings of each system in a folder of its name")
    options = parser.parse_args(arguments)
    path = RESULTS / f"finding-{options.preset}.json"
    rows = json.loads(path.read_text())["systems"] if path.exists() else {}
    for name in options.systems:
        system, start = SYSTEMS[name], time.perf_counter()
        if is_there(rows.get(name), system):
            print(name, "is there", rows[name], sep="\n", flush=True)
            continue
        out = options.out / name if options.out else None
        fresh = out is None or not out.exists()
        found = sl.find_transitions(
            system.model, kind=system.lattice, sizes=system.sizes, preset=options.preset, seed=SEED, out=out,
            **{system.axis: system.window, **system.controls},
        )  # fmt: skip
        # A search that was continued has no time of its own.
        rows[name] = row(system, found, round(time.perf_counter() - start, 1) if fresh else None)
        print(name, found, rows[name], sep="\n", flush=True)
        described = {"preset": options.preset, "seed": SEED, "systems": rows}
        write_atomically(path, (json.dumps(described, indent=2) + "\n").encode())


if __name__ == "__main__":
    main()
