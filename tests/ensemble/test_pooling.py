"""Runs that become one, and a run that becomes larger: the bytes of a run that was asked for at once."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spinlens.cli.main import run
from spinlens.ensemble import extend, open_ensemble, pool, repair, simulate, verify
from spinlens.ensemble.writer import Writer
from spinlens.errors import DamagedError, IncompleteError, InputError
from spinlens.importing import import_configurations
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan
from tests.ensemble.tiny import contents

GRID: dict[str, Any] = {
    "temperature": [2.0, 2.5], "field": [0.0, 0.3], "recordings": 16, "equilibration": 32, "progress": False,
}  # fmt: skip

SAMPLING: Any = sys.modules["spinlens.ensemble.simulate"]
"""The module, whose name in its room is that of the function."""


def made(out: Path, **settings: Any) -> Path:
    simulate(Ising(), (4, 6), out=out, **{**GRID, **settings})
    return out


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    return [made(folder / str(seed), seed=seed, chains=16) for seed in (4, 1, 7)]


@pytest.mark.filterwarnings("ignore::spinlens.errors.EquilibrationWarning")
def test_pooled_is_what_all_seeds_give_at_once(runs: list[Path], tmp_path: Path, monkeypatch: Any) -> None:
    together = made(tmp_path / "together", seed=(4, 1, 7), chains=48)
    monkeypatch.setattr(SAMPLING, "run_unit", lambda *_, **__: pytest.fail("sampled again"))
    pooled = pool(runs, out=tmp_path / "pooled", progress=False)
    assert contents(tmp_path / "pooled") == contents(together)
    for k, path in enumerate(runs):
        np.testing.assert_array_equal(pooled.codes()[:, :, 16 * k : 16 * k + 16], open_ensemble(path).codes())
    # Pairs first, then the third, and the same command once more, are the same.
    pair = pool(runs[:2], out=tmp_path / "pair", progress=False)
    again = pool([pair, runs[2]], out=tmp_path / "again", progress=False)
    assert contents(tmp_path / "again") == contents(together)
    assert pool(runs, out=tmp_path / "again", progress=False).plan == again.plan


@pytest.mark.filterwarnings("ignore::spinlens.errors.EquilibrationWarning")
def test_it_is_an_ensemble_like_any_other(runs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "pooled"
    pool(runs, out=out, progress=False)
    before = contents(out)
    assert verify(out).intact
    assert open_ensemble(out).improved_observables(field=0.0).susceptibility.shape == (2,)
    damaged = sorted((out / "spins").glob("c.*"))[-1]
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    (found,) = verify(out).damages
    assert found.chains == (32, 47)
    assert repair(out, progress=False).units == ("field=1 block=2",)
    assert contents(out) == before


@pytest.mark.filterwarnings("ignore::spinlens.errors.EquilibrationWarning")
@pytest.mark.parametrize(("few", "many"), [(64, 192), (100, 130), (16, 64)])
def test_extended_is_what_more_chains_give_at_once(few: int, many: int, tmp_path: Path, monkeypatch: Any) -> None:
    whole = made(tmp_path / "whole", chains=many, seed=2)
    source, sampled = made(tmp_path / "source", chains=few, seed=2), []
    right = SAMPLING.run_unit
    monkeypatch.setattr(SAMPLING, "run_unit", lambda *a, **k: sampled.append(a[1]) or right(*a, **k))
    extend(source, chains=many, out=tmp_path / "extended", progress=False, workers=1)
    assert contents(tmp_path / "extended") == contents(whole)
    # Whole blocks are taken over.
    assert len(sampled) == 2 * (-(-many // 64) - few // 64)


@pytest.mark.filterwarnings("ignore::spinlens.errors.EquilibrationWarning")
def test_interrupted_where_a_copy_is_made(runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right, calls = Writer.take_over, []

    def interrupted(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        right(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "take_over", interrupted)
        with pytest.raises(IncompleteError, match="Run the same command again"):
            pool(runs, out=tmp_path / "pooled", progress=False)
    assert len(open_ensemble(tmp_path / "pooled").missing_units) == 3
    pool(runs, out=tmp_path / "pooled", progress=False)
    pool(runs, out=tmp_path / "straight", progress=False)
    assert contents(tmp_path / "pooled") == contents(tmp_path / "straight")


@pytest.mark.filterwarnings("ignore::spinlens.errors.EquilibrationWarning")
def test_what_cannot_be_pooled(runs: list[Path], tmp_path: Path) -> None:
    out: dict[str, Any] = {"out": tmp_path / "none", "progress": False}
    copy = shutil.copytree(runs[0], tmp_path / "copy")
    with pytest.raises(InputError, match="have the seed 4 in common, so they hold the same chains"):
        pool([runs[0], copy], **out)
    with pytest.raises(InputError, match="must be at least two runs"):
        pool(runs[:1], **out)
    with pytest.raises(InputError, match=r"differ in more than their seeds: chains\. Extend those of fewer"):
        pool([runs[0], made(tmp_path / "more", seed=9, chains=32)], **out)
    with pytest.raises(InputError, match="differ in more than their seeds: temperature, controls"):
        pool([runs[0], made(tmp_path / "warm", seed=9, chains=16, temperature=[2.0, 2.6], field=0.0)], **out)
    with pytest.raises(InputError, match="lies in memory"):
        pool([runs[0], simulate(Ising(), (4, 6), **{**GRID, "seed": 8})], **out)
    spins = np.ones((16, 4, 6), dtype=np.int8)
    imported = import_configurations(
        spins, axes="chain x y", lattice=(4, 6), model=Ising(), temperature=2.0, out=tmp_path / "imported"
    )  # fmt: skip
    with pytest.raises(InputError, match="was imported"):
        extend(imported, chains=64, **out)
    with pytest.raises(InputError, match="must be more than the 16 that are there"):
        extend(runs[0], chains=16, **out)
    damaged = next((copy / "spins").glob("c.*"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    with pytest.raises(DamagedError, match=r"Repair .* first"):
        pool([copy, runs[1]], **out)
    unfinished = shutil.copytree(runs[0], tmp_path / "unfinished")
    log = (unfinished / "log.jsonl").read_bytes().splitlines(keepends=True)
    (unfinished / "log.jsonl").write_bytes(b"".join(log[:2]))
    with pytest.raises(IncompleteError, match="lacks 3 units"):
        pool([unfinished, runs[1]], **out)


def test_seeds_of_a_plan() -> None:
    def plan(seed: Any, chains: int) -> Plan:
        return Plan(model=Ising(), lattice=Lattice((4, 4)), temperature=2.0, seed=seed, chains=chains)

    assert plan([5], 100).seed == 5
    several = plan(np.array([5, 2]), 256)
    assert Plan.from_dict(several.to_dict()) == several
    assert [several.blocks.origin(block) for block in range(4)] == [(5, 0), (5, 1), (2, 0), (2, 1)]
    for seed, chains, why in (
        ((1, 1), 64, "must be different from each other"), ((), 64, "at least one"), ((1, 2), 65, "must be a multiple"),
        ((1, 2), 200, "are 100 for each seed"), ((1, -2), 64, "whole number >= 0"), ("12", 64, "whole number >= 0"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=why):
            plan(seed, chains)


def test_the_shell(runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def shell(*words: object) -> int:
        with pytest.raises(SystemExit) as caught:
            run([str(word) for word in words])
        return int(caught.value.code or 0)

    assert shell("pool", *runs, "--out", tmp_path / "pooled") == 0
    assert "48 chain" in capsys.readouterr().out
    assert shell("extend", runs[0], "--chains", 32, "--out", tmp_path / "extended") == 0
    assert "32 chain" in capsys.readouterr().out
    assert shell("pool", runs[0], "--out", tmp_path / "one") == 2
