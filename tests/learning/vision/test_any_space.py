"""Hidden sites of any space: likelihoods, the best couplings, energies of patches, counted state by state."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.lattices.rectangle import bond_sums

import spinlens as sl
from spinlens.errors import InputError
from spinlens.learning.vision.configurations import Configurations, channels_of
from spinlens.learning.vision.masked import Couplings, neighbour_steps, unlikeliness
from spinlens.learning.vision.masks import isolated_spins
from spinlens.learning.vision.objective import divide
from spinlens.learning.vision.patch_energies import PatchEnergies

SYSTEMS = {
    "ising": (sl.Ising(-0.7), sl.Lattice((4, 6)), {}),
    "antiperiodic": (sl.Ising(), sl.Lattice((4, 4), "antiperiodic"), {}),
    "walls": (sl.Ising(), sl.Lattice((4, 4), ((1, -1), "periodic")), {}),
    "triangular": (sl.Ising(), sl.Lattice((4, 6), kind="triangular"), {}),
    "cubic": (sl.Ising(), sl.Lattice((4, 4, 4)), {}),
    "potts": (sl.Potts(5), sl.Lattice((4, 4)), {"field": 0.3}),
    "blume-capel": (sl.BlumeCapel(), sl.Lattice((4, 4)), {"crystal_field": 1.9}),
    "xy": (sl.XY(), sl.Lattice((4, 4)), {}),
    "clock": (sl.Clock(6), sl.Lattice((4, 4), "free"), {}),
}
TEMPERATURE = 1.3


def configurations(name: str, count: int = 6):
    """Return a model at a point of its controls, a lattice, and random codes."""
    model, lattice, controls = SYSTEMS[name]
    codes = np.random.default_rng(3).integers(0, model.space.states, (count, *lattice.shape))
    return model, lattice, model.values_of_controls(controls), codes


def energies(model, lattice, controls, codes):
    tables = model.at(**controls).tables(lattice)
    return -model.strengths(lattice, **controls) @ tables.sums(codes)


@pytest.mark.parametrize("name", SYSTEMS)
def test_energies_of_patches_sum_to_the_energy(name):
    model, lattice, controls, codes = configurations(name)
    total = energies(model, lattice, controls, codes)
    for patch in (1, 2):
        found = PatchEnergies(model, lattice, controls, patch=patch)(torch.from_numpy(codes))
        sites = patch**lattice.axes
        assert found.shape == (len(codes), lattice.sites // sites)
        np.testing.assert_allclose(-2 * sites * found.sum(1).numpy(), total, atol=2e-4)


def test_of_controls_that_vary_patches_have_the_defaults():
    """A field that varies is none: patches keep their bond sums. Samples of random fields are not one system."""
    lattice = sl.Lattice((4, 4))
    fields = sl.simulate(
        sl.Ising(), lattice, temperature=2.0, field=[0.0, 0.5], chains=4, equilibration=1, progress=False
    )
    found = divide(fields, 0.5).patch_energies(2)
    codes = torch.ones((1, 4, 4), dtype=torch.int64)
    assert (found(codes) == 1).all()
    samples = sl.simulate(
        sl.RandomFieldIsing(), lattice, temperature=2.0, sample=[0, 1], chains=4, equilibration=1, progress=False
    )
    with pytest.raises(InputError, match="quenched samples differs"):
        divide(samples, 0.5).patch_energies(2)


def test_a_site_has_half_of_each_bond_and_the_whole_of_those_to_walls():
    lattice = sl.Lattice((4, 4), ((1, -1), "periodic"))
    codes = np.ones((1, 4, 4), dtype=np.int64)
    found = PatchEnergies(sl.Ising(), lattice, {"field": 0.0}, patch=1)(torch.from_numpy(codes)).view(4, 4)
    # Above the first row a wall of spins up, below the last one a wall of spins down.
    assert (2 * found[:, 0]).tolist() == [2.5, 2.0, 2.0, 0.5]
    assert float(2 * found.sum()) == sum(bond_sums(lattice, 2 * codes - 1))[0]


def best_couplings(model, lattice, controls) -> Couplings:
    """Return couplings that name the strengths over the temperature, twice."""
    channels = channels_of(model.space).count
    found = Couplings(1, lattice.rules if model.space.states == 2 else free_or_periodic(lattice), channels)
    near = {step for step in neighbour_steps(lattice.axes) if sum(map(abs, step)) == 1}
    if lattice.kind == "triangular":
        near |= {(1, 1), (-1, -1)}
    names = model.tables(lattice).names
    strengths = dict(zip(names, model.strengths(lattice, **controls), strict=True))
    # The unit of whole-number cosines is taken out by what one bond of equal angles adds.
    coupling = model.coupling
    matrices = np.zeros((len(found.steps), channels, channels))
    fields = np.zeros(channels)
    for place, step in enumerate(found.steps):
        matrices[place] = coupling * np.eye(channels) * (step in near)
    if "square_sum" in names:
        matrices[:, 1, 1], fields[1] = 0.0, strengths["square_sum"]
    if "count_0" in names:
        fields[0] = strengths["count_0"]
    with torch.no_grad():
        found.read.weight.zero_()
        found.read.bias.copy_(torch.from_numpy(np.concatenate([matrices.ravel(), fields]) * 2 / TEMPERATURE))
    return found


def free_or_periodic(lattice):
    return tuple("periodic" if rule == "periodic" else "free" for rule in lattice.rules)


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_best_couplings_give_the_exact_conditional_probabilities(name):
    """Against the energies of all q states of each hidden site, everything else held."""
    model, lattice, controls, codes = configurations(name, 3)
    seen_as = channels_of(model.space)
    images = Configurations(model.space.pack(codes), model.space, lattice.shape, seen_as)
    seen = images.take(slice(None)).double()
    hidden = isolated_spins(3, lattice.shape, spacing=2, generator=np.random.default_rng(1))
    statistics = torch.from_numpy(seen_as.statistics).double()
    network = best_couplings(model, lattice, controls)
    blank = torch.where(hidden[:, None], statistics.mean(0).view(1, -1, *(1,) * lattice.axes), seen)
    with torch.no_grad():
        logits = network(blank.float(), torch.zeros(3, 1))
        found = unlikeliness(logits.double(), seen, hidden, statistics)
    wanted = []
    for image, *site in hidden.nonzero().tolist():
        states = np.repeat(codes[image][None], model.space.states, axis=0)
        states[(slice(None), *site)] = np.arange(model.space.states)
        weights = -energies(model, lattice, controls, states) / TEMPERATURE
        wanted.append(np.logaddexp.reduce(weights) - weights[codes[(image, *site)]])
    np.testing.assert_allclose(found.numpy(), wanted, atol=2e-5)
    assert len(wanted) >= 3
