"""The XY model in the house: drawn, stored in 16 bits, read, repaired, pictured, seen by networks, from the shell."""

from pathlib import Path

import numpy as np
import pytest

from spinlens.cli.main import run
from spinlens.ensemble import open_ensemble, repair, simulate, verify
from spinlens.exact import xy
from spinlens.images import render
from spinlens.lattices import Lattice
from spinlens.learning.channels import Channels
from spinlens.models import XY, Clock
from spinlens.sampling import Plan
from spinlens.statistics import MultiHistogram
from spinlens.testing.chance import within


def shell(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        run([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def test_an_ensemble_of_angles(tmp_path: Path) -> None:
    path = tmp_path / "some.ens"
    axes = {"temperature": [0.8, 1.2], "chains": 8, "draws": 2, "equilibration": 16, "seed": 3}
    made = simulate(XY(), Lattice((4, 6), ("twisted=512", "periodic")), out=path, progress=False, **axes)
    ensemble = open_ensemble(path)
    assert ensemble.plan.engine == "clock"
    codes = ensemble.codes()
    assert np.array_equal(codes, made.codes())
    assert codes.dtype == np.uint16
    assert codes.max() > 255
    every = ensemble.plan.recordings_per_draw
    for name, sums in zip(XY().tables(ensemble.lattice).names, XY().tables(ensemble.lattice).sums(codes.values),
                          strict=True):  # fmt: skip
        assert np.array_equal(ensemble.series[name].values[..., every - 1 :: every], sums), name
    for file in path.glob("spins/c.*"):
        file.write_bytes(file.read_bytes()[:10])
    assert verify(path).damages
    assert repair(path, progress=False).damages
    assert np.array_equal(open_ensemble(path).codes(), made.codes())
    picture = np.asarray(render(made.spins()[0, 0, 0, 0], scale=2, colours="hue"))
    assert picture.shape == (8, 12, 3)
    seen = Channels.of(XY().space).statistics[codes.values[0, 0, 0, 0]]
    assert np.allclose(np.arctan2(seen[..., 1], seen[..., 0]) % (2 * np.pi), made.spins()[0, 0, 0, 0], atol=1e-6)
    assert shell(
        "simulate", "--model", "xy", "--shape", "4x6", "--temperature", "0.8,1.2", "--chains", 8, "--draws", 2,
        "--equilibration", 16, "--seed", 3, "--boundary", "twisted=512,periodic", "--out", tmp_path / "shell.ens",
    ) == 0  # fmt: skip
    assert np.array_equal(open_ensemble(tmp_path / "shell.ens").codes(), made.codes())


def test_plans_that_name_no_sums_record_those_of_their_time() -> None:
    """A clock's sums along each axis came later: an older description means the others, and stays as it is."""
    old = Plan(model=Clock(6), lattice=Lattice((3, 3)), temperature=1.0).to_dict()
    assert "current_sum_x" in old.pop("recorded")
    again = Plan.from_dict(old)
    assert again.series == ("bond_sum", "cosine_sum", "sine_sum")
    assert again.to_dict() == old
    new = Plan(model=Clock(6), lattice=Lattice((3, 3)), temperature=1.0)
    assert Plan.from_dict(new.to_dict()) == new


def test_averages_are_exact_and_reweighted() -> None:
    """Energy and helicity moduli of a torus beside currents, where they were sampled and between."""
    lattice = Lattice((2, 3))
    ensemble = simulate(
        XY(), lattice, temperature=[0.8, 1.0], chains=256, recordings=128, equilibration=64, seed=4, progress=False
    )
    sampled = {t: ensemble.observables().sel(temperature=t, field=0.0) for t in (0.8, 1.0)}
    between = {0.9: MultiHistogram(ensemble).observables(temperature=0.9)}
    for temperature, found in (sampled | between).items():
        exact = xy(XY(), lattice, temperature=temperature)
        for name in ("energy", "specific_heat", "helicity_modulus_x", "helicity_modulus_y"):
            assert within(found[name], exact[name], found[f"{name}_error"], degrees=None), (name, temperature)
            assert float(found[f"{name}_error"]) < 0.04 * exact[name] or name == "energy", "too few samples"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "clock:states=1"), ("--model", "clock:states=5000"),
        ("--model", "clock:states=5", "--boundary", "antiperiodic"),
        ("--model", "clock:states=5", "--boundary", "twisted=5"), ("--model", "ising", "--boundary", "twisted=1"),
        ("--model", "xy", "--boundary", "twisted=1", "--algorithm", "wolff"),
        ("--model", "xy", "--algorithm", "reflections"),
        ("--model", "xy", "--algorithm", "heat_bath"), ("--model", "ising", "--algorithm", "reflections"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell("simulate", *arguments, "--shape", "4x4", "--temperature", 1, "--out", tmp_path / "no.ens") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
