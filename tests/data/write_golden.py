"""Golden ensembles, which later versions must read and reproduce.

``golden.ens`` was written by the version that had the first format and stays as it is. The others are small ensembles
of the second format, one for each space and engine; write a new one, never an old one again, from the repository's
root: ``python tests/data/write_golden.py NAME``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from spinlens.ensemble import sample
from spinlens.lattices import Lattice
from spinlens.models import XY, BlumeCapel, Clock, Ising, Pattern, Potts, TransverseIsing
from spinlens.sampling import Plan

PATH = Path(__file__).with_name("golden.ens")
PLAN = Plan(
    model=Ising(), lattice=Lattice((4, 6)), temperature=(1.8, 2.6), field=(0.0, 0.3), chains=66, draws=2, recordings=4,
    interval=2, equilibration=20, algorithm="heat_bath", start="dispersed", seed=20,
)  # fmt: skip
_SHORT = {
    "chains": 66,
    "draws": 1,
    "recordings": 2,
    "interval": 2,
    "equilibration": 20,
    "algorithm": "heat_bath",
    "start": "dispersed",
    "seed": 20,
}
LATER = {
    "cubic": Plan(model=Ising(), lattice=Lattice((2, 4, 4)), temperature=(4.0, 5.0), field=(0.1,), **_SHORT),
    "cell": Plan(
        model=Ising(Pattern([[[1.0, 0.5]], [[0.7, 1.0]]])), lattice=Lattice((4, 4)), temperature=(1.5, 2.0), **_SHORT
    ),
    "blume_capel": Plan(
        model=BlumeCapel(), lattice=Lattice((4, 4)), temperature=(1.0, 1.5), crystal_field=(0.0, 1.0),
        engine="table", **_SHORT,
    ),
    "potts": Plan(
        model=Potts(3), lattice=Lattice((3, 4), kind="triangular"), temperature=(1.0, 1.5),
        **(_SHORT | {"algorithm": "swendsen_wang"}),
    ),
    "spins_on_planes": Plan(
        model=BlumeCapel(), lattice=Lattice((4, 9), "antiperiodic", "triangular"), temperature=(1.0, 2.5),
        crystal_field=(0.0, 1.0), field=(0.0, 0.2), engine="planes",
        **(_SHORT | {"algorithm": "seeded_clusters + 2 heat_bath"}),
    ),
    "colours_on_planes": Plan(
        model=Potts(5), lattice=Lattice((3, 4), ("free", "periodic")), temperature=(0.7, 1.0), engine="planes",
        **(_SHORT | {"algorithm": "seeded_clusters + metropolis + 2 heat_bath"}),
    ),
    "held_colours_on_planes": Plan(
        model=Potts(3), lattice=Lattice((2, 10), ((0, 2), "periodic"), "honeycomb"), temperature=(0.5, 0.8),
        field=(0.0, 0.3), engine="planes", **(_SHORT | {"algorithm": "metropolis"}),
    ),
    "clock": Plan(
        model=Clock(12), lattice=Lattice((6,), boundary="free"), temperature=(0.5, 1.0), engine="table", **_SHORT
    ),
    "xy": Plan(
        model=XY(), lattice=Lattice((3, 4), ("antiperiodic", "periodic")), temperature=(0.7, 1.0), field=(0.0, 0.2),
        **(_SHORT | {"algorithm": "swendsen_wang + wolff + 2 metropolis + 3 reflections"}),
    ),
    "angles": Plan(
        model=Clock(6, -1.0), lattice=Lattice((3, 3), kind="triangular"), temperature=(0.4, 0.6), engine="clock",
        **(_SHORT | {"algorithm": "metropolis + 2 reflections"}),
    ),
    "transverse_ising": Plan(
        model=TransverseIsing(-1.0), lattice=Lattice((3, 4), ("free", "periodic"), "triangular"),
        temperature=(0.5, 0.7), transverse_field=(0.8, 2.0), field=(0.0, 0.3),
        **(_SHORT | {"algorithm": "swendsen_wang"}),
    ),
    "mixture": Plan(
        model=Ising(), lattice=Lattice((4, 9), "antiperiodic", "triangular"), temperature=(2.0, 4.0), field=(0.0, 0.2),
        **(_SHORT | {"algorithm": "seeded_clusters + 2 metropolis"}),
    ),
}  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:]:
        sample(LATER[name], out=PATH.with_name(f"{name}.ens"), workers=1, progress=False)
