"""The networks: their layouts, what they see, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.errors import InputError
from spinlens.learning.vision import build
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.published import published
from spinlens.learning.vision.transformer import Stem

from .conftest import TINY

PUBLISHED = {
    # Counted from the published layouts: body and a head of four classes, for three channels.
    "vit-base": 85_798_656 + 4 * 769,
    "resnet-18": 11_689_512 - 1000 * 513 + 4 * 513,
    "resnet-50": 25_557_032 - 1000 * 2049 + 4 * 2049,
}


def random_spins(count, side, seed=0):
    return torch.randint(0, 2, (count, 1, side, side), generator=torch.Generator().manual_seed(seed)) * 2.0 - 1


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_layouts(name):
    with torch.device("meta"):
        network = published(Architecture(name=name, side=100, classes=4, channels=3))
    assert sum(each.numel() for each in network.parameters()) == PUBLISHED[name]


@pytest.mark.parametrize(
    ("name", "settings"), [("vit", TINY), ("vit", TINY | {"stem": 0, "pooling": "cls"}), ("resnet-18", {})]
)
def test_spins_to_logits(name, settings):
    network = build(name, side=8, classes=3, **settings).eval()
    with torch.inference_mode():
        logits = network(random_spins(5, 8))
        assert logits.shape == (5, 3)
        assert logits.std(0).min() > 0
        torch.testing.assert_close(network.head(network.features(random_spins(5, 8))), logits)
    same, other = build(name, side=8, classes=3, **settings), build(name, side=8, classes=3, seed=1, **settings)
    pairs = zip(network.parameters(), same.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(network.head.weight, other.head.weight)


def test_a_size_and_what_it_stands_for():
    sizes = [
        Architecture(name="vit", side=8, classes=2, patch=4, **given).sizes
        for given in ({}, {"size": "tiny"}, {"size": "small", "width": 256}, {"width": 64})
    ]
    assert sizes == [(128, 6, 4), (128, 6, 4), (256, 8, 4), (64, 6, 4)]


def test_building_leaves_the_global_stream_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    build("vit", side=8, **TINY)
    assert torch.equal(before, torch.get_rng_state())


def test_published_transformer_sees_every_spin():
    with torch.device("meta"):
        network = published(Architecture(name="vit-base", side=100, classes=4, channels=3))
    numbers = torch.arange(100.0**2).view(1, 1, 100, 100)
    pixels = network.pixels(numbers)
    assert pixels.shape == (1, 3, 224, 224)
    assert torch.equal(pixels[:, 0], pixels[:, 2])
    assert torch.equal(pixels[0, 0].unique(), numbers.flatten())


def test_pooling():
    mean, first = (build("vit", side=8, **TINY | {"pooling": word}) for word in ("mean", "cls"))
    tokens = torch.arange(5.0)[None, :, None].expand(2, 5, 3)
    assert mean.pool(tokens).tolist() == [[2.5] * 3] * 2
    assert first.pool(tokens).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize(("rule", "equivariant"), [("periodic", True), ("free", False)])
def test_the_stem_sees_what_lies_beyond_the_edges(rule, equivariant):
    stem = Stem(4, 6, patch=4, rules=(rule, rule))
    spins = random_spins(3, 8)
    moved, expected = stem(spins.roll(4, 2)), stem(spins).roll(1, 2)
    assert torch.allclose(moved, expected, atol=1e-6) is equivariant


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("vit", {"patch": 3}, r"patch = 3: does not divide the side 8\. Take one of 2, 4\."),
        ("vit", {"size": "huge"}, "size = 'huge': is unknown"),
        ("vit", {"size": "small", "width": 64}, "width = 64: differs from the 256 of size 'small'"),
        ("vit", {"size": "tiny", "layers": 2}, "layers = 2: differs from the 6 of size 'tiny'"),
        ("vit", {"size": "tiny", "heads": 8}, "heads = 8: differs from the 4 of size 'tiny'"),
        ("vit", {"pooling": "max"}, "pooling = 'max': is unknown"),
        ("vit", {"patch": 4, "width": 10, "heads": 4}, "heads = 4: does not divide the width 10"),
        ("vit", {"patch": 4, "boundary": "periodc"}, "Did you mean 'periodic'"),
        ("vit", {"patch": 4, "dropout": 1.0}, "dropout"),
        ("vit", {"pach": 4}, "settings = pach: is unknown"),
        ("resnet-34", {}, "network = 'resnet-34': is unknown. Did you mean"),
        ("resnet-18", {"channels": 0}, "channels = 0"),
    ],
)
def test_what_is_refused(name, settings, message):
    with pytest.raises(InputError, match=message):
        build(name, side=8, **settings)


def test_too_many_spins_for_the_published_transformer():
    with pytest.raises(InputError, match="would lose spins"):
        build("vit-base", side=256)


@pytest.mark.parametrize("boundary", ["periodic", "antiperiodic", "free", "+-,periodic"])
def test_an_even_network_cannot_tell_a_configuration_from_its_reverse(boundary):
    """With walls their own reverse goes along; what differs in an energy stays different."""
    turned = boundary.replace("+-", "-+")
    spins = torch.from_numpy(np.random.default_rng(3).choice([-1.0, 1.0], (4, 1, 8, 8))).float()
    settings = {"side": 8, "patch": 4, "width": 16, "layers": 2, "heads": 2, "stem": 4}
    even, reverse, odd = (
        build("vit", boundary=text, even=flag, seed=5, **settings).eval()
        for text, flag in ((boundary, True), (turned, True), (boundary, False))
    )
    with torch.inference_mode():
        torch.testing.assert_close(even.features(spins), reverse.features(-spins))
        assert (odd.features(spins) - odd.features(-spins)).abs().max() > 1e-3
        one = spins.clone()
        one[:, :, 3, 3] *= -1
        assert (even.features(spins) - even.features(one)).abs().max() > 1e-4


def test_a_head_is_never_rounded():
    """Fitted heads have steep slopes: in bfloat16 the logits of neighbouring classes would be equal."""
    network = build("vit", side=8, patch=4, width=16, layers=2, heads=2, stem=4).eval()
    spins = torch.from_numpy(np.random.default_rng(4).choice([-1.0, 1.0], (64, 1, 8, 8))).float()
    with torch.no_grad():
        network.head.weight.mul_(1e4)
        with torch.autocast("cpu", torch.bfloat16):
            logits, features = network(spins), network.features(spins)
        torch.testing.assert_close(logits, network.head(features.float()))
    assert logits.dtype == torch.float32
    assert len(logits[:, 0].unique()) == 64
