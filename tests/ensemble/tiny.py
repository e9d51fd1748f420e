"""A plan of six units of work that is sampled in a moment, and what its files must be."""

from __future__ import annotations

from pathlib import Path

from spinlens.ensemble.journal import NAME as JOURNAL
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan

PLAN = Plan(
    model=Ising(), lattice=Lattice((6, 10)), temperature=(1.5, 2.2, 3.0), field=(-0.2, 0.0, 0.3), chains=70, draws=2,
    recordings=6, interval=2, equilibration=10, seed=1,
)  # fmt: skip

COMMITS = 10
"""The description, six units, two blocks of chains at each of three fields, and the diagnostics of each field."""


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below ``folder`` but the journal, which knows of the clock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / JOURNAL
    }
