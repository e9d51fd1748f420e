"""An ensemble that an earlier version wrote still opens, and is sampled again to the same bytes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from spinlens.ensemble import open_ensemble, repair, sample, verify
from spinlens.ensemble.layout import FORMAT_VERSION, READABLE
from tests.data.write_golden import LATER, PATH, PLAN
from tests.ensemble.tiny import contents

GOLDEN_ENERGY = -1.8775252525
"""Average of the stored energies at T = 1.8 and zero field, written down when the data were."""


def test_the_golden_ensemble_is_of_the_first_format_and_small() -> None:
    assert json.loads((PATH / "zarr.json").read_text())["attributes"]["format_version"] == 1
    assert FORMAT_VERSION in READABLE
    assert 1 in READABLE
    assert sum(file.stat().st_size for file in PATH.rglob("*") if file.is_file()) < 60_000


def test_it_opens() -> None:
    found = verify(PATH)
    assert found.intact
    assert found.missing == ()
    ensemble = open_ensemble(PATH)
    assert ensemble.plan == PLAN
    assert ensemble.spins().shape == (2, 2, 66, 2, 4, 6)
    np.testing.assert_allclose(float(ensemble.energy[0, 0].mean()), GOLDEN_ENERGY, rtol=1e-10)
    spins = ensemble.spins().astype(int)
    np.testing.assert_array_equal(spins.sum(("x", "y")), ensemble.sums["spin_sum"])


def test_it_is_sampled_again_to_the_same_bytes(tmp_path: Path) -> None:
    sample(open_ensemble(PATH).plan, out=tmp_path / "again", workers=2, progress=False)
    golden, again = contents(PATH), contents(tmp_path / "again")
    assert golden.keys() == again.keys()
    drawn = [file for file in golden if "/c." in file and not file.startswith(("r_hat", "effective", "equilibrated"))]
    assert len(drawn) == 5 * 4 + 2
    assert {file: again[file] for file in drawn} == {file: golden[file] for file in drawn}
    # Diagnostics pass through libraries that may round otherwise in another version.
    old, new = open_ensemble(PATH).diagnostics, open_ensemble(tmp_path / "again").diagnostics
    for name in old:
        np.testing.assert_allclose(old[name].astype(float), new[name].astype(float), rtol=1e-9)


def test_it_is_repaired(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(PATH, tmp_path / "copy"))
    for file in copy.glob("spins/c.*"):
        file.write_bytes(file.read_bytes()[:10])
    assert len(repair(copy, workers=1, progress=False).damages) == 4
    assert contents(copy) == contents(PATH)


def test_it_is_continued_where_it_was_left(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(PATH, tmp_path / "copy"))
    journal = copy / "log.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:2]))
    sample(PLAN, out=copy, workers=1, progress=False)
    assert contents(copy) == contents(PATH)
    assert verify(copy).intact


def test_every_space_has_a_golden_ensemble_of_the_second_format(tmp_path: Path) -> None:
    """What was stored by the first version that had a model must stay readable, and be sampled again to its bytes."""
    for name, plan in LATER.items():
        path = PATH.with_name(f"{name}.ens")
        assert verify(path).intact, name
        assert open_ensemble(path).plan == plan
        sample(plan, out=tmp_path / name, workers=1, progress=False)
        stored, again = contents(path), contents(tmp_path / name)
        drawn = [file for file in stored if "/c." in file and not file.startswith(("r_hat", "effective", "equil"))]
        assert {file: again[file] for file in drawn} == {file: stored[file] for file in drawn}, name
