"""Where no replicas cross, and whether what is advised closes the gap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.ensemble import equilibration_summary, simulate
from spinlens.ensemble.exchange_gaps import STEP, exchange_gaps, gap_sentence
from spinlens.ensemble.judgement import sentence
from spinlens.errors import EquilibrationWarning
from spinlens.models import Ising

SCHEDULE: dict[str, Any] = {"recordings": 32, "equilibration": 256, "seed": 2, "progress": False}


def test_the_step_is_one_that_a_fifth_of_all_swaps_takes() -> None:
    random = np.random.default_rng(1)
    # Energies of deviation 1, whose mean falls by the step times the variance.
    cold, hot = random.normal(0, 1, 200_000) - STEP, random.normal(0, 1, 200_000)
    accepted = np.minimum(1, np.exp(STEP * (cold - hot))).mean()
    assert 0.19 < accepted < 0.21


@pytest.mark.filterwarnings("ignore::spinlens.errors.EquilibrationWarning")
def test_what_is_advised_closes_the_gap() -> None:
    wide = simulate(Ising(), (24, 24), temperature=[1.2, 2.0, 2.1, 3.2], **SCHEDULE)
    gaps = exchange_gaps(wide)
    assert [gap["temperature"] for gap in gaps] == [[1.2, 2.0], [2.1, 3.2]]
    assert all(gap["acceptance"] < 1e-3 for gap in gaps)
    more = [t for gap in gaps for t in gap["add"]]
    assert len(more) <= 10
    closed = simulate(Ising(), (24, 24), temperature=sorted([*wide.plan.temperature, *more]), **SCHEDULE)
    assert exchange_gaps(closed) == []
    assert closed.exchange_acceptance.min() > 0.05
    said = gap_sentence(gaps)
    assert said.startswith("No replicas cross between h 0, T 1.2 and 2 (add ")
    assert said.count("add") == 2


def test_it_is_said_where_chains_need_help_and_only_there() -> None:
    with pytest.warns(EquilibrationWarning, match="not equilibrated.*No replicas cross between h 0, T 1 and 2.27"):
        simulate(
            Ising(), (64, 64), temperature=[1.0, 2.27], algorithm="heat_bath",
            **{**SCHEDULE, "equilibration": 8},
        )  # fmt: skip
    sound = simulate(Ising(), (24, 24), temperature=[4.0, 9.0], **{**SCHEDULE, "recordings": 64})
    summary = equilibration_summary(sound)
    assert len(summary["uncrossed"]) == 1
    assert "cross" not in sentence(summary)
    assert exchange_gaps(simulate(Ising(), (8, 8), temperature=[1.0, 9.0], exchange=False, **SCHEDULE)) == []
