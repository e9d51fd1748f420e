"""What is hidden, and that hidden spins stay hidden."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.masked import MaskedReader, hidden_loss
from spinlens.learning.vision.masks import hidden_patches, hidden_spins, isolated_spins, spread

from .conftest import TINY


def numbers(seed=0):
    return np.random.default_rng(seed)


def reader(**more):
    return MaskedReader(Architecture(name="vit", side=8, classes=2, **TINY | more), bonds=True, seed=3).eval()


def random_spins(count, side=8):
    return torch.from_numpy(numbers(5).choice([-1.0, 1.0], (count, 1, side, side))).float()


def test_body_and_decoder_have_streams_of_their_own():
    """Neither the stream of the next seed, nor that of the same one, fills the decoder."""
    weights = [MaskedReader(Architecture(name="vit", side=8, classes=2, **TINY), seed=seed) for seed in (3, 3, 4)]
    first, same, other = (each.decoder.weight for each in weights)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    for seed in (3, 4):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            assert not torch.equal(first, torch.nn.Linear(16, 16).weight)


def test_the_same_number_of_patches_everywhere():
    hidden = hidden_patches(400, 25, 0.6, generator=numbers())
    assert hidden.sum(1).unique().tolist() == [15]
    # 400 x 15 / 25 = 240 expected at each place, with a deviation of 9.8.
    assert (hidden.sum(0) - 240).abs().max() < 5 * 9.8


def test_patches_spread_over_their_sites():
    hidden = torch.zeros(1, 4, dtype=torch.bool)
    hidden[0, 1] = True
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[:4, 4:] = True
    assert torch.equal(spread(hidden, (8, 8), 4)[0], expected)


def test_single_spins():
    assert hidden_spins(2000, (20, 20), 0.15, generator=numbers()).float().mean() == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize("side", [4, 8, 10, 11, 12])
@pytest.mark.parametrize("spacing", [2, 5])
def test_isolated_spins_are_never_neighbours_even_round_the_torus(side, spacing):
    hidden = isolated_spins(100, (side, side), spacing=spacing, generator=numbers())
    assert hidden.any(2).any(1).all()
    for axis in (1, 2):
        assert not (hidden & hidden.roll(1, axis)).any()


@pytest.mark.parametrize("stem", [0, 4])
def test_what_a_hidden_patch_holds_does_not_matter(stem):
    """The gradient of all predictions by the spins of a hidden patch is zero, and by those of seen ones it is not."""
    network, spins = reader(stem=stem), random_spins(2).requires_grad_()
    patches = torch.tensor([[False, True, False, False]] * 2)
    said = network(spins * ~spread(patches, (8, 8), 4)[:, None], patches)
    (said.logits.square().sum() + said.bonds.square().sum()).backward()
    seen = spins.grad[:, 0].abs() > 0
    assert not seen[:, :4, 4:].any()
    assert seen[:, 4:].any()


def test_a_patch_is_decoded_to_its_own_place():
    """Each spin of a patch has its own row of the decoder, in the order of the sites."""
    network = reader()
    with torch.no_grad():
        network.decoder.weight.zero_()
        network.decoder.bias.copy_(torch.arange(16.0))
        said = network(random_spins(1), torch.zeros(1, 4, dtype=torch.bool))
    tile = torch.arange(16.0).view(4, 4)
    assert torch.equal(said.logits[0, 0], tile.repeat(2, 2))
    # The token of patch 1, top right, decodes to its place alone.
    network.decoder.weight.data.fill_(1.0)
    tokens = torch.zeros(1, 5, 16)
    tokens[0, 2] = 1.0
    network.reader.tokens = lambda *_, **__: tokens
    said = network(random_spins(1), torch.zeros(1, 4, dtype=torch.bool))
    changed = said.logits[0, 0] != tile.repeat(2, 2)
    assert torch.equal(changed, spread(torch.tensor([[False, True, False, False]]), (8, 8), 4)[0])


def test_the_loss_is_that_of_the_bernoulli_likelihood():
    logits, spins = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(0)), random_spins(3)
    hidden = hidden_spins(3, (8, 8), 0.3, generator=numbers())
    up = (spins[:, 0] + 1) / 2
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0][hidden], up[hidden])
    torch.testing.assert_close(hidden_loss(logits, spins, hidden, torch.tensor([[-1.0], [1.0]])), expected)


def test_configurations_differ_in_how_many_spins_are_hidden():
    counts = hidden_spins(400, (20, 20), 0.1, generator=numbers()).float().mean((1, 2)).numpy()
    assert counts.min() < 0.02
    assert 0.18 < counts.max() < 0.26
