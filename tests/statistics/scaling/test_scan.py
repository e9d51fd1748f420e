"""Curves of one size: the same as those of all histograms together, and as those that are known exactly."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from tests.statistics.synthetic import boltzmann_grid

from spinlens.errors import InputError, NoOverlapError
from spinlens.exact import enumerate_states, kaufman
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Ising, Pairwise, Potts
from spinlens.sampling import Plan, run_unit, units
from spinlens.statistics import MultiHistogram
from spinlens.statistics.scaling import FiniteSize
from spinlens.testing.chance import uncounted, within

SIZES = (Lattice((3, 3)), Lattice((4, 4)))
TEMPERATURES = (2.0, 2.4, 2.9, 3.4)
BETWEEN = np.array([2.05, 2.6, 3.2])
NAMES = ("energy", "specific_heat", "absolute_magnetization", "susceptibility", "susceptibility_absolute",
         "binder_cumulant")  # fmt: skip


def ensemble(model, lattice, series, **grid):
    """Return what `FiniteSize` reads of an ensemble, from sums over (controls, temperature, chain, recording)."""
    dims = (*grid, "chain", "recording")
    data = xr.Dataset({name: (dims, np.asarray(values)) for name, values in series.items()}, coords=dict(grid.items()))
    shape = next(iter(series.values())).shape
    draws = data.isel(recording=slice(3, None, 4)).rename(recording="draw")
    plan = SimpleNamespace(recordings=shape[-1], draws=draws.sizes["draw"])
    return SimpleNamespace(model=model, lattice=lattice, series=data, sums=draws, plan=plan)


@cache
def pair(model=None, chains=64, recordings=150):
    """Return two sizes with draws from all their states."""
    model = model or Ising()
    return [
        ensemble(
            model, lattice,
            boltzmann_grid(model, lattice, (chains, recordings), seed=10 * k, temperature=TEMPERATURES),
            temperature=list(TEMPERATURES),
        )
        for k, lattice in enumerate(SIZES)
    ]  # fmt: skip


@pytest.mark.parametrize("model", [Ising(), Ising((1.0, 1 / 3)), BlumeCapel(), Potts(3)], ids=lambda m: m.text)
def test_curves_and_their_errors_are_those_of_multi_histograms(model):
    lattices = SIZES if model.space.states == 2 else (Lattice((2, 2)), Lattice((3, 3)))
    sizes = [
        ensemble(model, at, boltzmann_grid(model, at, (40, 60), seed=5, temperature=TEMPERATURES),
                 temperature=list(TEMPERATURES))
        for at in lattices
    ]  # fmt: skip
    found = FiniteSize(sizes).observables(BETWEEN)
    for size in sizes:
        expected = MultiHistogram(dict(size.series.data_vars), model=model, lattice=size.lattice).observables(
            temperature=BETWEEN
        )
        here = found.sel(size=size.lattice.shape[0])
        for name in expected.data_vars:
            if name in here:
                np.testing.assert_allclose(here[name], expected[name], rtol=1e-7, atol=1e-9, err_msg=name)
        assert {*NAMES} - {"absolute_magnetization"} <= {*map(str, here.data_vars)}


def test_a_control_other_than_the_temperature_is_scanned():
    model, values = BlumeCapel(), (0.2, 0.6, 1.0)
    sizes = []
    for at in (Lattice((2, 2)), Lattice((3, 3))):
        sums = boltzmann_grid(model, at, (40, 80), seed=3, temperature=[1.1], crystal_field=values)
        sizes.append(ensemble(model, at, sums, crystal_field=list(values), temperature=[1.1]))
    study = FiniteSize(sizes, control="crystal_field")
    found = study.observables([0.3, 0.9])
    assert found["energy"].dims == ("size", "crystal_field")
    assert "energy_cumulant" not in found
    for size in sizes:
        several = MultiHistogram(dict(size.series.data_vars), model=model, lattice=size.lattice)
        expected = several.observables(temperature=1.1, crystal_field=[0.3, 0.9])
        here = found.sel(size=size.lattice.shape[0])
        for name in ("energy", "specific_heat", "binder_cumulant", "susceptibility"):
            np.testing.assert_allclose(here[name], expected[name], rtol=1e-7, atol=1e-9)
            np.testing.assert_allclose(here[f"{name}_error"], expected[f"{name}_error"], rtol=1e-6, atol=1e-9)
    with pytest.raises(InputError, match=r"crystal_field = 0\.2 to 1: varies beside the temperature"):
        FiniteSize(sizes)
    with pytest.raises(InputError, match="in scans in temperature alone"):
        study.coexistence()


def pulls_from_enumeration():
    found = FiniteSize(pair()).observables(BETWEEN)
    deviations = []
    for lattice in SIZES:
        for t in BETWEEN:
            exact, here = enumerate_states(Ising(), lattice, temperature=t), found.sel(size=lattice.shape[0])
            here = here.sel(temperature=t)
            deviations += [(float(here[name]) - exact[name]) / float(here[f"{name}_error"]) for name in NAMES]
    return np.array(deviations)


def test_curves_against_all_states():
    assert within(pulls_from_enumeration(), 0.0, 1.0, sigmas=6.0, degrees=31)


def test_the_wrong_sign_of_the_control_would_be_noticed(monkeypatch):
    from spinlens.statistics.scaling.line import Line

    right = Line.drive
    # Right where it was simulated, so that the free energies are right, and mirrored in between.
    monkeypatch.setattr(
        Line, "drive", lambda self, values: right(self, values) if len(values) == 4 else -right(self, values)[::-1]
    )
    with uncounted(), pytest.raises(InputError, match="recordings would count"):
        pulls_from_enumeration()
    middle = 0.5 * (1 / 2.0 + 1 / 3.4)
    monkeypatch.setattr(
        Line,
        "drive",
        lambda self, values: right(self, values) if len(values) == 4 else 2 * middle - right(self, values),
    )
    assert np.abs(pulls_from_enumeration()).max() > 20


def test_energies_of_larger_lattices_against_their_partition_function():
    sizes = []
    for side in (8, 16):
        lattice = Lattice((side, side))
        plan = Plan(model=Ising(), lattice=lattice, temperature=(2.15, 2.25, 2.35, 2.45), recordings=200, interval=4,
                    equilibration=500, seed=side)  # fmt: skip
        draws = run_unit(plan, units(plan)[0])
        series = {name: draws.sums[name] for name in ("bond_sum", "spin_sum")}
        sizes.append(ensemble(Ising(), lattice, series, temperature=list(plan.temperature)))
    at, study = [2.2, 2.3, 2.4], FiniteSize(sizes)
    with pytest.raises(InputError, match=r"only .* recordings would count .* Stay within 2\.15 to 2\.45"):
        study.observables([2.2, 1.2])
    found = study.observables(at)
    for size in sizes:
        here = found.sel(size=size.lattice.shape[0])
        exact = [kaufman(Ising(), size.lattice, temperature=t) for t in at]
        for name in ("energy", "specific_heat"):
            known = [float(getattr(each, name)) for each in exact]
            assert within(here[name].values, known, here[f"{name}_error"].values, sigmas=6.0, degrees=31)


def as_arrays(size):
    sites = size.lattice.sites
    return {
        "temperature": size.series["temperature"].values, "energy": -size.series["bond_sum"].values.astype(float),
        "magnetization": size.series["spin_sum"].values / sites,
    }  # fmt: skip


def test_arrays_say_what_ensembles_say():
    sizes = pair()
    one = FiniteSize(sizes).observables(BETWEEN)
    other = FiniteSize.from_arrays({e.lattice.shape[0]: as_arrays(e) for e in sizes}, dimensions=2)
    assert repr(other) == "<FiniteSize: L = 3, 4, temperature = 2 to 3.4>"
    found = other.observables(BETWEEN)
    # Nobody has told the arrays that a symmetry makes the mean vanish.
    for name in set(NAMES) - {"susceptibility"}:
        np.testing.assert_allclose(found[name], one[name], rtol=1e-9)
        np.testing.assert_allclose(found[f"{name}_error"], one[f"{name}_error"], rtol=1e-6)


def test_many_different_energies_share_bins(monkeypatch):
    sizes = [as_arrays(e) for e in pair()]
    whole = FiniteSize.from_arrays(dict(zip((3, 4), sizes, strict=True)), dimensions=2).observables(BETWEEN)
    noise = np.random.default_rng(1)
    for arrays in sizes:
        arrays["energy"] = arrays["energy"] + 1e-4 * noise.normal(size=arrays["energy"].shape)
    monkeypatch.setattr("spinlens.statistics.scaling.bins.MOST_BINS", 2000)
    shared = FiniteSize.from_arrays(dict(zip((3, 4), sizes, strict=True)), dimensions=2)
    assert all(len(scan.bins.values) <= 2001 for scan in shared.scans)
    found = shared.observables(BETWEEN)
    for name in found.data_vars:
        np.testing.assert_allclose(found[name], whole[name], rtol=2e-3, atol=1e-6)


def test_learned_observables_of_recordings_and_of_draws():
    sizes = pair()
    squares = [{"square": (e.series["spin_sum"].values / e.lattice.sites) ** 2} for e in sizes]
    found = FiniteSize(sizes, observables=squares).observables(BETWEEN)
    for lattice in SIZES:
        for t in BETWEEN:
            exact = enumerate_states(Ising(), lattice, temperature=t)["magnetization_squared"]
            here = found.sel(size=lattice.shape[0], temperature=t)
            assert within(float(here["square"]), exact, float(here["square_error"]), sigmas=6.0, degrees=31)
    drawn = [{"square": each["square"][..., 3::4]} for each in squares]
    few = FiniteSize(sizes, observables=drawn).observables(BETWEEN)
    assert np.all(few["energy_error"] > 1.4 * found["energy_error"])
    ratio = few["square"].values / found["square"].values
    assert np.all(np.abs(ratio - 1) < 0.1)
    with pytest.raises(InputError, match=r"must end in 150, the recordings of a chain, or all in 37, its draws"):
        FiniteSize(sizes, observables=[{"square": each["square"][..., :7]} for each in squares])
    with pytest.raises(InputError, match=r"observables\['square'\].shape"):
        FiniteSize(sizes, observables=[{"square": each["square"][:2]} for each in squares])


def test_refusals():
    sizes = pair()
    arrays = {e.lattice.shape[0]: as_arrays(e) for e in sizes}
    few = {size: {n: v[:, :15] if n != "temperature" else v for n, v in a.items()} for size, a in arrays.items()}
    with pytest.raises(InputError, match="chains = 15: errors rest on whole chains and need at least 16"):
        FiniteSize.from_arrays(few, dimensions=2)
    with pytest.raises(InputError, match="scaling compares at least two sizes"):
        FiniteSize(sizes[:1])
    with pytest.raises(InputError, match="must differ"):
        FiniteSize([sizes[0], sizes[0]])
    with pytest.raises(InputError, match="must be a list of ensembles"):
        FiniteSize(sizes[0])
    other = ensemble(Ising(2.0), SIZES[1], dict(sizes[1].series.data_vars), temperature=list(TEMPERATURES))
    with pytest.raises(InputError, match="is not the model of the others"):
        FiniteSize([sizes[0], other])
    free = ensemble(Ising(), Lattice((4, 4), "free"), dict(sizes[1].series.data_vars), temperature=list(TEMPERATURES))
    with pytest.raises(InputError, match="in more than its sides"):
        FiniteSize([sizes[0], free])
    oblong = ensemble(Ising(), Lattice((4, 8)), dict(sizes[1].series.data_vars), temperature=list(TEMPERATURES))
    with pytest.raises(InputError, match="must have equal sides"):
        FiniteSize([sizes[0], oblong])
    with pytest.raises(InputError, match="Did you mean 'energy'"):
        FiniteSize(sizes).crossings("enrgy")
    with pytest.raises(InputError, match="lacks 'energy'"):
        FiniteSize.from_arrays({3: {"temperature": [1, 2]}, 4: {}}, dimensions=2)
    with pytest.raises(InputError, match="like the energy"):
        FiniteSize.from_arrays({k: {**a, "magnetization": a["magnetization"][:, :, :5]} for k, a in arrays.items()},
                               dimensions=2)  # fmt: skip
    backwards = {k: {**a, "temperature": a["temperature"][::-1]} for k, a in arrays.items()}
    with pytest.raises(InputError, match="ascending"):
        FiniteSize.from_arrays(backwards, dimensions=2)
    apart = {k: {n: v[[0, 3]] for n, v in a.items()} for k, a in arrays.items()}
    for a in apart.values():
        a["energy"] = np.array([[[-900.0]], [[900.0]]]) + 0 * a["energy"]
    with pytest.raises(NoOverlapError):
        FiniteSize.from_arrays(apart, dimensions=2)
    with pytest.raises(InputError, match="moves nothing"):
        FiniteSize([_still(e) for e in sizes], control="field")


def _still(size):
    """Return an ensemble whose field is multiplied by nothing."""
    model = Pairwise(values=(-1, 1), bond=np.outer((-1, 1), (-1, 1)), site={"field": [0, 0]})
    names = model.tables(size.lattice).names
    bonds = np.stack([size.series["bond_sum"].values] * 2)
    sums = {name: 0 * bonds if name == names[1] else bonds for name in names}
    return ensemble(model, size.lattice, {n: v[:, :1] for n, v in sums.items()}, field=[0.0, 1.0], temperature=[2.0])
