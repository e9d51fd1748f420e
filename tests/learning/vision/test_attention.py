"""Attention maps, rollout and distances against what can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.vision import attention, attention_distance, build, hidden_states, rollout
from spinlens.learning.vision.attend import attend, attention_weights
from spinlens.learning.vision.attention import patch_distances

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


def test_the_native_network_is_the_published_one_on_a_lattice(network):
    """Logits, hidden states, maps and gradients of the library's own transformer, by the same weights."""
    transformers = pytest.importorskip("transformers")
    settings = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    model = transformers.ViTForImageClassification(
        transformers.ViTConfig(**settings, image_size=8, patch_size=4, num_channels=1, num_labels=3)
    ).eval()
    native = build("vit", side=8, classes=3, **TINY | {"stem": 0, "pooling": "cls"}).eval()
    for parameter in model.parameters():
        parameter.data.mul_(8.0)
    take(native, model)
    spins = torch.from_numpy(IMAGES)[:, None].float()
    model.set_attn_implementation("eager")
    theirs = model(spins, output_attentions=True, output_hidden_states=True)
    ours = native(spins)
    torch.testing.assert_close(ours, theirs.logits, rtol=1e-4, atol=1e-5)
    pairs = zip(native.attention(spins), theirs.attentions, strict=True)
    assert max(float((one - other).detach().abs().max()) for one, other in pairs) < 1e-5
    pairs = zip(native.states(spins), theirs.hidden_states, strict=True)
    assert max(float((one - other[:, 0]).detach().abs().max()) for one, other in pairs) < 1e-4
    ours.square().sum().backward()
    theirs.logits.square().sum().backward()
    layer = model.vit.layers[0].attention
    parts = torch.cat([part.weight.grad for part in (layer.q_proj, layer.k_proj, layer.v_proj)])
    first = model.vit.embeddings.patch_embeddings.projection.weight.grad
    # Processors sum in different orders, so that small entries of a gradient are as uncertain as large ones.
    for ours, theirs in ((native.blocks[0].attention.read.weight.grad, parts), (native.patches.weight.grad, first)):
        assert float((ours - theirs).abs().max()) < 1e-4 * float(theirs.abs().max())


def take(native, model):
    """Give the native network the weights of a model of transformers."""
    inside = model.vit
    native.first_token.data = inside.embeddings.cls_token.data.clone()
    native.positions.data = inside.embeddings.position_embeddings.data.clone()
    pairs = [(native.patches, inside.embeddings.patch_embeddings.projection), (native.norm, inside.layernorm),
             (native.head, model.classifier)]  # fmt: skip
    for block, layer in zip(native.blocks, inside.layers, strict=True):
        parts = [layer.attention.q_proj, layer.attention.k_proj, layer.attention.v_proj]
        block.attention.read.weight.data = torch.cat([part.weight.data for part in parts])
        block.attention.read.bias.data = torch.cat([part.bias.data for part in parts])
        pairs += [(block.first, layer.layernorm_before), (block.second, layer.layernorm_after),
                  (block.attention.write, layer.attention.o_proj),
                  (block.perceptron[0], layer.mlp.fc1), (block.perceptron[2], layer.mlp.fc2)]  # fmt: skip
    for ours, theirs in pairs:
        ours.load_state_dict(theirs.state_dict())


@pytest.mark.parametrize(("kind", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 0.02)])
def test_attention_and_its_gradients_are_softmax_of_products(kind, tolerance):
    """In bfloat16 products take the place of the fused kernel, with the rounding that comes with it."""
    parts = torch.randn(3, 2, 2, 5, 8, generator=torch.Generator().manual_seed(1)).to(kind)
    results = []
    for exact in (False, True):
        query, key, value = (part.double() if exact else part.clone() for part in parts)
        for each in (query, key, value):
            each.requires_grad_()
        found = attention_weights(query, key) @ value if exact else attend(query, key, value)
        found.double().square().sum().backward()
        results.append([found.detach(), query.grad, key.grad, value.grad])
    for ours, exact in zip(*results, strict=True):
        assert (ours.double() - exact).abs().max() <= 10 * tolerance * exact.abs().max()


def test_dropout_of_attention_keeps_the_mean():
    query, key = torch.zeros(2, 1, 1, 50, 4)
    value = torch.ones(1, 1, 50, 4)
    for kind in (torch.float32, torch.bfloat16):
        torch.manual_seed(0)
        parts = [each.to(kind) for each in (query, key, value)]
        dropped = attend(*parts, dropout=0.5).float()
        assert dropped.std() > 0.05
        assert abs(float(dropped.mean()) - 1.0) < 0.1


def test_maps_are_those_of_queries_and_keys(network):
    """The first layer's map, computed from the weights."""
    spins = torch.from_numpy(IMAGES)[:, None].float()
    block = network.blocks[0]
    with torch.inference_mode():
        read = block.attention.read(block.first(network.embed(spins)))
        query, key = (part.view(5, 5, 2, 8).transpose(1, 2) for part in read.split(16, dim=-1)[:2])
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
        embedded = network.embed(spins)[:, 1:].mean(1)
        last = network.features(spins)
    np.testing.assert_allclose(states[0], embedded, rtol=1e-4, atol=1e-5)
    # With mean pooling nothing is normalised after the last layer.
    np.testing.assert_allclose(states[-1], last, rtol=1e-4, atol=1e-5)


def test_residual_networks_have_hidden_states_but_no_attention():
    network = build("resnet-18", side=8)
    assert hidden_states(network, IMAGES).shape == (5, 5, 512)
    with pytest.raises(InputError, match="resnet-18: has no attention"):
        attention(network, IMAGES)
    with pytest.raises(InputError, match="the network reads 8 x 8 spins"):
        hidden_states(network, labelled(2, side=4)[0])
