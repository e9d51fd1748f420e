"""Configurations of any space as a network sees them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import spinlens as sl
from spinlens.errors import InputError
from spinlens.learning.channels import Channels
from spinlens.learning.vision.configurations import SPINS, boundary_seen, channels_of, configurations, same_lattice
from spinlens.spaces import Binary, Colours, Discrete


@pytest.mark.parametrize("columns", [3, 8, 11, 32])
def test_spins_are_seen_as_they_are(columns):
    spins = np.random.default_rng(0).choice([-1, 1], (5, 4, columns)).astype(np.int8)
    given = configurations(spins)
    assert (len(given), given.shape) == (5, (4, columns))
    seen = given.take(slice(1, 4))
    assert seen.dtype == torch.float32
    np.testing.assert_array_equal(seen[:, 0].numpy(), spins[1:4])
    np.testing.assert_array_equal(given.part(slice(2, None)).take(np.array([0, 2]))[:, 0], spins[[2, 4]])


def test_two_states_are_seen_as_spins_whatever_they_stand_for():
    for values in ((0, 1), (-1, 1), (3, 7)):
        codes = np.random.default_rng(0).integers(0, 2, (3, 4, 4))
        given = configurations(np.array(values)[codes], channels=Channels(np.array(values), SPINS.statistics))
        np.testing.assert_array_equal(given.take(slice(None))[:, 0], 2 * codes - 1)
    assert channels_of(Binary(0, 1)).statistics.tolist() == [[-1], [1]]


@pytest.mark.parametrize("space", [Discrete((-1, 0, 1)), Colours(3), Colours(5)], ids=lambda space: space.text)
def test_more_states_are_seen_by_their_statistics(space):
    channels = channels_of(space)
    codes = np.random.default_rng(0).integers(0, space.states, (3, 4, 4))
    # Even where an array lacks some of the values.
    codes[:, 0] = 0
    given = configurations(space.values[codes][:1], channels=channels)
    np.testing.assert_allclose(given.take(slice(None)).movedim(1, -1), space.statistics(codes[:1]))


def test_what_is_told_apart():
    spins = np.random.default_rng(0).choice([-1, 1], (2, 4, 8)).astype(np.int8)
    digests = [
        configurations(spins).digest, configurations(spins[:, :, :7]).digest, configurations((spins + 1) // 2).digest,
        configurations(-spins).digest, configurations(np.stack([spins, spins], axis=1)).digest,
    ]  # fmt: skip
    assert len(set(digests)) == 5
    assert configurations(spins.astype(float)).digest == digests[0]


def test_what_is_refused():
    with pytest.raises(InputError, match="of two or three sides"):
        configurations(np.ones((4, 64)))
    with pytest.raises(InputError, match=r"images = 4 x 8: the networks read lattices of equal sides"):
        _ = configurations(np.ones((2, 4, 8))).side
    with pytest.raises(InputError, match="the network reads 8 x 8 spins"):
        same_lattice((8, 8), configurations(np.ones((2, 4, 4))), "images")
    with pytest.raises(InputError, match="2"):
        configurations(np.full((1, 4, 4), 2), channels=SPINS)
    potts = sl.simulate(sl.Potts(states=3), (4, 4), temperature=1.0, chains=2, equilibration=1, progress=False)
    with pytest.raises(InputError, match="the network was trained on other values of a site"):
        configurations(potts, channels=SPINS)


@pytest.mark.parametrize(
    ("boundary", "seen"), [("periodic", "periodic,periodic"), ("free", "free,free"), ("free,periodic", "free,periodic")]
)
def test_edges_of_more_states(boundary, seen):
    lattice = sl.Lattice((4, 4), boundary=tuple(boundary.split(",")) if "," in boundary else boundary)
    potts = sl.simulate(sl.Potts(states=3), lattice, temperature=1.0, chains=2, equilibration=1, progress=False)
    assert boundary_seen(potts) == seen
    assert boundary_seen(np.ones((2, 4, 4))) == "free"
