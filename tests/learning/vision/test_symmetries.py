"""Every symmetry that is drawn leaves every energy unchanged, and every one that is refused does not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from tests.lattices.rectangle import bond_sums

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.vision.configurations import Configurations, configurations
from spinlens.learning.vision.symmetries import Moves, choose_moves, transform_at_random
from spinlens.models import BlumeCapel, Ising, Potts
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


def test_type_and_choice_do_not_depend_on_how_spins_are_given():
    symmetries = Symmetries.of(Ising(), Lattice((6, 6), "antiperiodic"))
    spins = random_spins((6, 6), count=20)
    one = transform_at_random(symmetries, spins, np.random.default_rng(1))
    other = transform_at_random(symmetries, spins.float(), np.random.default_rng(1))
    codes = Moves(symmetries, np.array([1, 0])).at_random((spins.long() + 1) // 2, np.random.default_rng(1))
    assert one.dtype == torch.int8
    assert torch.equal(one.float(), other)
    assert torch.equal(one.long(), 2 * codes - 1)
    assert torch.equal(transform_at_random(Symmetries.none((6, 6)), spins, np.random.default_rng(1)), spins)


ANY = [
    (Potts(states=3), Lattice((4, 4)), {}),
    (Potts(states=5), Lattice((4, 4), "free"), {}),
    (BlumeCapel(), Lattice((4, 4)), {"crystal_field": 0.7}),
    (BlumeCapel(), Lattice((4, 4), "antiperiodic"), {"crystal_field": 0.7}),
    (BlumeCapel(), Lattice((4, 6)), {"crystal_field": 0.7, "field": 0.3}),
    (Ising(), Lattice((4, 4, 4)), {}),
    (Ising(), Lattice((4, 4, 4), "antiperiodic"), {}),
    (Ising(), Lattice((4, 4, 4)), {"field": 0.3}),
]


@pytest.mark.parametrize(("model", "lattice", "controls"), ANY, ids=str)
def test_of_any_model_on_any_sides_every_energy_stays(model, lattice, controls):
    codes = torch.from_numpy(np.random.default_rng(0).integers(0, model.space.states, (200, *lattice.shape)))
    moves = moves_of(model, lattice, controls)
    moved = moves.at_random(codes, np.random.default_rng(1))
    before, after = (energies(model, lattice, controls, each) for each in (codes, moved))
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-9)
    assert (moved != codes).any()
    # A map that is none is seen by the energies.
    # A cyclic shift of the codes is a map of these energies for colours, and for spins without a field.
    shift = np.roll(np.arange(model.space.states), 1)[None]
    shifted = Moves(Symmetries.none(lattice.shape), group=shift).at_random(codes, np.random.default_rng(1))
    same = np.allclose(energies(model, lattice, controls, shifted), before, rtol=0, atol=1e-9)
    assert same == (isinstance(model, Potts) or (isinstance(model, Ising) and not controls))


def test_all_permutations_of_colours_are_drawn_alike():
    moves = moves_of(Potts(states=3), Lattice((3, 3)), {})
    codes = torch.from_numpy(np.random.default_rng(5).integers(0, 3, (3, 3))).expand(6_000, -1, -1)
    alone = Moves(Symmetries.none((3, 3)), group=moves.group)
    images = alone.at_random(codes, np.random.default_rng(3)).numpy().reshape(len(codes), -1)
    _, counts = np.unique(images, axis=0, return_counts=True)
    assert len(counts) == 6
    assert chisquare(counts).pvalue > 1e-4


def moves_of(model, lattice, controls):
    ensemble = SimpleNamespace(
        model=model, lattice=lattice, grid={name: np.array([value]) for name, value in controls.items()}
    )
    given = Configurations(np.empty((0, *lattice.shape)), model.space, lattice.shape)
    return choose_moves(None, images=ensemble, given=given, augment=True)


def energies(model, lattice, controls, codes):
    tables = model.tables(lattice)
    sums = dict(zip(tables.names, tables.sums(codes.numpy().astype(model.space.code_type)), strict=True))
    return model.energy_total(lattice, sums, **model.values_of_controls(controls))


def test_what_is_refused():
    symmetries = Symmetries.of(Ising(), Lattice((6, 6)))
    given = configurations(np.ones((2, 4, 4)))
    with pytest.raises(InputError, match="are those of 6 x 6 spins"):
        transform_at_random(symmetries, random_spins((4, 6)), np.random.default_rng(1))
    with pytest.raises(InputError, match="the images have 4 x 4 spins"):
        choose_moves(symmetries, images=None, given=given, augment=True)
    with pytest.raises(InputError, match=r"an array does not say.*augment=False"):
        choose_moves(None, images=np.ones((2, 4, 4)), given=given, augment=True)
    assert choose_moves(symmetries, images=None, given=given, augment=False) is None
