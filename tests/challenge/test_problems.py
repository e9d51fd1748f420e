"""Sealed problems: what the secret decides, what the files hold, and that anyone draws the same bytes again."""

from __future__ import annotations

import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest

from spinlens.challenge import Challenge, Schedule, Secret, archive, check, make, open_challenge, problem
from spinlens.challenge.recipes import MARGIN, recipes
from spinlens.challenge.sampling import recorded
from spinlens.challenge.systems import FAMILIES, NULLS
from spinlens.ensemble import sample
from spinlens.errors import DamagedError, IncompleteError, InputError
from spinlens.exact import finite_strip
from spinlens.testing import chance

SECRET = Secret(b"a secret that everybody knows\n")
SHORT = Schedule(sizes=2, temperatures=4, chains=8, recordings=4, equilibration=8)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Challenge:
    """A challenge with every family and every kind of null, sealed."""
    return make(tmp_path_factory.mktemp("short") / "it", SECRET, problems=5, nulls=6, schedule=SHORT, progress=False)


def test_a_secret_decides_everything_and_every_family_has_its_share() -> None:
    drawn = recipes(SECRET, problems=50, nulls=24)
    assert [recipe.number for recipe in drawn] == list(range(1, 75))
    families = [recipe.system.family for recipe in drawn]
    assert {name: families.count(name) for name in FAMILIES} == dict.fromkeys(FAMILIES, 10)
    assert {name: families.count(name) for name in NULLS} == dict.fromkeys(NULLS, 4)
    assert {recipe.system.family for recipe in drawn if recipe.temperature is None} == set(NULLS)
    colours = [recipe.system.model.space.states for recipe in drawn if recipe.system.family == "potts"]
    assert sorted(colours) == sorted(2 * [3, 4, 6, 8, 10])
    real = [recipe for recipe in drawn if recipe.temperature is not None]
    for recipe in real:
        low, high = np.log(recipe.window)
        assert 0.25 <= high - low <= 0.35
        assert 0.6 <= recipe.unit <= 1.7
        assert MARGIN <= (math.log(recipe.temperature) - low) / (high - low) <= 1 - MARGIN
    places = [(math.log(r.system.temperature) - r.low) / r.width for r in real]
    # Uniform over the middle four fifths.
    deviate = (np.mean(places) - 0.5) / (0.8 / math.sqrt(12 * len(places)))
    assert chance.largest(abs(deviate), number=1, sigmas=5.0)
    assert [r.to_dict() for r in recipes(SECRET, problems=50, nulls=24)] == [r.to_dict() for r in drawn]
    other = recipes(Secret(SECRET.data + b" "), problems=50, nulls=24)
    assert all(a.unit != b.unit for a, b in zip(other, drawn, strict=True))


def test_the_truth_is_what_is_known() -> None:
    found = {}
    for recipe in recipes(SECRET, problems=60, nulls=0):
        system = recipe.system
        found[system.family, system.model, *system.controls.values()] = recipe.temperature / recipe.unit
        assert recipe.error == (recipe.unit * 1e-5 if system.family == "blume_capel" else pytest.approx(0, abs=1e-6))
        if system.family == "anisotropic_triangular":
            a, b, c = np.sinh(2 * np.array(system.model.coupling) * recipe.unit / recipe.temperature)
            assert a * b + b * c + c * a == pytest.approx(1.0)
    for (family, model, *controls), temperature in found.items():
        if family == "potts":
            assert temperature == pytest.approx(1 / math.log(1 + math.sqrt(model.states)))
        if family == "blume_capel":
            assert temperature == pytest.approx({-1.0: 1.87680, 0.0: 1.69356, 1.0: 1.39729}[controls[0]])
        if family == "cubic":
            assert temperature == pytest.approx(4.511523, rel=1e-6)


def test_files_hold_energies_and_order_parameters_of_their_own_configurations(short: Challenge) -> None:
    drawn = short.recipes(SECRET)
    seeds = {recipe.plan(length, SHORT).seed for recipe in drawn for length in recipe.lengths(SHORT)}
    assert len(seeds) == 2 * len(drawn)
    for recipe in drawn:
        sealed = short.problem(recipe.number)
        assert set(sealed) == set(sealed.sizes) == set(recipe.lengths(SHORT))
        for length in sealed:
            arrays, lattice = sealed[length], recipe.system.lattice_of(length)
            plan = recipe.plan(length, SHORT)
            assert {name: array.dtype.name for name, array in arrays.items()} == {
                "temperature": "float64", "energy": "float32", "order_parameter": "float32", "codes": "uint8",
            }  # fmt: skip
            assert arrays["codes"].shape == (4, 8, 2, *lattice.shape)
            assert sealed.sites[length] == lattice.sites
            np.testing.assert_allclose(arrays["temperature"], recipe.unit * np.array(plan.temperature), rtol=1e-14)
            # Draws are every second recording.
            energy, order = arrays["energy"][:, :, 1::2], arrays["order_parameter"][:, :, 1::2]
            for chain in range(8):
                sample = {"sample": chain // 4} if recipe.system.quenched else {}
                model = recipe.system.model.at(**sample, **recipe.system.controls)
                names = model.tables(lattice).names
                sums = dict(zip(names, model.tables(lattice).sums(arrays["codes"][:, chain]), strict=True))
                total = recipe.unit * model.energy_total(lattice, sums, **sample, **recipe.system.controls)
                np.testing.assert_allclose(energy[:, chain], total, rtol=1e-6, atol=1e-4)
                components = model.order_parameters(lattice)[0].values(sums, lattice.sites)
                np.testing.assert_allclose(order[:, chain], components, atol=1e-6)


def test_conditions_are_permuted_where_they_should_be(short: Challenge) -> None:
    drawn = {recipe.system.family: recipe for recipe in short.recipes(SECRET)}
    orders = [drawn["permuted"].order(length, 21).tolist() for length in (8, 12)]
    assert orders[0] != orders[1]
    assert all(sorted(order) == list(range(21)) != order for order in orders)
    assert drawn["potts"].order(8, 21).tolist() == list(range(21))


def test_hidden_temperatures_and_energies_are_those_of_the_exact_solution(tmp_path: Path) -> None:
    secret = Secret(b"one planar cell comes of this secret first\n")
    schedule = Schedule(sizes=2, temperatures=4, chains=64, recordings=100, equilibration=400)
    recipe = next(
        r for r in recipes(secret, problems=40, nulls=0) if r.system.family == "planar_cell" and r.system.sizes[0] == 6
    )
    arrays = recorded(sample(recipe.plan(6, schedule), progress=False), recipe, 6)
    chains = arrays["energy"].mean(axis=2)
    lattice = recipe.system.lattice_of(6)
    exact = [
        recipe.unit * lattice.sites * finite_strip(recipe.system.model, lattice, temperature=t / recipe.unit).energy
        for t in arrays["temperature"]
    ]
    assert chance.within(chains.mean(axis=1), exact, chains.std(axis=1, ddof=1) / 8)


def test_an_interrupted_challenge_goes_on_and_is_drawn_again_to_the_byte(short: Challenge, tmp_path: Path) -> None:
    def interrupt(fraction: float, note: str) -> None:
        if note and fraction > 2.4 / 11:
            raise KeyboardInterrupt

    options = {"problems": 5, "nulls": 6, "schedule": SHORT}
    with pytest.raises(IncompleteError, match=r"with [1-9] of 11 problems"):
        make(tmp_path / "it", SECRET, **options, progress=interrupt)
    again = make(tmp_path / "it", SECRET, **options, progress=False)
    for number in again.numbers:
        for file in sorted(short.folder(number).iterdir()):
            assert file.read_bytes() == (again.folder(number) / file.name).read_bytes(), file
    with pytest.raises(InputError, match="still sealed"):
        check(again.path)
    with pytest.raises(InputError, match="this challenge was sealed with"):
        open_challenge(again.path, Secret(b"another secret altogether"))
    assert not again.opened
    open_challenge(again.path, SECRET)
    assert check(again.path, numbers=[1, 2], progress=False) == 2
    assert json.loads((again.path / "truth.json").read_text())["problems"][0]["number"] == 1
    with pytest.raises(InputError, match="Make a new secret"):
        make(tmp_path / "beside", SECRET, progress=False)
    # A file that was made with other draws, and says so of itself in its description.
    description = again.folder(2) / "problem.json"
    description.write_text(description.read_text().replace('"not_equilibrated": ', '"not_equilibrated": 1'))
    with pytest.raises(DamagedError, match="not what the secret"):
        check(again.path, numbers=[2], progress=False)


def test_a_damaged_file_is_not_read(short: Challenge, tmp_path: Path) -> None:
    sealed = short.problem(1)
    length = sealed.sizes[0]
    with np.load(short.folder(1) / f"L{length:02}.npz") as plain:
        np.testing.assert_array_equal(plain["energy"], sealed[length]["energy"])
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in short.folder(1).iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    data = bytearray((folder / f"L{length:02}.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / f"L{length:02}.npz").write_bytes(data)
    with pytest.raises(DamagedError, match="is not the file"):
        problem(folder)[length]["energy"]
    with pytest.raises(InputError, match="cannot be read"):
        problem(tmp_path)
    (folder / "problem.json").write_text("{}")
    with pytest.raises(InputError, match="spinlens-problem-1"):
        problem(folder)


def test_no_archive_runs_code_or_fills_memory(tmp_path: Path) -> None:
    def written(name: str, content: bytes) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            file.writestr("energy.npy", content)
        return tmp_path / name

    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "plain.npy", np.zeros(3))
    plain = (tmp_path / "plain.npy").read_bytes()
    lying = plain.replace(b"(3,), }" + 15 * b" ", b"(3000000000000000,), }")
    assert lying != plain
    for name, content in (
        ("objects.npz", (tmp_path / "objects.npy").read_bytes()), ("lying.npz", lying), ("short.npz", plain[:-8]),
    ):  # fmt: skip
        with pytest.raises(DamagedError, match="does not hold an array"):
            archive.read_array(written(name, content), "energy")
    np.testing.assert_array_equal(archive.read_array(written("plain.npz", plain), "energy"), np.zeros(3))
    with pytest.raises(InputError, match="is not in"):
        archive.read_array(tmp_path / "plain.npz", "codes")
