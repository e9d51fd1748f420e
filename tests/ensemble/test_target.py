"""Sampling until an error is reached: as small as it was asked for, the same whoever interrupts, and bounded."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spinlens.ensemble import open_ensemble, sample, simulate, target
from spinlens.ensemble.target import check_target, excess
from spinlens.errors import IncompleteError, InputError
from spinlens.exact.ising import kaufman_torus
from spinlens.models import Ising
from spinlens.testing.chance import within
from tests.ensemble.tiny import contents

GRID: dict[str, Any] = {"temperature": [2.0, 2.3, 3.0], "seed": 3, "progress": False, "workers": 1}
ASKED = {"energy": 1e-3}


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("target") / "out"
    simulate(Ising(), (8, 8), **GRID, target=ASKED, out=out)
    return out


def test_the_error_is_reached_and_true(reached: Path) -> None:
    ensemble = open_ensemble(reached)
    found = ensemble.observables()
    assert float(found["energy_error"].max()) <= 1e-3
    # Of the order of what it takes: 8 x 8 sites with a specific heat around 1 have 0.02 in one recording of 64 chains.
    assert 64 * 8 < ensemble.plan.recordings < 64 * 64
    exact = kaufman_torus((8, 8), np.array(GRID["temperature"])).energy
    assert within(found["energy"].values[0], exact, found["energy_error"].values[0])
    assert not list(reached.parent.glob(".*"))


def test_it_is_the_plan_with_as_many_recordings(reached: Path, tmp_path: Path) -> None:
    plan = open_ensemble(reached).plan
    sample(plan, out=tmp_path / "alone", workers=2, progress=False)
    assert contents(tmp_path / "alone") == contents(reached)
    in_memory = simulate(Ising(), (8, 8), **GRID, target=ASKED)
    assert in_memory.plan == plan
    np.testing.assert_array_equal(in_memory.series["bond_sum"], open_ensemble(reached).series["bond_sum"])


def test_what_is_there_is_not_sampled_again(reached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "sample", lambda *_, **__: pytest.fail("sampled again"))
    again = simulate(Ising(), (8, 8), **GRID, target=ASKED, out=reached)
    assert again.path == reached
    easier = simulate(Ising(), (8, 8), **GRID, target={"energy": 1e-2}, out=reached)
    assert easier.path == reached
    with pytest.raises(InputError, match="does not reach the target"):
        simulate(Ising(), (8, 8), **GRID, target={"energy": 1e-5}, out=reached)
    with pytest.raises(InputError, match="another configuration"):
        simulate(Ising(), (8, 8), **{**GRID, "seed": 4}, target=ASKED, out=reached)


@pytest.mark.parametrize("round_", [0, 1, 2])
def test_interrupted_in_any_round(round_: int, reached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, taken = tmp_path / "out", []

    def interrupted(plan: Any, **options: Any) -> Any:
        taken.append(plan.recordings)
        if len(taken) > round_:
            raise IncompleteError("interrupted")
        return sample(plan, **options)

    monkeypatch.setattr(target, "sample", interrupted)
    with pytest.raises(IncompleteError):
        simulate(Ising(), (8, 8), **GRID, target=ASKED, out=out)
    assert not out.exists()
    monkeypatch.setattr(target, "sample", sample)
    simulate(Ising(), (8, 8), **GRID, target=ASKED, out=out)
    assert contents(out) == contents(reached)
    assert not list(tmp_path.glob(".*"))


def test_killed_within_a_round(reached: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = (
        "import os, signal\nfrom spinlens.ensemble import simulate, target\nfrom spinlens.models import Ising\n"
        "from spinlens.sampling.engines.bits.walkers import BitWalkers\n"
        "sweep, made = BitWalkers.sweep, []\n"
        "def doomed(self, here):\n"
        "    made.append(here)\n"
        "    if len(made) == 900: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    sweep(self, here)\n"
        "BitWalkers.sweep = doomed\n"
        f"simulate(Ising(), (8, 8), **{GRID!r}, target={ASKED!r}, out={str(out)!r})\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    assert (tmp_path / ".out.rounds").is_dir()
    simulate(Ising(), (8, 8), **GRID, target=ASKED, out=out)
    assert contents(out) == contents(reached)
    assert not list(tmp_path.glob(".*"))


def test_of_several_targets_the_hardest_counts(reached: Path) -> None:
    ensemble = open_ensemble(reached)
    found = ensemble.observables()
    worst = {name: float(found[f"{name}_error"].max()) for name in ("energy", "absolute_magnetization")}
    assert excess(ensemble, worst) == pytest.approx(1)
    assert excess(ensemble, {**worst, "energy": worst["energy"] / 3}) == pytest.approx(9)
    assert excess(ensemble, {name: 2 * error for name, error in worst.items()}) == pytest.approx(0.25)


@pytest.mark.parametrize(
    "asked", [{}, {"energy": 0}, {"energy": -1.0}, {"energy": float("nan")}, {"energy": True}, 1e-3]
)
def test_what_is_no_target(asked: Any) -> None:
    with pytest.raises(InputError, match=r"^target"):
        check_target(asked)


def test_a_name_that_is_no_observable_is_refused_before_anything_is_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "sample", None)
    with pytest.raises(InputError, match=r"is no observable with an error\. There are absolute_magnetization, binder"):
        simulate(Ising(), (8, 8), **GRID, target={"energi": 1e-3}, out=tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_reached_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="times as many chains, or a larger error"):
        simulate(Ising(), (8, 8), **GRID, target={"energy": 1e-9}, out=tmp_path / "out")
    assert not list(tmp_path.iterdir())
