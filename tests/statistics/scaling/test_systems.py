"""The four systems of ``benchmarks/finite_size.py``, smaller and shorter, with the real sampler."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from spinlens.statistics.scaling import FiniteSize
from spinlens.testing.chance import count, tail

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "finite_size.py"

SMALLER = {
    "ising": ((6, 8, 12), (2.1, 2.55, 9)),
    "potts_3": ((8, 16, 24), (0.94, 1.08, 9)),
    "ising_3d": ((4, 6, 8), (4.0, 4.8, 9)),
    "potts_10": ((12, 16), (0.69, 0.72, 9)),
}


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("finite_size", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    # Dataclasses look their module up.
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setitem(sys.modules, "finite_size", module)
    specification.loader.exec_module(module)
    yield module
    monkeypatch.undo()


@pytest.mark.parametrize("name", list(SMALLER))
def test_what_is_known_is_found(script, name):
    sizes, temperature = SMALLER[name]
    system = replace(script.SYSTEMS[name], sizes=sizes, temperature=temperature, equilibration=2048)
    found = script.rows(system, FiniteSize(script.simulated(system, chains=64, recordings=200)))
    assert {row["quantity"] for row in found} == set(system.exact)
    count(len(found), tail(6.0, degrees=31))
    for row in found:
        # Sizes this small do not know the last percents, and two of them no limit of the growth of their peaks.
        slack = 0.15 if row["quantity"].startswith("d, ") else 0.02
        assert abs(row["value"] - row["exact"]) < 6 * row["error"] + slack * abs(row["exact"]), row
        assert row["error"] < 0.5 * abs(row["exact"]), row
