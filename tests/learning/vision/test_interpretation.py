"""Where a network looks: even attention by hand, both poolings, any number of images."""

import numpy as np
import pytest
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.vision import attention, attention_distance, build, rollout
from spinlens.learning.vision.interpretation import interpreter

SETTINGS = {"patch": 4, "width": 16, "layers": 2, "heads": 2, "stem": 4}
SPINS = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (18, 12, 12))


def network(**changes):
    return build("vit", side=12, seed=1, **(SETTINGS | changes))


def brute_force_distance(lattice, patch):
    """Return the mean distance of patch centres, counted shift by shift."""
    side = lattice.shape[0]
    centres = np.array([(x, y) for x in range(0, side, patch) for y in range(0, side, patch)])
    total = 0.0
    for one in centres:
        for other in centres:
            shifts = [
                [abs(one[axis] - other[axis] + turn * side) for turn in ((-1, 0, 1) if lattice.rings[axis] else (0,))]
                for axis in range(2)
            ]
            total += np.hypot(min(shifts[0]), min(shifts[1]))
    return total / len(centres) ** 2


@pytest.mark.parametrize("boundary", ["periodic", "skewed", "free"])
def test_even_attention_is_exact(boundary):
    even = network()
    with torch.no_grad():
        for block in even.blocks:
            # The first third of what is read are the queries.
            block.attention.read.weight[:16].zero_()
            block.attention.read.bias[:16].zero_()
    lattice = Lattice((12, 12), boundary=boundary)
    seen = interpreter(even, lattice)(SPINS)
    wanted = brute_force_distance(lattice, 4)
    assert float(seen["uniform_distance"]) == pytest.approx(wanted)
    assert dict(seen["distance"].sizes) == {"layer": 2, "image": 18, "head": 2}
    np.testing.assert_allclose(seen["distance"], wanted, rtol=1e-6)
    np.testing.assert_allclose(seen["attention"], 1 / 9, rtol=1e-5)
    np.testing.assert_allclose(seen["rollout"], 1 / 9, rtol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_maps_are_what_the_pooled_tokens_take(pooling):
    torch.manual_seed(0)
    model = network(pooling=pooling)
    with torch.no_grad():
        for block in model.blocks:
            block.attention.read.weight[:32].normal_(0, 1)
            block.attention.read.bias[:32].normal_(0, 1)
    lattice = Lattice((12, 12))
    seen = interpreter(model, lattice)(SPINS)
    maps = attention(model, SPINS)
    np.testing.assert_allclose(seen["distance"], attention_distance(maps, lattice), rtol=1e-5)
    for name, tokens in (("attention", maps[-1].mean(1)), ("rollout", rollout(maps))):
        for image in (0, 17):
            rows = tokens[image, 1:, 1:] if pooling == "mean" else tokens[image, :1, 1:]
            taken = rows.sum(axis=0) / rows.sum()
            np.testing.assert_allclose(seen[name][image], taken.reshape(3, 3), rtol=1e-4)
        np.testing.assert_allclose(seen[name].sum(("row", "column")), 1)
    assert seen["attention"].std() > 0.01


def test_refusals():
    with pytest.raises(InputError, match="has no attention"):
        interpreter(build("resnet-18", side=12), Lattice((12, 12)))(SPINS)
    with pytest.raises(InputError, match="images"):
        interpreter(network(), Lattice((12, 12)))(SPINS[:, :8, :8])
