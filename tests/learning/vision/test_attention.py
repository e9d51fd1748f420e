"""Attention maps, rollout and distances against what can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.vision import attention, attention_distance, build, hidden_states, rollout
from spinlens.learning.vision.attention import eager, patch_distances
from spinlens.learning.vision.attention_kernel import NAME

from .conftest import TINY, labelled

IMAGES = labelled(5)[0]


@pytest.fixture
def network():
    network = build("vit", side=8, classes=3, **TINY).eval()
    for parameter in network.parameters():
        # Larger weights than the first ones, so that attention is far from uniform.
        parameter.data.mul_(8.0)
    return network


def test_maps_have_the_promised_shape_and_sum_to_one(network):
    maps = attention(network, IMAGES)
    assert maps.shape == (2, 5, 2, 5, 5)
    np.testing.assert_allclose(maps.sum(-1), 1.0, rtol=1e-5)
    assert maps.std(-1).max() > 0.05


def test_eager_and_fused_attention_give_equal_logits(network):
    spins = torch.from_numpy(IMAGES)[:, None].float()
    with torch.inference_mode():
        network.model.set_attn_implementation("sdpa")
        fused = network(spins)
        with eager(network):
            assert network.model.config._attn_implementation == "eager"
            torch.testing.assert_close(network(spins), fused, rtol=1e-4, atol=1e-5)
        assert network.model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize(("half", "tolerance"), [(False, 0.0), (True, 0.02)])
def test_our_attention_is_the_fused_one(half, tolerance):
    """Output and gradients; in bfloat16 products take the place of the kernel, with the rounding that comes with it."""
    spins = torch.from_numpy(IMAGES)[:, None].float()
    results = []
    for name in (NAME, "sdpa"):
        network = build("vit", side=8, classes=3, **TINY).train()
        assert network.model.config._attn_implementation == NAME
        network.model.set_attn_implementation(name)
        network.head.weight.data.mul_(50.0)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits = network(spins)
        logits.float().square().mean().backward()
        layer = network.model.vit.layers[0].attention
        results.append((logits.detach().float(), layer.q_proj.weight.grad, layer.v_proj.weight.grad))
    for ours, fused in zip(*results, strict=True):
        assert fused.abs().max() > 0
        assert (ours - fused).abs().max() <= tolerance * fused.abs().max()


def test_maps_are_those_of_queries_and_keys(network):
    """The first layer's map, computed from the weights."""
    spins = torch.from_numpy(IMAGES)[:, None].float()
    layer = network.model.vit.layers[0]
    with torch.inference_mode():
        tokens = layer.layernorm_before(network.model.vit.embeddings(spins))
        query, key = (
            part(tokens).view(5, 5, 2, 8).transpose(1, 2) for part in (layer.attention.q_proj, layer.attention.k_proj)
        )
        expected = (query @ key.transpose(2, 3) / 8**0.5).softmax(-1)
    np.testing.assert_allclose(attention(network, IMAGES)[0], expected, rtol=1e-4, atol=1e-6)


def test_rollout(network):
    maps = attention(network, IMAGES)
    result = rollout(maps)
    np.testing.assert_allclose(result.sum(-1), 1.0, rtol=1e-12)
    first, second = (0.5 * each.mean(1) + 0.5 * np.eye(5) for each in maps)
    np.testing.assert_allclose(result, second @ first, rtol=1e-5)
    # The order of the layers matters.
    assert not np.allclose(result, first @ second, rtol=1e-3)
    np.testing.assert_allclose(rollout(np.broadcast_to(np.eye(5), maps.shape)), np.broadcast_to(np.eye(5), (5, 5, 5)))


@pytest.mark.parametrize(
    ("boundary", "rings"),
    [("periodic", (1, 1)), ("antiperiodic", (1, 1)), ("free", (0, 0)), ("skewed", (0, 1))],
)
def test_uniform_attention_looks_over_the_mean_distance(boundary, rings):
    """Of 3 x 3 patches of 4 spins: distances 0, 4, 4 on a ring; between walls 0, 4, 8 by the place."""
    lattice, patches = Lattice((12, 12), boundary), 9
    total, pairs = 0.0, 0
    for one in range(9):
        for other in range(9):
            steps = [abs(a - b) * 4 for a, b in zip(divmod(one, 3), divmod(other, 3), strict=True)]
            steps = [min(step, 12 - step) if ring else step for step, ring in zip(steps, rings, strict=True)]
            total, pairs = total + np.hypot(*steps), pairs + 1
    maps = np.full((2, 3, 4, patches + 1, patches + 1), 1 / (patches + 1), np.float32)
    found = attention_distance(maps, lattice)
    assert found.shape == (2, 3, 4)
    np.testing.assert_allclose(found, total / pairs, rtol=1e-6)


def test_attention_to_itself_and_to_one_neighbour():
    lattice = Lattice((12, 12))
    maps = np.zeros((1, 1, 2, 10, 10), np.float32)
    maps[0, 0, 0] = np.eye(10)
    # The class token is left out, whatever it takes.
    maps[..., 0] = 0.5
    for patch in range(9):
        row, column = divmod(patch, 3)
        maps[0, 0, 1, 1 + patch, 1 + row * 3 + (column + 1) % 3] = 0.5
    np.testing.assert_allclose(attention_distance(maps, lattice)[0, 0], [0.0, 4.0])


def test_distances_are_refused_where_patches_do_not_tile():
    with pytest.raises(InputError, match="8 square patches do not tile it"):
        patch_distances(Lattice((12, 12)), 8)


def test_hidden_states(network):
    states = hidden_states(network, IMAGES)
    assert states.shape == (3, 5, 16)
    spins = torch.from_numpy(IMAGES)[:, None].float()
    with torch.inference_mode():
        embedded = network.model.vit.embeddings(spins)[:, 1:].mean(1)
        last = network.features(spins)
        normed = network.model.vit.layernorm(network.tokens(spins, output_hidden_states=True).hidden_states[-1])
    np.testing.assert_allclose(states[0], embedded, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(normed[:, 1:].mean(1), last, rtol=1e-4, atol=1e-5)


def test_residual_networks_have_hidden_states_but_no_attention():
    network = build("resnet-18", side=8)
    assert hidden_states(network, IMAGES).shape == (5, 5, 512)
    with pytest.raises(InputError, match="resnet-18: has no attention"):
        attention(network, IMAGES)
    with pytest.raises(InputError, match="the network reads 8 x 8 spins"):
        hidden_states(network, labelled(2, side=4)[0])
