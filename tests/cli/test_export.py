"""``spinlens export`` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_verbs import spinlens
from tests.data.write_golden import PATH


def test_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "images"
    assert spinlens("export", PATH, "--to", "images", "--out", out, "--chains", 2, "--draws", 1) == 0
    assert capsys.readouterr().out.strip() == str(out / "labels.csv")
    assert len((out / "labels.csv").read_text().splitlines()) == 1 + 2 * 2 * 2
    assert {path.name for path in out.iterdir() if path.is_dir()} == {"subcritical", "supercritical"}
    assert spinlens("export", PATH, "--to", "images", "--out", out, "--chains", 2, "--draws", 1) == 0


def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    assert spinlens("export", PATH, "--to", "images", "--out", tmp_path) == 2
    assert "Name a new or empty folder" in capsys.readouterr().err
    assert spinlens("export", tmp_path / "none", "--to", "images", "--out", tmp_path / "out") == 2
    assert spinlens("export", PATH, "--to", "images", "--out", tmp_path / "out", "--draws", 9) == 2
    assert "the ensemble has 1 to 2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert spinlens("export", PATH, "--to", "npz", "--out", tmp_path / "out.npz") == 0
    assert spinlens("export", PATH, "--to", "npz", "--out", tmp_path / "out.npz") == 2
    assert spinlens("export", PATH, "--to", "images", "--out", tmp_path / "out", "--classes", "2.1;3") == 2
