"""What every space keeps."""

from __future__ import annotations

import numpy as np

from spinlens.images.files import decode_png, encode_png
from spinlens.spaces import Space


class SpaceContract:
    """Subclass it and parametrise ``space``."""

    def test_codes_and_values(self, space: Space) -> None:
        """Codes number the values, which ascend; a value that is not there is refused."""
        every = np.arange(space.states)
        assert (np.diff(space.values) > 0).all()
        assert np.array_equal(space.codes(space.decode(every)), every)
        assert space.code_type.itemsize * 8 >= space.bits
        assert space.states <= 1 << space.bits

    def test_packing(self, space: Space) -> None:
        """Codes of rows of any length come back, and rows take whole bytes."""
        random = np.random.default_rng(0)
        for length in (1, 2, 3, 5, 8, 13, 16):
            codes = random.integers(0, space.states, size=(3, 2, length)).astype(space.code_type)
            packed = space.pack(codes)
            assert packed.dtype == np.uint8
            assert packed.shape == (3, 2, space.packed_length(length))
            assert np.array_equal(space.unpack(packed, length), codes)

    def test_pictures_lose_nothing(self, space: Space) -> None:
        """A PNG of one pixel a site gives the codes back."""
        codes = np.random.default_rng(1).integers(0, space.states, size=(5, 7)).astype(space.code_type)
        assert np.array_equal(decode_png(encode_png(codes, space.states), space.states), codes)

    def test_turn(self, space: Space) -> None:
        """What an antiperiodic seam does undoes itself."""
        if space.turn is not None:
            assert np.array_equal(space.turn[space.turn], np.arange(space.states))
            assert not np.array_equal(space.turn, np.arange(space.states))

    def test_one_site_is_an_exponential_family(self, space: Space) -> None:
        """A(eta) is ln sum exp(eta . t), and its gradient the mean of the statistics."""
        statistics = space.statistics(np.arange(space.states))
        assert statistics.shape == (space.states, space.dimensions)
        assert len(np.unique(statistics.round(9), axis=0)) == space.states, "two codes look the same to a network"
        random, step = np.random.default_rng(2), 1e-5
        for eta in random.normal(size=(5, space.dimensions)):
            weight = np.exp(statistics @ eta)
            mean = weight @ statistics / weight.sum()
            assert np.isclose(space.log_partition(eta), np.log(weight.sum()))
            shifts = step * np.eye(space.dimensions)
            gradient = (space.log_partition(eta + shifts) - space.log_partition(eta - shifts)) / (2 * step)
            assert np.allclose(gradient, mean, atol=1e-8)
