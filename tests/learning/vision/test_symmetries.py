"""Every symmetry that is drawn leaves every energy unchanged, and every one that is refused does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from tests.lattices.rectangle import bond_sums

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.vision.symmetries import choose_symmetries, transform_at_random
from spinlens.models import Ising
from spinlens.symmetries import Symmetries, Translation

MODELS = {
    "ferromagnet": Ising(),
    "antiferromagnet": Ising(-1.0),
    "two couplings": Ising((1.0, 0.5)),
    "staggered": Ising(-1.0, field_pattern="staggered"),
}
BOUNDARIES = [
    "periodic",
    "antiperiodic",
    "free",
    "skewed",
    ((1, 1), "periodic"),
    ("antiperiodic", "periodic"),
    ((1, -1), (-1, 1)),
    ((1, 1), "free"),
]


def energy(model, lattice, spins, field):
    s = np.asarray(spins)
    along_x, along_y = bond_sums(lattice, s)
    sums = {
        "bond_sum": along_x + along_y, "bond_sum_x": along_x, "spin_sum": s.sum((-1, -2), dtype=np.int64),
        "staggered_sum": (s * lattice.staggering).sum((-1, -2), dtype=np.int64),
    }  # fmt: skip
    return model.energy_total(lattice, sums, field=field)


def random_spins(shape, count=200, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).choice([-1, 1], (count, *shape)).astype(np.int8))


def changes(model, lattice, symmetries, field=0.0):
    """Tell whether some energy changes."""
    spins = random_spins(lattice.shape)
    moved = transform_at_random(symmetries, spins, np.random.default_rng(1))
    return not np.allclose(
        energy(model, lattice, spins, field), energy(model, lattice, moved, field), rtol=0, atol=1e-9
    )


def larger(symmetries):
    """Return symmetries with one more element each, of those that were refused."""
    square = symmetries.shape[0] == symmetries.shape[1]
    for axis in range(2):
        for value in (False, True):
            if symmetries.reflections[axis] is None or symmetries.reflections[axis] != value:
                reflections = list(symmetries.reflections)
                reflections[axis] = value
                yield replace(symmetries, reflections=tuple(reflections))
        for twisted in (False, True):
            translations = list(symmetries.translations)
            if translations[axis] is None or (translations[axis].step, translations[axis].twisted) != (1, twisted):
                translations[axis] = Translation(1, twisted, flips=False)
                yield replace(symmetries, translations=tuple(translations))
    if square:
        for value in (False, True):
            if symmetries.transposition is None or symmetries.transposition != value:
                yield replace(symmetries, transposition=value)
    if not symmetries.flip:
        yield replace(symmetries, flip=True)


@pytest.mark.parametrize("shape", [(6, 6), (4, 6), (5, 5)])
@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("field", [0.0, 0.5])
def test_drawn_elements_keep_the_energy_and_refused_ones_do_not(name, boundary, shape, field):
    model, lattice = MODELS[name], Lattice(shape, boundary)
    symmetries = Symmetries.of(model, lattice, field=field)
    assert not changes(model, lattice, symmetries, field)
    for more in larger(symmetries):
        redundant = symmetries.flip and all(
            one is None or other is not None
            for one, other in zip(
                (*more.reflections, more.transposition),
                (*symmetries.reflections, symmetries.transposition),
                strict=True,
            )
        ) and more.translations == symmetries.translations  # fmt: skip
        # Where all spins may flip anyhow, a reflection with a flip is as good as one without.
        assert changes(model, lattice, more, field) != redundant, more


def test_the_systems_of_the_study():
    step, twisted = Translation(1, twisted=False, flips=False), Translation(1, twisted=True, flips=False)
    whole = {"reflections": (False, False), "transposition": False, "flip": True}
    shape = (6, 6)
    for model in (Ising(), Ising(-1.0)):
        assert Symmetries.of(model, Lattice(shape)) == Symmetries(shape, (step, step), **whole)
    assert Symmetries.of(Ising(), Lattice(shape, "antiperiodic")) == Symmetries(shape, (twisted, twisted), **whole)
    skewed = Symmetries.of(Ising(), Lattice.skewed(shape))
    assert skewed == Symmetries(shape, (None, step), reflections=(True, False), transposition=None, flip=False)


def test_a_staggered_field_turns_translations_into_translations_with_a_flip():
    found = Symmetries.of(MODELS["staggered"], Lattice((6, 6)), field=0.5)
    assert found.translations == (Translation(1, twisted=False, flips=True),) * 2
    assert found.reflections == (True, True)


@pytest.mark.parametrize("boundary", ["periodic", "antiperiodic"])
def test_every_element_is_drawn_equally_often(boundary):
    """On 5 x 5 spins without symmetry of their own, all 25 x 8 x 2 images come up alike."""
    symmetries = Symmetries.of(Ising(), Lattice((5, 5), boundary))
    spins = random_spins((5, 5), count=1, seed=2).expand(40_000, -1, -1)
    images = transform_at_random(symmetries, spins, np.random.default_rng(3)).numpy().reshape(len(spins), -1)
    _, counts = np.unique(images, axis=0, return_counts=True)
    assert len(counts) == 400
    assert chisquare(counts).pvalue > 1e-4


def test_shape_type_and_choice_do_not_depend_on_how_spins_are_given():
    symmetries = Symmetries.of(Ising(), Lattice((6, 6), "antiperiodic"))
    spins = random_spins((6, 6), count=20)
    one = transform_at_random(symmetries, spins, np.random.default_rng(1))
    other = transform_at_random(symmetries, spins[:, None].float(), np.random.default_rng(1))
    assert one.dtype == torch.int8
    assert other.shape == (20, 1, 6, 6)
    assert torch.equal(one.float(), other[:, 0])
    assert torch.equal(transform_at_random(Symmetries.none((6, 6)), spins, np.random.default_rng(1)), spins)


def test_what_is_refused():
    symmetries = Symmetries.of(Ising(), Lattice((6, 6)))
    with pytest.raises(InputError, match="are those of 6 x 6 spins"):
        transform_at_random(symmetries, random_spins((4, 6)), np.random.default_rng(1))
    with pytest.raises(InputError, match="the images have 4 x 4 spins"):
        choose_symmetries(symmetries, images=None, shape=(4, 4), augment=True)
    with pytest.raises(InputError, match=r"an array does not say.*augment=False"):
        choose_symmetries(None, images=np.ones((2, 4, 4)), shape=(4, 4), augment=True)
    assert choose_symmetries(symmetries, images=None, shape=(4, 4), augment=False) is None
