"""Bad input ends in one sentence that names the way out, exit code 2, and nothing on the disk."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spinlens as sl
from spinlens.cli.main import run
from spinlens.errors import InputError

SHELL = {
    "--model blume_capl": "Did you mean 'blume_capel'",
    "--model potts:states=1": "must be a whole number from 2 to 64",
    "--model potts:colours=3": "Known: coupling, states",
    "--lattice triangle": "Did you mean 'triangular'",
    "--axis crystal_field=1": "the controls of ising are temperature, field",
    "--model lattice_gas --axis chemical_potental=1": "Did you mean 'chemical_potential'",
    "--model potts:states=3 --boundary antiperiodic": "means nothing for colours",
    "--boundary periodc": "Did you mean 'periodic'",
    "--algorithm heatbath": "Did you mean 'heat_bath'",
    "--lattice triangular --model lattice_gas --algorithm wolff": "metropolis, seeded_clusters, from_the_past, auto",
    "--shape 6 --algorithm metropolis": "Use heat_bath",
    "--coupling 1e308": "of at most 1e+150",
    "--draws 1000000000000": "Lower draws",
    "--chains 1000000000000": "units of work",
    "--samples 3": "ising has no quenched disorder",
    "--model random-field-ising --samples 0": "must be a whole number >= 1",
    "--model random_field_ising --axis disorder=-1,1": "must be >= 0",
    "--model random_bond_ising:negative=1.5": "from 0 to 1",
    "--model random_field_ising:distribution=gaussain": "Did you mean 'gaussian'",
    "--start hot": "Known: dispersed, ground",
    "--temperature 0": "must be > 0",
    "--temperature 1e-300": "must be",
    "--tempertaure 2": "--temperature",
}
PYTHON: dict[str, tuple[Callable[[], Any], str]] = {
    "tables that are not symmetric": (lambda: sl.Pairwise((0, 1), [[0, 1], [2, 0]]), "symmetric"),
    "tables of the wrong shape": (lambda: sl.Pairwise((0, 1, 2), np.eye(2)), "3"),
    "a site table of the wrong length": (lambda: sl.Pairwise((0, 1), np.eye(2), site={"field": [0, 1, 2]}), "2"),
    "a pattern that does not tile": (lambda: sl.Ising(sl.Pattern(np.ones((2, 3, 3)))), "tile"),
}  # fmt: skip


@pytest.mark.parametrize("words", SHELL)
def test_one_sentence_and_nothing_written(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "bad.ens"
    plain = {"--temperature": "2", "--shape": "4x4", "--out": str(out)}
    given = shlex.split(words)
    line = given + [part for name, value in plain.items() if name not in given for part in (name, value)]
    with pytest.raises(SystemExit) as caught:
        run(["simulate", *line])
    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert said.startswith("spinlens: ")
    assert said.count("\n") == 1
    assert SHELL[words] in said
    assert not out.exists()


@pytest.mark.parametrize("name", PYTHON)
def test_tables_and_patterns_are_checked_before_anything_is_written(name: str, tmp_path: Path) -> None:
    make, why = PYTHON[name]
    with pytest.raises(InputError, match=why):
        sl.simulate(make(), sl.Lattice((4, 4)), temperature=2.0, out=tmp_path / "bad.ens", progress=False)
    assert not (tmp_path / "bad.ens").exists()
