"""Pretraining by masked spins: it learns, stays above the exact floor, and its weights can be used."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import spinlens as sl
from spinlens.errors import DamagedError, InputError
from spinlens.learning import Recipe, Transformer, load
from spinlens.learning.vision import VisionTransformer, single_spin_entropy
from spinlens.learning.vision.configurations import Configurations, chains_of
from spinlens.learning.vision.masked import Couplings, neighbour_steps
from spinlens.learning.vision.patch_energies import PatchEnergies
from spinlens.spaces import Binary

from .conftest import pretraining

NEIGHBOURS = neighbour_steps(2)
BONDS = PatchEnergies(sl.Ising(), sl.Lattice((8, 8)), {"field": 0.0}, patch=4)

QUICK = {"seed": 1, "epochs": 1, "batch": 32}
TOKENS = QUICK | {"mask_ratio": 0.6, "spin_ratio": 0.0, "token_weight": 1.0, "coupling_weight": 0.0, "bond_weight": 0.0}
"""Whole patches are hidden, and their tokens alone predict them."""

SPINS = TOKENS | {"mask_ratio": 0.0, "spin_ratio": 0.1, "learning_rate": 5e-3, "held_out": 0.25, "epochs": 12}


def pretrain(images, *, out=None, symmetries=None, **settings):
    return pretraining(**settings).fit(images, symmetries=symmetries, out=out, progress=False)


@pytest.fixture(scope="module")
def ensemble():
    return sl.simulate(
        sl.Ising(), sl.Lattice((8, 8)), temperature=[2.0, 2.5, 4.0], chains=64, draws=4, equilibration=256, seed=1,
        workers=1, progress=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(ensemble, tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("pretrained") / "model"
    return pretrain(ensemble, out=folder, **SPINS), folder


@pytest.fixture
def pretrained(made):
    return made[0]


@pytest.fixture
def folder(made):
    return made[1]


def test_it_learns_towards_the_floor_and_not_below(pretrained, ensemble):
    """A spin has log 2 nats without its neighbours; the network knows them, but not the temperature."""
    losses = [row["validation_loss"] for row in pretrained.history_]
    assert losses[0] > losses[-1]
    assert pretrained.validation_loss_ == pytest.approx(min(losses), rel=1e-6)
    floor = pretrained.single_spin_floor_
    assert floor == pytest.approx(single_spin_entropy(ensemble).reshape(3, 64, 4)[:, 48:].mean(), rel=0.05)
    assert floor - 4 * pretrained.single_spin_error_ < pretrained.single_spin_loss_ < 0.8 * np.log(2)
    assert 0 < pretrained.single_spin_error_ < 0.1


def test_training_and_held_out_chains_are_apart(pretrained, ensemble):
    trained, kept = (ensemble.packed(chain=part) for part in (slice(0, 48), slice(48, 64)))
    images = pretrained.configuration["images"]
    for name, packed in (("trained", trained), ("kept", kept)):
        assert images[name] == Configurations(packed.reshape(-1, 8, 1), Binary(), (8, 8)).digest


def test_saved_and_loaded(pretrained, folder):
    loaded = load(folder)
    assert loaded.history_ == pretrained.history_
    assert loaded.single_spin_floor_ == pretrained.single_spin_floor_
    for (name, a), b in zip(
        pretrained.network_.state_dict().items(), loaded.network_.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b), name


def test_its_weights_are_used(pretrained, folder, ensemble):
    labels = np.broadcast_to(np.arange(3)[None, :, None, None], (1, 3, 64, 4))
    estimator = VisionTransformer(pretrained=f"lattice:{folder}", recipe=Recipe(epochs=0))
    estimator.fit(ensemble, labels, progress=False)
    body, there = estimator.network_.state_dict(), pretrained.network_.reader.state_dict()
    assert body.keys() == there.keys()
    assert all(torch.equal(tensor, there[name]) for name, tensor in body.items() if not name.startswith("head."))
    assert estimator.network_.head.out_features == 3
    assert estimator.network_.architecture.boundary == "periodic"
    # A plain folder means the same.
    again = VisionTransformer(pretrained=folder, recipe=Recipe(epochs=0)).fit(ensemble, labels, progress=False)
    assert (again.logits(ensemble) == estimator.logits(ensemble)).all()


def test_weights_of_another_shape_are_refused(folder, ensemble):
    begun = {"pretrained": f"lattice:{folder}"}
    labels = np.broadcast_to(np.arange(3)[None, :, None, None], (1, 3, 64, 4))
    with pytest.raises(InputError, match=r"were pretrained with patch 4 \(not 2\)"):
        VisionTransformer(Transformer(patch=2), **begun).fit(ensemble, labels, progress=False)
    with pytest.raises(InputError, match=r"width, layers and heads \(16, 2, 2\) \(not \(128, 6, 4\)\)"):
        VisionTransformer(Transformer(size="tiny"), **begun).fit(ensemble, labels, progress=False)
    with pytest.raises(InputError, match=r"width, layers and heads \(16, 2, 2\) \(not \(32, 2, 2\)\)"):
        VisionTransformer(Transformer(width=32), **begun).fit(ensemble, labels, progress=False)
    with pytest.raises(InputError, match=r"side 8 \(not 4\)"):
        VisionTransformer(**begun, augment=False).fit(np.ones((3, 4, 4), np.int8), [0, 1, 2], progress=False)


def test_a_damaged_pretraining_is_named(folder, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    content = bytearray((tmp_path / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "weights.safetensors").write_bytes(content)
    for read in (load, lambda place: VisionTransformer(pretrained=place).architecture(8)):
        with pytest.raises(DamagedError, match="checksum"):
            read(tmp_path)


def test_energies_of_patches_are_learned_beside():
    """Cold configurations, all up or all down: every patch has its largest bond sum, 2 a site."""
    cold = sl.simulate(
        sl.Ising(), sl.Lattice((8, 8)), temperature=[0.2], chains=64, draws=1, equilibration=8, seed=1, workers=1,
        progress=False,
    )  # fmt: skip
    found = pretrain(
        cold, learning_rate=5e-3, **TOKENS | {"mask_ratio": 0.25, "bond_weight": 1.0, "epochs": 20, "even": False}
    )
    images = chains_of(cold, slice(None))
    with torch.inference_mode():
        said = found.network_(images.take(slice(None)), torch.zeros(64, 4, dtype=torch.bool)).bonds
    assert (BONDS(images.read(slice(None))) == 1).all()
    assert (said - 1).abs().max() < 0.2
    # What is descended has the squared errors in it; the likelihood beside it has not.
    assert found.history_[0]["loss"] > found.history_[0]["hidden_loss"] > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mask_ratio": 0.0}, "nothing would be hidden"),
        ({"mask_ratio": 1.0}, "mask_ratio = 1.0"),
        ({"mask_ratio": 0.05}, "hides none of the 4 patches"),
        ({"spin_ratio": -0.1}, "spin_ratio = -0.1"),
        ({"bond_weight": -1.0}, "bond_weight = -1.0"),
        ({"size": "tiny"}, "width = 16: differs from the 128 of size 'tiny'"),
        ({"patch": 3}, "does not divide the side 8"),
        ({"held_out": 0.0}, "held_out = 0.0"),
        ({"images": np.ones((1, 8, 8), np.int8)}, "some are trained on"),
        ({"images": np.zeros((4, 8, 8), np.int8)}, "states = 1"),
        ({"augment": True}, "an array does not say"),
        ({"bond_weight": 1.0}, "an array does not say what its energy is"),
        ({"seed": -3}, "seed = -3"),
    ],
)
def test_what_is_refused_is_refused_before_any_work(change, message, tmp_path):
    given = TOKENS | {"images": np.ones((8, 8, 8), np.int8), "augment": False, "out": tmp_path / "out"} | change
    with pytest.raises(InputError, match=message):
        pretrain(given.pop("images"), **given)
    assert not (tmp_path / "out").exists()


def test_couplings_name_the_temperature(ensemble):
    """Log odds are 2 K times the sum of the neighbours, K = J / T, so the network has to read 1 / T off the picture."""
    found = pretrain(ensemble, **SPINS | {"coupling_weight": 1.0})
    assert found.single_spin_floor_ - 4 * found.single_spin_error_ < found.single_spin_loss_ < 0.8 * np.log(2)
    network = found.network_.eval()
    with torch.inference_mode():
        spins = Configurations(ensemble.packed(chain=slice(48, 64)).reshape(-1, 8, 1), Binary(), (8, 8)).take(
            slice(None)
        )
        factors = network.couplings.read(network.reader.features(spins)).reshape(3, -1, len(NEIGHBOURS) + 1).mean(1)
    near = [place for place, (x, y) in enumerate(NEIGHBOURS) if abs(x) + abs(y) == 1]
    far = [place for place in range(len(NEIGHBOURS)) if place not in near]
    strength = factors[:, near].mean(1).numpy()
    assert np.all(np.diff(strength) < 0)
    # On so small a lattice neighbouring temperatures look alike, and the estimates are drawn to each other.
    assert strength == pytest.approx(2 / np.array([2.0, 2.5, 4.0]), rel=0.4)
    assert np.abs(factors[:, far].numpy()).mean() < 0.3 * strength.min()


def test_pooled_features_tell_the_bond_sum_along_a_direction_that_is_kept(ensemble, tmp_path):
    """Nobody told it the energy of the whole lattice, only those of patches; the mean of linear readings is linear."""
    settings = QUICK | {"epochs": 12, "learning_rate": 5e-3, "held_out": 0.25}
    found = pretrain(ensemble, out=tmp_path / "weights", **settings)
    direction = found.network_.reader.direction
    assert torch.equal(direction, found.network_.bonds.weight[0])
    kept = Configurations(ensemble.packed(chain=slice(48, 64)).reshape(-1, 8, 1), Binary(), (8, 8))
    spins = kept.take(slice(None))
    with torch.inference_mode():
        read = found.network_.reader.features(spins) @ direction
    wanted = BONDS(kept.read(slice(None))).mean(1)
    assert np.corrcoef(read, wanted)[0, 1] > 0.97
    classifier = VisionTransformer(pretrained=tmp_path / "weights", recipe=Recipe(epochs=0), augment=False)
    classifier.fit(spins[:, 0].numpy().astype(np.int8), np.arange(len(spins)) % 2, progress=False)
    assert torch.equal(classifier.network_.direction, direction)
    assert not pretrain(ensemble, **TOKENS).network_.reader.direction.any()


def test_without_bond_sums_the_couplings_name_the_direction(ensemble):
    """One combination of couplings varies most: the strength of all, which the bond sum tells."""
    settings = QUICK | {"epochs": 12, "learning_rate": 5e-3, "held_out": 0.25, "bond_weight": 0.0}
    found = pretrain(ensemble, **settings)
    kept = Configurations(ensemble.packed(chain=slice(48, 64)).reshape(-1, 8, 1), Binary(), (8, 8))
    spins = kept.take(slice(None))
    network = found.network_
    with torch.inference_mode():
        features = network.reader.features(spins)
        read = (features @ network.reader.direction).numpy()
        named = network.couplings.read(features).numpy()
    assert np.cov(named.T).trace() * 0.5 < read.var() <= np.cov(named.T, ddof=0).trace() * 1.001
    assert abs(np.corrcoef(read, BONDS(kept.read(slice(None))).mean(1))[0, 1]) > 0.9


def test_couplings_see_the_boundary():
    """Across an antiperiodic edge a neighbour counts with the other sign."""
    spins = torch.from_numpy(np.random.default_rng(1).choice([-1.0, 1.0], (2, 1, 6, 6))).float()
    couplings = Couplings(4, ("antiperiodic", "periodic"))
    with torch.no_grad():
        couplings.read.weight.zero_()
        couplings.read.bias.copy_(torch.tensor([float(step == (-1, 0)) for step in (*NEIGHBOURS, None)]))
        odds = couplings(spins, torch.zeros(2, 4))
    assert torch.equal(odds[:, 0, 1:], spins[:, 0, :-1])
    assert torch.equal(odds[:, 0, 0], -spins[:, 0, -1])
