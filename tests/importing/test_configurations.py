"""Whatever form configurations come in, they become the same draws and sums; what is not said is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

import spinlens as sl
from spinlens.cli.main import run
from spinlens.ensemble import repair, verify
from spinlens.errors import DamagedError, InputError
from spinlens.images.files import encode_png
from spinlens.models import Unspecified
from spinlens.sampling import Plan

TEMPERATURES, FIELDS = (1.5, 2.3, 3.5), (0.0, 0.5)
SHAPE = (4, 6)


@pytest.fixture(scope="module")
def sampled() -> sl.Ensemble:
    """An ensemble to give away and get back."""
    return sl.simulate(
        sl.Ising(), SHAPE, temperature=TEMPERATURES, field=FIELDS, chains=70, draws=2, recordings=2, seed=4,
        progress=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def spins(sampled: sl.Ensemble) -> np.ndarray:
    """Over (field, temperature, chain, draw, x, y)."""
    return sampled.spins().values


def same(found: sl.Ensemble, sampled: sl.Ensemble) -> None:
    assert found.sizes == sampled.sizes
    assert np.array_equal(found.spins(), sampled.spins())
    for name in sampled.sums:
        assert np.array_equal(found.sums[name], sampled.sums[name]), name


EVERY = "field temperature chain draw x y"
LABELS: dict[str, Any] = {"temperature": TEMPERATURES, "field": FIELDS}
ISING: dict[str, Any] = {"model": sl.Ising(), "lattice": SHAPE}


def test_configurations_come_back_with_their_sums(sampled: sl.Ensemble, spins: np.ndarray, tmp_path: Path) -> None:
    found = sl.import_configurations(spins, axes=EVERY, **ISING, **LABELS, out=tmp_path / "back.ens")
    same(found, sampled)
    same(sl.open_ensemble(tmp_path / "back.ens"), sampled)
    mine, theirs = found.observables(), sampled.observables()
    # The same recordings, so the same numbers and the same errors.
    assert all(np.allclose(mine[name], theirs[name], equal_nan=True) for name in theirs)


FORMS: dict[str, Callable[[np.ndarray], tuple[np.ndarray, dict[str, Any]]]] = {
    "zeros and ones": lambda s: ((s + 1) // 2, {"axes": EVERY, "values": (0, 1)}),
    "ones for down": lambda s: ((s < 0).astype(int), {"axes": EVERY, "values": (1, 0)}),
    "sides first": lambda s: (s.transpose(4, 5, 0, 1, 2, 3), {"axes": "x y field temperature chain draw"}),
    "sides swapped": lambda s: (s.swapaxes(-1, -2), {"axes": "field temperature chain draw y x"}),
    "rows": lambda s: (s.reshape(*s.shape[:4], -1), {"axes": "field temperature chain draw site"}),
    "columns": lambda s: (
        s.swapaxes(-1, -2).reshape(*s.shape[:4], -1), {"axes": "field temperature chain draw site", "order": "F"},
    ),
    "falling temperatures": lambda s: (s[:, ::-1], {"axes": EVERY, "temperature": TEMPERATURES[::-1]}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same(form: str, sampled: sl.Ensemble, spins: np.ndarray) -> None:
    given, options = FORMS[form](spins)
    same(sl.import_configurations(given, **ISING, **{**LABELS, **options}), sampled)


def test_labels_of_every_configuration_in_any_order(sampled: sl.Ensemble, spins: np.ndarray) -> None:
    one = spins[:, :, :, 0]
    field, temperature = np.meshgrid(FIELDS, TEMPERATURES, indexing="ij")
    labels = {"field": np.repeat(field.reshape(-1), 70), "temperature": np.repeat(temperature.reshape(-1), 70)}
    flat = one.reshape(-1, *SHAPE)
    # Conditions are mixed, and within each the order stays.
    mixed = np.argsort(np.tile(np.arange(70), 6), kind="stable")
    mixed_labels = {name: values[mixed] for name, values in labels.items()}
    found = sl.import_configurations(flat[mixed], axes="chain x y", **ISING, **mixed_labels)
    assert np.array_equal(found.spins().values[:, :, :, 0], one)
    assert found.sizes["chain"] == 70
    assert sl.import_configurations(flat, axes="draw x y", **ISING, **labels).sizes["draw"] == 70


def write_npz(folder: Path, s: np.ndarray) -> tuple[Any, dict[str, Any]]:
    np.savez(folder / "a.npz", spins=s[0, :, :, 0], T=TEMPERATURES)
    return folder / "a.npz", {"axes": "temperature chain x y", "temperature": "T"}


def write_npy_each(folder: Path, s: np.ndarray) -> tuple[Any, dict[str, Any]]:
    for t in range(3):
        np.save(folder / f"{t}.npy", s[0, t, :, 0])
    return folder, {"axes": "chain x y", "files": "temperature", "temperature": TEMPERATURES}


def write_text(folder: Path, s: np.ndarray) -> tuple[Any, dict[str, Any]]:
    np.savetxt(folder / "a.txt", s[0, :, :, 0].reshape(210, -1), fmt="%d")
    return folder / "a.txt", {"axes": "chain site", "temperature": np.repeat(TEMPERATURES, 70)}


def write_csv(folder: Path, s: np.ndarray) -> tuple[Any, dict[str, Any]]:
    table = np.column_stack([np.repeat(TEMPERATURES, 70), s[0, :, :, 0].reshape(210, -1)])
    heading = ",".join(["T", *(f"s{k}" for k in range(24))])
    np.savetxt(folder / "a.csv", table, delimiter=",", header=heading, comments="")
    return folder / "a.csv", {"axes": "chain site", "temperature": "T"}


def write_hdf5(folder: Path, s: np.ndarray) -> tuple[Any, dict[str, Any]]:
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "a.h5", "w") as file:
        file["run/spins"], file["run/T"] = s[0, :, :, 0], TEMPERATURES
    return folder / "a.h5", {
        "axes": "temperature chain x y", "temperature": "run/T", "dataset": "run/spins",
    }  # fmt: skip


def write_mat(folder: Path, s: np.ndarray) -> tuple[Any, dict[str, Any]]:
    savemat(folder / "a.mat", {"spins": s[0, :, :, 0].transpose(2, 3, 1, 0), "T": TEMPERATURES})
    return folder / "a.mat", {"axes": "x y chain temperature", "temperature": "T"}


def write_png(folder: Path, s: np.ndarray) -> tuple[Any, dict[str, Any]]:
    codes = (s[0, :, :, 0].reshape(210, *SHAPE) > 0).astype(np.uint8)
    for k, each in enumerate(codes):
        (folder / f"{k:03}.png").write_bytes(encode_png(each))
    return folder, {"axes": "x y", "files": "chain", "values": (0, 255), "temperature": np.repeat(TEMPERATURES, 70)}


FILES = [write_npz, write_npy_each, write_text, write_csv, write_hdf5, write_mat, write_png]


@pytest.mark.parametrize("write", FILES, ids=lambda write: write.__name__)
def test_every_kind_of_file_is_the_same(write: Any, spins: np.ndarray, tmp_path: Path) -> None:
    source, options = write(tmp_path, spins)
    found = sl.import_configurations(source, **ISING, **options)
    assert np.array_equal(found.spins().values[0, :, :, 0], spins[0, :, :, 0])
    assert len(found.imported["sources"]) == len(list(tmp_path.iterdir()))
    assert all(len(each["sha256"]) == 64 for each in found.imported["sources"])


def test_angles_become_the_nearest_code() -> None:
    codes = np.random.default_rng(2).integers(4096, size=(2, 5, 3, 3))
    angles = 2 * np.pi * codes / 4096 + np.random.default_rng(3).uniform(-7e-4, 7e-4, codes.shape) + 4 * np.pi
    found = sl.import_configurations(
        angles, axes="temperature chain x y", temperature=(0.5, 1.0), lattice=(3, 3), model=sl.XY(), values="radians"
    )
    assert np.array_equal(found.codes().values[0, :, :, 0], codes)


def test_a_run_of_mcising_says_all_by_itself(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    sides, random = (4, 4), np.random.default_rng(5)
    spins = random.choice([-1, 1], size=(2, 6, *sides)).astype(np.int8)
    found = {}
    with h5py.File(tmp_path / "run.h5", "w") as file:
        about = file.create_group("metadata")
        about.attrs["schema_version"] = 3
        about.attrs["config_json"] = (
            '{"lattice": {"lattice_type": "square", "size": 4, "j1": 1.0, "j2": 0.0, "j3": 0.0, "h": 0.3}}'
        )
        for k, t in enumerate((3.0, 2.0)):
            group = file.create_group(f"T={t:.6f}")
            group.attrs["temperature"], group["configurations"] = t, spins[k]
            # Written from the definition: every site with its right and lower neighbour, and the field.
            bonds = sum((spins[k] * np.roll(spins[k], 1, axis)).sum(axis=(1, 2)) for axis in (1, 2))
            group["energy"] = -(bonds + 0.3 * spins[k].sum(axis=(1, 2))) / 16
            found[t] = spins[k]
    run_of = sl.import_configurations(tmp_path / "run.h5", program="mcising", out=tmp_path / "run.ens")
    assert run_of.grid["temperature"].tolist() == [2.0, 3.0]
    assert run_of.grid["field"].tolist() == [0.3]
    assert np.array_equal(run_of.spins().values[0, :, 0], np.stack([found[2.0], found[3.0]]))
    with h5py.File(tmp_path / "run.h5", "a") as file:
        file["T=2.000000/energy"][0] += 1e-3
    with pytest.raises(InputError, match="its energies are not those"):
        sl.import_configurations(tmp_path / "run.h5", program="mcising")


def test_imported_draws_are_never_sampled_and_never_equilibrated(spins: np.ndarray, tmp_path: Path) -> None:
    steady = np.random.default_rng(1).choice([-1, 1], size=(1, 64, 40, *SHAPE))
    out = tmp_path / "x.ens"
    found = sl.import_configurations(steady, axes="temperature chain draw x y", temperature=[50.0], **ISING, out=out)
    assert not found.diagnostics["equilibrated"].any()
    assert "imported" in repr(found)
    assert "nobody can say" in found._repr_html_()
    assert verify(out).intact
    chunk = next((out / "spins").glob("c.*"))
    chunk.write_bytes(chunk.read_bytes()[::-1])
    with pytest.raises(DamagedError, match="does not match"):
        found.spins()
    with pytest.raises(InputError, match="Import the files once more"):
        repair(out, progress=False)
    with pytest.raises(InputError, match="not sampled"):
        sl.simulate(sl.Ising(), SHAPE, temperature=2.0, algorithm="imported", progress=False)
    with pytest.raises(InputError, match="nobody said what its energy is"):
        Plan(model=Unspecified((-1, 1)), lattice=sl.Lattice(SHAPE), temperature=2.0)


def test_without_a_model_nothing_is_said_of_energies(spins: np.ndarray) -> None:
    found = sl.import_configurations(
        spins[0, :, :, 0], axes="pressure chain x y", pressure=[1.0, 2.0, 3.0], temperature=1.0, lattice=SHAPE,
        values=(-1, 1),
    )  # fmt: skip
    table = found.observables()
    assert np.isnan(table["energy"]).all()
    means = spins[0, :, :, 0].mean(axis=(1, 2, 3))
    assert np.allclose(table["mean_value"].squeeze(), means)
    assert sl.Configurations.of(found, control="pressure").values.tolist() == [1.0, 2.0, 3.0]


def refusals(spins: np.ndarray) -> dict[str, tuple[np.ndarray, dict[str, Any], str]]:
    full: dict[str, Any] = {"axes": EVERY, **ISING, **LABELS}
    few = spins[0, :, :, 0]
    return {
        "zeros": ((spins + 1) // 2, full, "Say which numbers stand for them"),
        "no temperature": (few[0], {"axes": "chain x y", **ISING}, "must be given"),
        "no axes": (spins, {**ISING, **LABELS}, "must be given"),
        "too few axes": (spins, {**full, "axes": "temperature chain x y"}, "must name each axis"),
        "an axis twice": (spins, {**full, "axes": "field temperature draw draw x y"}, "each must be named once"),
        "an unknown axis": (spins, {**full, "axes": "field temperature chain step x y"}, "'step'"),
        "other sides": (spins, {**full, "lattice": (6, 4)}, "has 6 sites along it"),
        "fewer labels": (spins, {**full, "temperature": (1.5, 2.3)}, "its axis has 3 places"),
        "equal labels": (spins, {**full, "temperature": (1.5, 2.3, 2.3)}, "labels two places"),
        "a label unknown": (spins, {**full, "pressure": 1.0}, "ising has temperature, field"),
        "sites that do not fit": (few.reshape(210, 24), {"axes": "chain site", **ISING, "lattice": (5, 5),
                                  "temperature": np.repeat(TEMPERATURES, 70)}, "has 25 sites"),
        "unequal conditions": (few.reshape(210, *SHAPE), {"axes": "chain x y", **ISING,
                               "temperature": np.repeat(TEMPERATURES, (60, 70, 80))}, "Leave some out"),
        "no values and no model": (few, {"axes": "temperature chain x y", "lattice": SHAPE,
                                   "temperature": TEMPERATURES}, "must list what can stand on a site"),
        "colours that are none": (few, {"axes": "temperature chain x y", "lattice": SHAPE, "model": sl.Potts(3),
                                  "values": (-1, 1), "temperature": TEMPERATURES}, "must be 3 different numbers"),
        "text": (np.array([["a"]]), {"axes": "x y", **ISING, "temperature": 1.0}, "must be real numbers"),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(refusals(np.ones((2, 3, 70, 2, *SHAPE)))))
def test_what_is_not_said_is_asked_for(name: str, spins: np.ndarray, tmp_path: Path) -> None:
    given, options, why = refusals(spins)[name]
    with pytest.raises(InputError, match=why):
        sl.import_configurations(given, **options, out=tmp_path / "bad.ens")
    assert list(tmp_path.iterdir()) == []


def test_the_shell_imports_and_refuses_in_one_sentence(
    spins: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "a.npz", spins=spins[0, :, :, 0], T=TEMPERATURES)
    words = ["import", str(tmp_path / "a.npz"), "--shape", "4x6", "--model", "ising"]
    rest = ["--axes", "temperature chain x y", "--label", "temperature=@T", "--out"]
    with pytest.raises(SystemExit) as left:
        run([*words, *rest, str(tmp_path / "a.ens")])
    assert left.value.code == 0
    assert np.array_equal(sl.open_ensemble(tmp_path / "a.ens").spins().values[0, :, :, 0], spins[0, :, :, 0])
    capsys.readouterr()
    (tmp_path / "b.txt").write_text("1 -1 x\n")
    for bad in (rest, ["--label", "temperature=1", "--axes", "x y", "--out"]):
        with pytest.raises(SystemExit) as left:
            run([*("import", str(tmp_path / "b.txt")), *words[2:], *bad, str(tmp_path / "b.ens")])
        said = capsys.readouterr().err
        assert left.value.code == 2
        assert said.startswith("spinlens: ")
        assert said.count("\n") == 1
    assert not (tmp_path / "b.ens").exists()
