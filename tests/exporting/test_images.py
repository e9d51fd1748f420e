"""An exported ensemble is the ensemble: every image, every label; interrupted or not."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spinlens as sl
from spinlens.ensemble import Ensemble, sample
from spinlens.errors import InputError
from spinlens.exporting import images
from spinlens.images import read_images
from spinlens.images.files import decode_png
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, Model, Potts
from spinlens.sampling import Plan

PLAN = Plan(
    model=Ising(), lattice=Lattice.skewed((6, 10)), temperature=(1.0, 2.0, 2.2, 3.0), field=(0.0, 0.2), chains=3,
    draws=2, equilibration=20, seed=7,
)  # fmt: skip


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return sample(PLAN, workers=1, progress=False)


def exported(ensemble: Ensemble, out: Path, **options: Any) -> Path:
    return sl.export(ensemble, out, format="images", **options)


def rows(table: Path) -> list[dict[str, str]]:
    with table.open() as file:
        return list(csv.DictReader(file))


def everything(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_images_and_labels_are_those_of_the_ensemble(ensemble: Ensemble, tmp_path: Path) -> None:
    table = rows(exported(ensemble, tmp_path / "out", progress=False))
    assert len(table) == len(list((tmp_path / "out").rglob("*.png"))) == 2 * 4 * 3 * 2
    spins = read_images([tmp_path / "out" / row["file"] for row in table])
    np.testing.assert_array_equal(spins.reshape(2, 4, 3, 2, 6, 10), ensemble.spins())
    for name in ("energy", "magnetization"):
        values = np.array([float(row[name]) for row in table]).reshape(2, 4, 3, 2)
        np.testing.assert_array_equal(values, getattr(ensemble, name))
    regions = ["far_subcritical", "subcritical", "critical", "supercritical"]
    for row in table:
        assert (
            row["region"] == Path(row["file"]).parent.name == regions[PLAN.temperature.index(float(row["temperature"]))]
        )
        assert float(row["field"]) in PLAN.controls["field"]


def test_a_part_of_it(ensemble: Ensemble, tmp_path: Path) -> None:
    table = rows(exported(ensemble, tmp_path, chains=2, draws=1, progress=False))
    assert {(row["chain"], row["draw"]) for row in table} == {("0", "0"), ("1", "0")}
    for name in ("chains", "draws"):
        with pytest.raises(InputError, match="the ensemble has 1 to"):
            exported(ensemble, tmp_path / "more", **{name: 4}, progress=False)
    assert not (tmp_path / "more").exists()


@pytest.mark.parametrize("writes", [0, 1, 10, 48])
def test_it_continues_after_an_interruption(
    ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    whole = exported(ensemble, tmp_path / "whole", progress=False).parent
    real, left = images.write_atomically, [writes]

    def interrupted(path: Path, data: bytes, **more: bool) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(path, data, **more)

    monkeypatch.setattr(images, "write_atomically", interrupted)
    with pytest.raises(KeyboardInterrupt):
        exported(ensemble, tmp_path / "out", progress=False)
    assert not (tmp_path / "out" / "labels.csv").exists()
    monkeypatch.setattr(images, "write_atomically", real)
    exported(ensemble, tmp_path / "out", progress=False)
    assert everything(tmp_path / "out") == everything(whole)


def test_a_damaged_image_is_written_again(ensemble: Ensemble, tmp_path: Path) -> None:
    table = exported(ensemble, tmp_path, progress=False)
    file = tmp_path / rows(table)[5]["file"]
    whole = file.read_bytes()
    file.write_bytes(whole[:20])
    exported(ensemble, tmp_path, progress=False)
    assert file.read_bytes() == whole


def test_foreign_folders_are_left_alone(ensemble: Ensemble, tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("x")
    exported(ensemble, tmp_path / "other", draws=1, progress=False)
    (tmp_path / "file").write_text("x")
    for name in ("foreign", "other", "file"):
        before = everything(tmp_path)
        with pytest.raises(InputError) as caught:
            exported(ensemble, tmp_path / name, progress=False)
        assert caught.value.what == "out"
        assert everything(tmp_path) == before


def test_temperatures_without_a_region_have_no_name(tmp_path: Path) -> None:
    plan = Plan(model=Ising(), lattice=Lattice((4, 4)), temperature=(3.0, 5.0), chains=1)
    table = rows(exported(sample(plan, workers=1, progress=False), tmp_path / "out", progress=False))
    assert [row["region"] for row in table] == ["supercritical", "none"]


def test_regions_are_in_units_of_the_coupling(tmp_path: Path) -> None:
    double = Plan(model=Ising(2.0), lattice=Lattice((4, 4)), temperature=(4.0, 5.0, 7.0), chains=1)
    table = rows(exported(sample(double, workers=1, progress=False), tmp_path / "out", progress=False))
    assert [row["region"] for row in table] == ["subcritical", "supercritical", "supercritical"]
    two = Plan(model=Ising((1.0, 0.5)), lattice=Lattice((4, 4)), temperature=(1.0,), chains=1)
    with pytest.raises(InputError, match="one coupling"):
        exported(sample(two, workers=1, progress=False), tmp_path / "two", progress=False)


@pytest.mark.parametrize(
    ("model", "lattice"),
    [(Potts(5), Lattice((3, 4), kind="triangular")), (BlumeCapel(), Lattice((2, 3, 4))), (Clock(200), Lattice((7,)))],
)  # fmt: skip
def test_every_space_is_drawn_without_loss(model: Model, lattice: Lattice, tmp_path: Path) -> None:
    plan = Plan(model=model, lattice=lattice, temperature=(1.5,), chains=2, start="random", equilibration=8)
    ensemble = sample(plan, workers=1, progress=False)
    table = rows(exported(ensemble, tmp_path, progress=False))
    assert {row["region"] for row in table} == {"none"}
    codes = ensemble.codes().values.reshape(2, -1)
    for row, expected in zip(table, codes, strict=True):
        data = (tmp_path / row["file"]).read_bytes()
        np.testing.assert_array_equal(decode_png(data, model.space.states).ravel(), expected)


def test_classes_between_temperatures_and_of_conditions(ensemble: Ensemble, tmp_path: Path) -> None:
    table = rows(exported(ensemble, tmp_path / "edges", classes=[2.0, 2.5], progress=False))
    names = ["0_up_to_2", "1_2_to_2.5", "2_above_2.5"]
    assert [row["class"] for row in rows(tmp_path / "edges" / "classes.csv")] == names
    # 2.0 stands on an edge and belongs to the colder class.
    expected = {"1.0": "0", "2.0": "0", "2.2": "1", "3.0": "2"}
    for row in table:
        assert row["label"] == expected[row["temperature"]]
        assert row["class"] == row["file"].split("/")[0] == names[int(row["label"])]
    table = rows(exported(ensemble, tmp_path / "conditions", classes="conditions", progress=False))
    index = {row["label"]: row["class"] for row in rows(tmp_path / "conditions" / "classes.csv")}
    assert index["5"] == "5_field_0.2_temperature_2"
    assert list(index.values()) == sorted(index.values())
    for row in table:
        assert float(index[row["label"]].split("_")[-1]) == float(row["temperature"])
        assert float(index[row["label"]].split("_")[2]) == float(row["field"])
    for wrong in ([2.5, 2.0], [], "region", [float("nan")]):
        with pytest.raises(InputError, match="classes"):
            exported(ensemble, tmp_path / "wrong", classes=wrong, progress=False)
    assert not (tmp_path / "wrong").exists()
