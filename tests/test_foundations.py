"""Errors, seeds, files, progress, lattices and the model: the leaves everything stands on."""

from __future__ import annotations

import copy
import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import spinlens
from spinlens import kernel_cache, progress
from spinlens.errors import DamagedError, IncompleteError, InputError, SpinlensError, did_you_mean, explained
from spinlens.files import interrupts_held, write_atomically
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.provenance import provenance
from spinlens.seeds import Purpose, check_seed, generator, seed_sequence


def test_an_input_error_says_what_got_why_do() -> None:
    error = InputError("temperature[3]", -0.1, "must be > 0", "Use k_B = 1")
    assert str(error) == "temperature[3] = -0.1: must be > 0. Use k_B = 1."
    # Dask carries errors between processes by copying them whole.
    assert str(copy.copy(error)) == str(error)


def test_exit_codes() -> None:
    assert [kind.exit_code for kind in (SpinlensError, InputError, IncompleteError, DamagedError)] == [1, 2, 3, 4]


def test_a_user_who_may_write_nowhere_has_a_cache_of_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    kernel_cache.ensure_kernel_cache()
    assert "NUMBA_CACHE_DIR" not in os.environ
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.warns(RuntimeWarning, match="set NUMBA_CACHE_DIR"):
        kernel_cache.ensure_kernel_cache()
    place = Path(os.environ["NUMBA_CACHE_DIR"])
    # Whatever lies in a cache is run, so nobody else may write there.
    assert place.stat().st_mode & 0o777 == 0o700
    assert str(place) == numba.config.CACHE_DIR
    # Children have the same one.
    kernel_cache.ensure_kernel_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == str(place)


def test_a_former_name_answers_and_says_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(spinlens._RENAMED, "IsingModel", "Ising")
    with pytest.warns(FutureWarning, match=r"spinlens\.IsingModel is called spinlens\.Ising now"):
        assert spinlens.IsingModel is Ising
    assert all(new in spinlens.__all__ for new in spinlens._RENAMED.values())


def test_did_you_mean() -> None:
    assert did_you_mean("metropolys", ["heat_bath", "metropolis"]) == "Did you mean 'metropolis'?"
    assert did_you_mean("xyz", ["b", "a"]) == "Known: a, b"


@pytest.mark.parametrize("seed", [-1, 1.0, True, "1", None])
def test_bad_seeds(seed: object) -> None:
    with pytest.raises(InputError, match="whole number >= 0"):
        check_seed(seed)


def test_streams_differ_by_purpose_and_place_and_repeat() -> None:
    streams = {
        tuple(seed_sequence(seed, purpose, place).generate_state(2))
        for seed in (0, 1)
        for purpose in (Purpose.SWEEP, Purpose.EXCHANGE)
        for place in (0, 1)
    }
    assert len(streams) == 8
    assert generator(3, Purpose.START, 1, 2).random() == generator(3, Purpose.START, 1, 2).random()


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_waits_for_the_block() -> None:
    finished = []

    def interrupted() -> None:
        with interrupts_held():
            os.kill(os.getpid(), signal.SIGINT)
            finished.append(True)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert finished == [True]


def test_progress_is_silent_at_first_and_extrapolates(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress.progress_bar("work") as report:
        report(0.0, "")
        now[0] = 10.0
        report(0.1, "")
        assert sys.stderr.getvalue() == ""
        now[0] = 30.0
        report(0.3, "3/10")
    assert sys.stderr.getvalue() == "work:  30% 1:10 left 3/10\n"


def test_progress_counts_only_this_runs_rate() -> None:
    # A run that resumes at 50 % must not believe it did the first half in no time.
    clock = progress._Clock()
    clock.first = (clock.begun - 10.0, 0.5)
    assert clock.remaining(0.75) == pytest.approx(10.0, rel=0.1)


def test_provenance_names_versions() -> None:
    versions = provenance()["versions"]
    assert isinstance(versions, dict)
    assert {"spinlens", "numpy", "python"} <= set(versions)


@pytest.mark.parametrize("shape", [(1, 4), (4, 0), (), (4, 4, 4, 4), "44", (4.5, 4), None, 4])
def test_bad_shapes(shape: object) -> None:
    with pytest.raises(InputError, match="shape"):
        Lattice(shape)  # type: ignore[arg-type]


def test_an_unknown_boundary_is_refused() -> None:
    with pytest.raises(InputError, match="Did you mean 'periodic'"):
        Lattice((4, 4), boundary="perodic")


@pytest.mark.parametrize("coupling", [0.0, float("nan"), float("inf")])
def test_bad_couplings(coupling: float) -> None:
    with pytest.raises(InputError, match="coupling"):
        Ising(coupling)


@pytest.mark.parametrize(("coupling", "field"), [(1, 0.0), (1, -0.5), (-1, 0.0), (-1, 1.0), (-1, 4.5), (-1, -5.0)])
def test_the_ground_state_has_the_lowest_energy(coupling: float, field: float) -> None:
    model, lattice = Ising(coupling), Lattice((4, 4))
    codes = np.arange(1 << 16)[:, None]
    spins = (2 * ((codes >> np.arange(16)) & 1) - 1).reshape(-1, 4, 4)

    def energy(spins: np.ndarray) -> np.ndarray:
        bonds = spins * (np.roll(spins, 1, axis=-1) + np.roll(spins, 1, axis=-2))
        sums = {"bond_sum": bonds.sum((-1, -2)), "spin_sum": spins.sum((-1, -2))}
        return np.asarray(model.energy_total(lattice, sums, field=field))

    ground = model.space.decode(model.ground_states(lattice, field=field)).astype(int)
    np.testing.assert_array_equal(energy(ground), energy(spins).min())


WITHOUT_EXTRAS = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
extras = ("torch", "safetensors", "transformers", "distributed", "dask")
PathFinder.find_spec = lambda name, *rest: None if name.partition(".")[0] in extras else find(name, *rest)
import spinlens as sl
e = sl.simulate(sl.Ising(), (4, 4), temperature=2.0, recordings=8, equilibration=0, progress=False)
print(e.observables().energy.size, sl.find_transitions.__name__, sl.figures.__name__, sl.challenge.__name__)
for name in ("TCVAE", "VisionTransformer", "load"):
    try:
        getattr(sl, name)
    except sl.errors.MissingError as error:
        print(error)
from spinlens.cli.main import run
run(["train", "nothing.ens", "--out", "model"])
"""


def test_sampling_needs_no_optional_library_and_what_does_says_how_to_install_it() -> None:
    command = [sys.executable, "-W", "ignore", "-c", "import spinlens.errors\n" + WITHOUT_EXTRAS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["1 find_transitions spinlens.figures spinlens.challenge", *[NEEDS_TORCH] * 3]
    assert (done.returncode, done.stderr) == (2, f"spinlens: {NEEDS_TORCH}\n")


NEEDS_TORCH = "This needs torch, which is not installed: pip install 'spinlens[learn]'."


def test_other_failed_imports_stay_what_they_are() -> None:
    other = ModuleNotFoundError("No module named 'mine'", name="mine")
    assert explained(other) is other
    assert "Linux subsystem" in str(explained(ModuleNotFoundError("No module named 'fcntl'", name="fcntl")))
