import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling.diagnostics import equilibration

CHAINS, RECORDINGS = 64, 32


def noise(shape=(1, CHAINS, RECORDINGS), seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(-300, 300, shape), generator.integers(-100, 100, shape)


def judge(bond_sum, spin_sum, field=0.3):
    return equilibration({"bond_sum": bond_sum, "spin_sum": spin_sum}, model=Ising(), lattice=Lattice((4, 4)), field=field)


def test_independent_recordings_pass():
    verdict = judge(*noise((65, CHAINS, RECORDINGS)))
    assert verdict.equilibrated.all()
    assert verdict.r_hat.shape == verdict.effective_sample_size.shape == (65,)
    assert np.all(verdict.r_hat < 1.03)
    assert np.all(verdict.effective_sample_size > 1000)


@pytest.mark.parametrize("which", [0, 1])
def test_chains_that_disagree_are_flagged_whichever_quantity_shows_it(which):
    series = list(noise())
    series[which] = series[which] + 400 * (np.arange(CHAINS) % 2)[None, :, None]
    verdict = judge(*series)
    assert not verdict.equilibrated[0]
    assert verdict.r_hat[0] > 1.3


def test_a_drift_is_flagged():
    bond_sum, spin_sum = noise()
    verdict = judge(bond_sum + 40 * np.arange(RECORDINGS), spin_sum)
    assert not verdict.equilibrated[0]


def test_the_sign_of_the_magnetization_counts_in_a_field_only():
    bond_sum, spin_sum = noise()
    magnetized = (900 + spin_sum) * np.where(np.arange(CHAINS) % 2, 1, -1)[:, None]
    assert judge(bond_sum, magnetized, field=0.0).equilibrated[0]
    # Bonds that make up for the field: the energy -b - h s is plain noise, only the magnetization tells.
    assert not judge(bond_sum - magnetized, magnetized, field=1.0).equilibrated[0]


def test_the_ground_state_is_in_equilibrium():
    ones = np.ones((1, CHAINS, RECORDINGS), int)
    for field in (0.0, 0.5):
        verdict = judge(2048 * ones, 1024 * ones, field=field)
        assert verdict.r_hat[0] == 1.0
        assert verdict.effective_sample_size[0] == CHAINS * RECORDINGS
        assert verdict.equilibrated[0]


def test_a_constant_magnetization_does_not_hide_a_bad_energy():
    bond_sum, spin_sum = noise()
    verdict = judge(bond_sum + 400 * (np.arange(CHAINS) % 2)[:, None], np.zeros_like(spin_sum))
    assert not verdict.equilibrated[0]
    assert judge(bond_sum, np.zeros_like(spin_sum)).equilibrated[0]


def test_chains_frozen_apart_are_flagged():
    frozen = np.repeat(np.arange(CHAINS * 2)[None, ::2, None], RECORDINGS, axis=2)
    verdict = judge(frozen, np.full_like(frozen, 1024))
    assert verdict.r_hat[0] == np.inf
    assert verdict.effective_sample_size[0] == CHAINS
    assert not verdict.equilibrated[0]


@pytest.mark.parametrize("shape", [(2, 1, 200), (2, CHAINS, 3), (2, 1, 1)])
def test_what_cannot_be_known_is_not_equilibrated(shape):
    verdict = judge(*noise(shape))
    assert np.isnan(verdict.r_hat).all()
    assert not verdict.equilibrated.any()


def test_too_few_effective_recordings_are_flagged():
    verdict = judge(*noise((1, 4, 16)))
    assert verdict.effective_sample_size[0] < 100
    assert not verdict.equilibrated[0]


def test_temperatures_are_judged_one_by_one():
    bond_sum, spin_sum = noise((3, CHAINS, RECORDINGS))
    bond_sum[1] += 400 * (np.arange(CHAINS) % 2)[:, None]
    verdict = judge(bond_sum, spin_sum)
    assert verdict.equilibrated.tolist() == [True, False, True]
    alone = judge(bond_sum[1:2], spin_sum[1:2])
    assert alone.r_hat[0] == verdict.r_hat[1]


def test_refuses_other_shapes():
    with pytest.raises(InputError, match="temperature, chain, recording"):
        judge(np.zeros((4, 4), int), np.zeros((4, 4), int))
