import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, Potts
from spinlens.sampling.diagnostics import mixing

CHAINS, RECORDINGS, LATTICE = 64, 32, Lattice((4, 4))


def noise(shape=(1, CHAINS, RECORDINGS), seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(-300, 300, shape), generator.integers(-100, 100, shape)


def judge(bond_sum, spin_sum, field=0.3):
    sums = {"bond_sum": bond_sum, "spin_sum": spin_sum}
    return mixing(sums, model=Ising(), lattice=LATTICE, field=field)


def test_independent_recordings_pass():
    verdict = judge(*noise((65, CHAINS, RECORDINGS)))
    assert verdict.mixed.all()
    assert verdict.r_hat.shape == verdict.effective_sample_size.shape == (65,)
    assert np.all(verdict.r_hat < 1.03)
    assert np.all(verdict.effective_sample_size > 1000)


@pytest.mark.parametrize("which", [0, 1])
def test_chains_that_disagree_are_flagged_whichever_quantity_shows_it(which):
    series = list(noise())
    series[which] = series[which] + 400 * (np.arange(CHAINS) % 2)[None, :, None]
    verdict = judge(*series)
    assert not verdict.mixed[0]
    assert verdict.r_hat[0] > 1.3


def test_a_drift_is_flagged():
    bond_sum, spin_sum = noise()
    verdict = judge(bond_sum + 40 * np.arange(RECORDINGS), spin_sum)
    assert not verdict.mixed[0]


def test_the_sign_of_the_magnetization_counts_in_a_field_only():
    bond_sum, spin_sum = noise()
    magnetized = (900 + spin_sum) * np.where(np.arange(CHAINS) % 2, 1, -1)[:, None]
    assert judge(bond_sum, magnetized, field=0.0).mixed[0]
    # Bonds that make up for the field: the energy -b - h s is plain noise, only the magnetization tells.
    assert not judge(bond_sum - magnetized, magnetized, field=1.0).mixed[0]


def test_the_ground_state_is_mixed():
    ones = np.ones((1, CHAINS, RECORDINGS), int)
    for field in (0.0, 0.5):
        verdict = judge(2048 * ones, 1024 * ones, field=field)
        assert verdict.r_hat[0] == 1.0
        assert verdict.effective_sample_size[0] == CHAINS * RECORDINGS
        assert verdict.mixed[0]


def test_a_constant_magnetization_does_not_hide_a_bad_energy():
    bond_sum, spin_sum = noise()
    verdict = judge(bond_sum + 400 * (np.arange(CHAINS) % 2)[:, None], np.zeros_like(spin_sum))
    assert not verdict.mixed[0]
    assert judge(bond_sum, np.zeros_like(spin_sum)).mixed[0]


def test_chains_frozen_apart_are_flagged():
    frozen = np.repeat(np.arange(CHAINS * 2)[None, ::2, None], RECORDINGS, axis=2)
    verdict = judge(frozen, np.full_like(frozen, 1024))
    assert verdict.r_hat[0] == np.inf
    assert verdict.effective_sample_size[0] == CHAINS
    assert not verdict.mixed[0]


@pytest.mark.parametrize("shape", [(2, 1, 200), (2, CHAINS, 3), (2, 1, 1)])
def test_what_cannot_be_known_is_not_mixed(shape):
    verdict = judge(*noise(shape))
    assert np.isnan(verdict.r_hat).all()
    assert not verdict.mixed.any()


def test_too_few_effective_recordings_are_flagged():
    verdict = judge(*noise((1, 4, 16)))
    assert verdict.effective_sample_size[0] < 100
    assert not verdict.mixed[0]


def test_temperatures_are_judged_one_by_one():
    bond_sum, spin_sum = noise((3, CHAINS, RECORDINGS))
    bond_sum[1] += 400 * (np.arange(CHAINS) % 2)[:, None]
    verdict = judge(bond_sum, spin_sum)
    assert verdict.mixed.tolist() == [True, False, True]
    alone = judge(bond_sum[1:2], spin_sum[1:2])
    assert alone.r_hat[0] == verdict.r_hat[1]


def test_refuses_other_shapes():
    with pytest.raises(InputError, match="temperature, chain, recording"):
        judge(np.zeros((4, 4), int), np.zeros((4, 4), int))


def judge_all(model, lattice=LATTICE, *, apart, **controls):
    """Judge noise in every sum of a model; half of the chains have another average in some of them."""
    generator = np.random.default_rng(2)
    sign = np.where(np.arange(CHAINS) % 2, 1, -1)[None, :, None]
    sums = {
        name: generator.integers(-100, 100, (1, CHAINS, RECORDINGS)) + apart.get(name, 0) * sign
        for name in model.tables(lattice).names
    }
    return mixing(sums, model=model, lattice=lattice, **controls)


@pytest.mark.parametrize(
    ("model", "controls"),
    [
        (Ising((1.0, 0.5)), {"field": 0.1}),
        (Ising(-1.0), {"field": 0.1}),
        (BlumeCapel(), {"crystal_field": 0.3}),
        (Potts(3), {}),
        (Clock(5), {"field": 0.2}),
    ],
    ids=lambda part: getattr(part, "text", ""),
)
def test_sound_chains_of_every_model_pass(model, controls):
    assert judge_all(model, apart={}, **controls).mixed[0]


def test_either_sublattice_may_be_up_unless_a_field_chooses():
    apart = {"staggered_sum": 900}
    for field in (0.0, 0.5):
        assert judge_all(Ising(-1.0), apart=apart, field=field).mixed[0]
    chosen = Ising(-1.0, field_pattern="staggered")
    assert judge_all(chosen, apart=apart, field=0.0).mixed[0]
    assert not judge_all(chosen, apart=apart, field=0.5).mixed[0]


def test_the_sign_of_any_order_parameter_counts_where_no_symmetry_makes_it_trivial():
    apart = {"spin_sum": 900}
    assert judge_all(BlumeCapel(), apart=apart, crystal_field=0.3).mixed[0]
    assert not judge_all(BlumeCapel(), apart={"square_sum": 900}).mixed[0]
    walls = Lattice((4, 4), ((1, 1), "periodic"))
    assert not judge_all(Ising(), walls, apart=apart).mixed[0]
    assert judge_all(Ising(), apart=apart).mixed[0]


def test_a_vector_is_judged_by_its_length():
    # All chains in one corner of the triangle or another, which is a matter of colours' names.
    generator = np.random.default_rng(3)
    model, lattice = Potts(3), Lattice((20, 20))
    corner = generator.integers(0, 3, CHAINS)
    noise_of = generator.multinomial(40, [0.5, 0.25, 0.25], (CHAINS, RECORDINGS))
    counts = np.stack([
        360 * (corner == c)[:, None] + np.take_along_axis(noise_of, ((c - corner) % 3)[:, None, None], 2)[..., 0]
        for c in range(3)
    ])  # fmt: skip
    sums = {"bond_sum": generator.integers(600, 700, (1, CHAINS, RECORDINGS))}
    sums |= {f"count_{c}": counts[c][None] for c in range(2)}
    assert mixing(sums, model=model, lattice=lattice).mixed[0]
    half = np.where(np.arange(CHAINS)[:, None] % 2, counts, np.full_like(counts, 133))
    sums |= {f"count_{c}": half[c][None] for c in range(2)}
    assert not mixing(sums, model=model, lattice=lattice).mixed[0]


def test_what_was_not_recorded_is_not_judged():
    bond_sum, spin_sum = noise()
    sums = {"bond_sum": bond_sum, "spin_sum": spin_sum}
    assert mixing(sums, model=Ising(-1.0), lattice=LATTICE, field=0.3).mixed[0]
    with pytest.raises(InputError, match="lack 'bond_sum_x'"):
        mixing(sums, model=Ising((1.0, 0.5)), lattice=LATTICE)
