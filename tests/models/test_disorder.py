"""Quenched samples: what they depend on and what not, how they are distributed, and what is known of them exactly."""

from __future__ import annotations

import hashlib
import math
from itertools import product

import numpy as np
import pytest

import spinlens as sl
from spinlens.errors import InputError, NoOverlapError, OverlapWarning
from spinlens.exact import enumerate_states
from spinlens.lattices import Lattice
from spinlens.models import Ising, Model, Pattern, RandomBondIsing, RandomFieldIsing, model_from_dict
from spinlens.models.minimum_cut import lowest_states
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling.chains import series_type
from spinlens.sampling.engines.bits.row_walkers import geometry_of
from spinlens.statistics import MultiHistogram
from spinlens.testing.chance import within

SQUARE = Lattice((4, 4))
GAUSSIAN, BIMODAL = RandomFieldIsing(seed=5), RandomFieldIsing("bimodal", seed=5)


def test_a_sample_depends_on_seed_number_and_sides_alone() -> None:
    third = GAUSSIAN.at(sample=3).random_fields(SQUARE)
    for other in ({"disorder": 0.2}, {"field": 1.0}, {"disorder": 3.0, "field": -1.0}):
        assert np.array_equal(GAUSSIAN.at(sample=3, **other).random_fields(SQUARE), third)
    assert np.array_equal(GAUSSIAN.at(sample=8).at(sample=3).random_fields(SQUARE), third)
    assert np.array_equal(GAUSSIAN.at(sample=3).random_fields(Lattice((4, 4), "free", "triangular")), third)
    others = [
        GAUSSIAN.at(sample=2), GAUSSIAN.at(), RandomFieldIsing(seed=6).at(sample=3),
    ]  # fmt: skip
    for model in others:
        assert not np.isclose(model.random_fields(SQUARE), third).any()
    assert not np.isclose(GAUSSIAN.at(sample=3).random_fields(Lattice((8, 8)))[:4, :4], third).any()


def test_a_sample_stays_itself_where_no_other_is_asked_for() -> None:
    third, lattice = GAUSSIAN.at(sample=3), Lattice((3, 3))
    assert enumerate_states(third, lattice, temperature=2.0).energy == pytest.approx(
        enumerate_states(GAUSSIAN, lattice, temperature=2.0, sample=3).energy, abs=0
    )
    assert Plan(model=third, lattice=lattice, temperature=2.0).controls["sample"] == (3.0,)


def test_samples_are_the_same_for_ever() -> None:
    """Whatever is stored names samples by their numbers: other numbers would make it a lie."""
    drawn = [
        np.rint(GAUSSIAN.at(sample=1).random_fields(SQUARE) * 2.0**20).astype("<i8"),
        BIMODAL.at(sample=1).random_fields(SQUARE).astype("<i8"),
        RandomBondIsing(negative=0.3, seed=5).at(sample=1).signs(SQUARE).astype("<i8"),
    ]
    digests = [hashlib.sha256(part.tobytes()).hexdigest()[:12] for part in drawn]
    assert digests == DIGESTS


DIGESTS = ["e5a933c02861", "f6cd5d193f32", "51b716258b7e"]


def test_they_are_distributed_as_they_say() -> None:
    wide = Lattice((256, 256))
    fields = GAUSSIAN.random_fields(wide).reshape(-1)
    n = fields.size
    assert within(
        [fields.mean(), (fields**2).mean(), (fields**4).mean()], [0.0, 1.0, 3.0], np.sqrt([1, 2, 96]) / np.sqrt(n),
        degrees=None,
    )  # fmt: skip
    assert np.array_equal(fields * 2.0**30, np.rint(fields * 2.0**30))
    assert within(BIMODAL.random_fields(wide).mean(), 0.0, 1 / np.sqrt(n), degrees=None)
    assert np.array_equal(np.unique(BIMODAL.random_fields(wide)), [-1, 1])
    few, many = (RandomBondIsing(negative=p).signs(wide) for p in (0.1, 0.4))
    shares = (few < 0).mean(), (many < 0).mean()
    assert within(shares, [0.1, 0.4], np.sqrt([0.09, 0.24]) / np.sqrt(2 * n), degrees=None)
    assert (many[few < 0] < 0).all(), "more negative bonds are those and others"
    assert (RandomBondIsing(negative=0.0).signs(wide) == 1).all()
    assert (RandomBondIsing(negative=1.0).signs(wide) == -1).all()


@pytest.mark.parametrize("kind", ["gaussian", "bimodal"])
def test_a_sample_is_the_ising_model_in_its_fields(kind: str) -> None:
    model, condition = RandomFieldIsing(kind, coupling=0.8, seed=2), {"disorder": 1.3, "field": 0.4, "sample": 6}
    fields = 1.3 * model.at(sample=6).random_fields(Lattice((3, 3))) + 0.4
    own = enumerate_states(model, Lattice((3, 3)), temperature=1.7, **condition)
    other = enumerate_states(Ising(0.8, Pattern(fields)), Lattice((3, 3)), temperature=1.7, field=1.0)
    for name in ("energy", "log_z", "magnetization", "specific_heat"):
        assert np.isclose(own[name], other[name], rtol=1e-7), name


def test_a_sample_is_the_ising_model_with_its_bonds() -> None:
    model, lattice = RandomBondIsing(negative=0.4, coupling=0.8), Lattice((3, 3), kind="triangular")
    signs = 0.8 * model.at(sample=2).signs(lattice)
    own = enumerate_states(model, lattice, temperature=1.7, field=0.3, sample=2)
    other = enumerate_states(Ising(Pattern(signs)), lattice, temperature=1.7, field=0.3)
    for name in ("energy", "log_z", "magnetization", "specific_heat"):
        assert np.isclose(own[name], other[name]), name


@pytest.mark.parametrize("lattice", [Lattice((2, 2)), Lattice((2, 3), "free"), Lattice((5,))])
def test_nishimoris_energy(lattice: Lattice) -> None:
    """The average over all sets of bonds, each at its probability, is -J tanh(J / T) a bond."""
    p, bonds = 0.2, lattice.bonds
    temperature = 2 / math.log((1 - p) / p)
    table, shape = lattice.neighbours, (lattice.directions, *lattice.shape)
    found = 0.0
    for signs in product((1.0, -1.0), repeat=bonds):
        array = np.ones(shape)
        array.reshape(lattice.directions, -1)[table.direction, table.origin] = signs
        weight = p ** signs.count(-1.0) * (1 - p) ** signs.count(1.0)
        found += weight * enumerate_states(Ising(Pattern(array)), lattice, temperature=temperature).energy
    assert np.isclose(found * lattice.sites, -bonds * math.tanh(1 / temperature))


def test_the_average_over_samples_reaches_it() -> None:
    """2,000 samples: a wrong probability of negative bonds, or samples that repeat, would show."""
    p, lattice = 0.2, Lattice((3, 3))
    model, temperature = RandomBondIsing(negative=p), 2 / math.log((1 - p) / p)
    energy = [enumerate_states(model, lattice, temperature=temperature, sample=k).energy for k in range(2000)]
    error = np.std(energy, ddof=1) / math.sqrt(len(energy))
    assert error < 0.02
    assert within(np.mean(energy), -2 * math.tanh(1 / temperature), error, degrees=len(energy) - 1)


CUTS = [
    SQUARE, Lattice((3, 4), "free"), Lattice((3, 4), ((1, -1), "periodic")), Lattice((12,)),
    Lattice((4, 3), kind="triangular"), Lattice((2, 2, 3)), Lattice((2, 4), kind="honeycomb"),
]  # fmt: skip


@pytest.mark.parametrize("lattice", CUTS, ids=lambda lattice: lattice.text)
@pytest.mark.parametrize("kind", ["gaussian", "bimodal"])
def test_ground_states_are_the_lowest_of_all_states(kind: str, lattice: Lattice) -> None:
    """They are the meet and the join of all ground states, found by a look at every state."""
    model, states = RandomFieldIsing(kind, seed=3), 2**lattice.sites
    codes = ((np.arange(states)[:, None] >> np.arange(lattice.sites)) & 1).astype(np.uint8)
    several = 0
    for sample, disorder in product(range(8), (0.0, 1.0, 2.0)):
        condition = {"disorder": disorder, "sample": sample}
        energy = -(model.strengths(lattice, disorder=disorder) @ model.at(sample=sample).tables(lattice).sums(codes))
        lowest = codes[energy < energy.min() + 1e-9]
        found = model.ground_states(lattice, **condition).reshape(-1, lattice.sites)
        several += len(found) > 1
        extremes = np.unique([lowest.min(axis=0), lowest.max(axis=0)], axis=0)
        assert np.array_equal(np.unique(found, axis=0), extremes)
    assert several or lattice.walled


def test_fields_are_told_apart_to_many_digits() -> None:
    """Between two fields that nearly cancel, the larger one decides."""
    for above in (1, -1):
        model = Ising(16.0, Pattern([8.0, -8.0 + above * 2.0**-30, 0.0, 0.0]))
        (found,) = lowest_states(model, Lattice((4,)), tuple(model.strengths(Lattice((4,)), field=1.0).tolist()))
        assert (found == (above > 0)).all()


def test_frustrated_seams_have_simple_states() -> None:
    found = GAUSSIAN.ground_states(Lattice((4, 4), "antiperiodic"), disorder=0.1)
    assert found.shape[1:] == (4, 4)


BAD = {
    "disorder": (lambda: sl.simulate(GAUSSIAN, SQUARE, temperature=1.0, disorder=-0.5), "must be >= 0"),
    "later disorder": (lambda: sl.simulate(GAUSSIAN, SQUARE, temperature=1.0, disorder=[-0.5, 1.0]), "must be >= 0"),
    "sample": (lambda: sl.simulate(GAUSSIAN, SQUARE, temperature=1.0, sample=0.5), "whole number"),
    "a later sample": (lambda: enumerate_states(GAUSSIAN, SQUARE, temperature=1.0, sample=-1), "whole number"),
    "samples": (lambda: sl.simulate(GAUSSIAN, SQUARE, temperature=1.0, samples=0), ">= 1"),
    "samples that are no number": (lambda: sl.simulate(GAUSSIAN, SQUARE, temperature=1.0, samples=2.0), ">= 1"),
    "both": (lambda: sl.simulate(GAUSSIAN, SQUARE, temperature=1.0, samples=2, sample=[0, 1]), "given too"),
    "no disorder": (lambda: sl.simulate(Ising(), SQUARE, temperature=1.0, samples=2), "no quenched disorder"),
    "distribution": (lambda: RandomFieldIsing("gausian"), "Did you mean 'gaussian'"),
    "coupling": (lambda: RandomFieldIsing(coupling=-1.0), "must be > 0"),
    "probability": (lambda: RandomBondIsing(negative=1.2), "from 0 to 1"),
    "no probability": (lambda: RandomBondIsing(negative=math.nan), "finite"),
    "seed": (lambda: RandomBondIsing(seed=-1), "seed"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name: str) -> None:
    call, why = BAD[name]
    with pytest.raises(InputError, match=why):
        call()


def test_the_number_of_a_sample_is_no_constant() -> None:
    assert model_from_dict(GAUSSIAN.at(sample=3).to_dict()) == GAUSSIAN
    with pytest.raises(InputError, match="no such constant"):
        model_from_dict({**GAUSSIAN.to_dict(), "sample": 3})


def test_sums_have_a_type_that_fits_all_samples() -> None:
    """On two sites the fields of some samples would fit 32 bits."""
    plan = Plan(model=GAUSSIAN, lattice=Lattice((2,)), temperature=1.0, sample=range(40))
    largest = [np.abs(plan.model_at(point).random_fields(plan.lattice)).max() for point in range(plan.points)]
    assert min(largest) * 2.0**30 * 2 < 2**31 < max(largest) * 2.0**30 * 2
    assert series_type(plan, "random_field_sum") == "int64"


def test_bimodal_fields_are_signs_of_bonds_to_the_kernel() -> None:
    """All sites have one kind then, and a sweep costs what it does with random bonds."""
    at = BIMODAL.at(sample=2)
    geometry, turned = geometry_of(at, SQUARE, tuple(BIMODAL.strengths(SQUARE, disorder=0.7).tolist()))
    assert turned is not None
    assert len(geometry.kind_sites) == 1
    geometry, turned = geometry_of(at, SQUARE, tuple(BIMODAL.strengths(SQUARE, disorder=0.0).tolist()))
    assert turned is None


def _sampled(model: Model, **axes: object) -> sl.Ensemble:
    return sl.simulate(
        model, Lattice((3, 3)), temperature=[2.0, 3.0], chains=256, recordings=200, equilibration=64, interval=4,
        progress=False, **axes,
    )  # type: ignore[arg-type]  # fmt: skip


def test_samples_are_reweighted_one_at_a_time() -> None:
    model = RandomFieldIsing("bimodal", seed=2)
    ensemble = _sampled(model, samples=2, disorder=[1.0, 1.2])
    with pytest.raises(NoOverlapError, match="different terms"):
        MultiHistogram(ensemble)
    one = MultiHistogram(
        dict(ensemble.series.sel(sample=[1]).data_vars), model=model, lattice=ensemble.lattice
    ).observables(temperature=2.5, disorder=1.1)  # fmt: skip
    with pytest.warns(OverlapWarning, match="sample = 1"):
        nearest = ensemble.reweight(temperature=2.5, disorder=1.1, sample=1)
    exact = enumerate_states(model, ensemble.lattice, temperature=2.5, disorder=1.1, sample=1)
    other = enumerate_states(model, ensemble.lattice, temperature=2.5, disorder=1.1, sample=0)
    for found in (one, nearest):
        for name in ("energy", "magnetization"):
            value, error = float(found[name]), float(found[f"{name}_error"])
            assert within(value, exact[name], error, degrees=31)
        assert abs(float(found.magnetization) - other.magnetization) > 20 * float(found.magnetization_error)
    with pytest.raises(InputError, match="says nothing of other terms"), pytest.warns(OverlapWarning):
        ensemble.reweight(temperature=2.5, disorder=1.1, sample=4)


def test_a_sample_is_sampled_as_it_would_be_alone() -> None:
    """Chains of a point depend on its place in the grid; the sample itself does not."""
    many = Plan(model=BIMODAL, lattice=SQUARE, temperature=2.0, sample=[4, 7])
    alone = Plan(model=BIMODAL, lattice=SQUARE, temperature=2.0, sample=[4])
    first, again = (run_unit(plan, units(plan)[0]) for plan in (many, alone))
    assert np.array_equal(first.codes, again.codes)
    assert np.array_equal(first.sums["random_field_sum"], again.sums["random_field_sum"])
