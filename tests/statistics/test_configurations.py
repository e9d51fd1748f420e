"""Configurations and nothing else: where they come from, how they are cut and parted."""

import numpy as np
import pytest
from tests.statistics.exact_draws import drawn

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising, Potts
from spinlens.spaces import Binary
from spinlens.statistics import Configurations


def test_those_of_an_ensemble_and_of_arrays_are_the_same():
    ensemble = simulate(Ising(), Lattice((4, 6)), temperature=[2.0, 3.0], field=[-0.5, 0.0], chains=64, draws=3,
                        seed=1, progress=False)  # fmt: skip
    found = Configurations.of(ensemble, field=0.0)
    assert (found.shape, found.chains, found.draws, found.periodic) == ((4, 6), 64, 3, True)
    expected = ensemble.spins(field=1).values
    np.testing.assert_array_equal(found.space.decode(found.codes), expected)
    # Backwards, without a word of the model: the values say what space they are of.
    same = Configurations.from_arrays(expected[::-1], temperature=[3.0, 2.0])
    np.testing.assert_array_equal(same.codes, found.codes)
    assert isinstance(same.space, Binary)
    along = Configurations.of(ensemble, control="field", temperature=3.0)
    np.testing.assert_array_equal(along.codes[1], found.codes[1])
    assert (along.control, along.values.tolist()) == ("field", [-0.5, 0.0])
    with pytest.raises(InputError, match=r"varies beside the temperature\. Choose one: field=-0\.5"):
        Configurations.of(ensemble)
    with pytest.raises(InputError, match="was not simulated"):
        Configurations.of(ensemble, field=0.25)
    with pytest.raises(InputError, match="must be equal"):
        _ = found.length


@pytest.mark.parametrize("sides", [(6,), (4, 6), (4, 4, 5)])
def test_blocks_are_what_lies_next_to_each_other(sides):
    codes = np.random.default_rng(1).integers(0, 16, size=(2, 2, 1, *sides), dtype=np.uint8)
    found = Configurations(codes, np.array([1.0, 2.0]), Potts(16).space)
    blocks = found.blocks(2)
    expected = []
    for corner in np.ndindex(*(side // 2 for side in sides)):
        place = tuple(slice(2 * k, 2 * k + 2) for k in corner)
        expected.append(found.codes[(slice(None), slice(None), 0, *place)])
    np.testing.assert_array_equal(blocks.codes, np.stack(expected, axis=2))
    assert not blocks.periodic
    assert blocks.draws == np.prod([side // 2 for side in sides])
    with pytest.raises(InputError, match="the shortest side"):
        found.blocks(7)


def test_a_whole_configuration_is_its_own_block():
    found = drawn(3, (2.0, 3.0), seed=1, chains=4, draws=2)
    assert found.blocks(3) is found


def test_no_chain_is_trained_on_and_read():
    found = drawn(3, (2.0, 3.0), seed=1, chains=5, draws=2)
    training, reading = found.split(0.4)
    assert (training.chains, reading.chains) == (3, 2)
    np.testing.assert_array_equal(np.concatenate([training.codes, reading.codes], axis=1), found.codes)
    assert found.split(0.99)[0].chains == 1
    with pytest.raises(InputError, match="between 0 and 1"):
        found.split(1.0)


def test_refusals():
    codes = np.zeros((2, 3, 1, 4, 4), np.uint8)
    with pytest.raises(InputError, match="must be 2 ascending values"):
        Configurations(codes, np.array([2.0, 1.0]), Binary())
    with pytest.raises(InputError, match="from 0 to 1"):
        Configurations(codes + 2, np.array([1.0, 2.0]), Binary())
    with pytest.raises(InputError, match=r"must be \(value, chain, draw, \*sides\)"):
        Configurations(codes[0, 0], np.array([1.0, 2.0]), Binary())
    with pytest.raises(InputError, match=r"Say temperature=\[\.\.\.\]"):
        Configurations.from_arrays(codes)
