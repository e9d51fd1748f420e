"""Write ``golden.ens``: a small ensemble of the present format version, which later versions must read and reproduce.

Run it once for every format version, from the repository's root: ``python tests/data/write_golden.py``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from spinlens.ensemble import sample
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan

PATH = Path(__file__).with_name("golden.ens")
PLAN = Plan(
    model=Ising(), lattice=Lattice((4, 6)), temperature=(1.8, 2.6), field=(0.0, 0.3), chains=66, draws=2, thin=2,
    interval=2, equilibration=20, start="dispersed", seed=20,
)  # fmt: skip

if __name__ == "__main__":
    shutil.rmtree(PATH, ignore_errors=True)
    sample(PLAN, out=PATH, workers=1, progress=False)
