"""Probes find what was put into the states, as much of it as was put there, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.phases.regions.interpretation.invented import invented

from spinlens.errors import InputError
from spinlens.phases.regions.interpretation import linear_head_report

IMAGES = invented(1200)


def test_what_is_put_in_is_found() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(size=(len(IMAGES), 6))
    blurred = noise.copy()
    blurred[:, 2] = IMAGES.energy + 0.5 * IMAGES.energy.std() * noise[:, 2]
    sharp = noise.copy()
    sharp[:, 1], sharp[:, 4] = IMAGES.energy, 3 * np.abs(IMAGES.magnetization) - 1
    found = linear_head_report([noise, blurred, sharp], IMAGES)
    r2, error = found["r2"].to_numpy(), found["r2_error"].to_numpy()
    assert np.all(np.abs(r2[0]) < 0.03)
    # A feature with noise of half its spread explains 1 / (1 + 1/4) of the variance.
    assert abs(r2[1, 0] - 0.8) < 4 * error[1, 0]
    assert error[1, 0] < 0.03
    assert np.all(r2[2] > 1 - 1e-9)
    energy = IMAGES.energy[np.isin(IMAGES.chain, np.unique(IMAGES.chain)[1::2])]
    np.testing.assert_allclose(found["error"].to_numpy()[:, 0], energy.std() * np.sqrt(1 - r2[:, 0]), atol=1e-7)


def test_neither_can_be_read_off_raw_spins() -> None:
    found = linear_head_report(IMAGES.energy[None, :, None], IMAGES)
    assert np.all(found["raw_r2"] < 0.05)
    assert found["r2"].sel(quantity="energy").item() > 1 - 1e-9


def test_the_raw_spins_are_looked_at() -> None:
    # Where one sign is left, the order parameter is linear in the spins.
    up = replace(IMAGES, spins=(IMAGES.spins * np.sign(IMAGES.magnetization + 1e-9)[:, None, None]).astype(np.int8))
    found = linear_head_report(np.ones((1, len(up), 1)), up)
    assert found["raw_r2"].sel(quantity="order").item() > 0.99
    assert abs(found["r2"].sel(quantity="order").item()) < 0.03


def test_no_chain_is_on_both_sides() -> None:
    # States that name the chain alone: within a chain all energies are alike, between chains they are not.
    level = np.random.default_rng(2).normal(size=16)
    alike = replace(IMAGES, energy=level[IMAGES.chain])
    states = np.eye(16)[IMAGES.chain][None]
    assert linear_head_report(states, alike)["r2"].sel(quantity="energy").item() < 0.1
    mixed = np.arange(len(IMAGES)) % 2 == 0
    assert linear_head_report(states, alike, train=mixed)["r2"].sel(quantity="energy").item() > 0.99


def test_refusals() -> None:
    states = np.zeros((2, len(IMAGES), 3))
    with pytest.raises(InputError, match=r"states.shape"):
        linear_head_report(states[:, :-1], IMAGES)
    with pytest.raises(InputError, match="train = "):
        linear_head_report(states, IMAGES, train=np.arange(len(IMAGES)))
    with pytest.raises(InputError, match="to judge by"):
        linear_head_report(states, replace(IMAGES, chain=np.zeros(len(IMAGES), np.int64)))
