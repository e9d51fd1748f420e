"""Small systems for the table engine, and what is exact about them."""

from itertools import product

import numpy as np

from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Pairwise, Potts
from spinlens.sampling.engines.table.rules import weights_of
from spinlens.sampling.engines.table.slots import Weights, directed_slots


def random_pairwise(states, seed=3):
    matrix = np.random.default_rng(seed).normal(size=(states, states))
    return Pairwise(
        tuple(range(states)), matrix + matrix.T, site={"mu": np.random.default_rng(seed + 1).normal(size=states)}
    )


def disordered(sites, states, bonds, seed=5):
    """Any bonds, each with a matrix of its own that is not symmetric, and another weight at every site."""
    random = np.random.default_rng(seed)
    ends = np.array([random.choice(sites, size=2, replace=False) for _ in range(bonds)])
    return Weights(
        ends[:, 0], ends[:, 1], np.arange(bonds), random.normal(size=(bonds, states, states)), np.arange(sites),
        random.normal(size=(sites, states)),
    )  # fmt: skip


def systems():
    """Names, weights of small systems and temperatures."""
    square = Lattice((2, 2))
    return {
        "potts": (weights_of(Potts(3), square, {}), 1.3),
        "potts_field_free": (weights_of(Potts(3, coupling=-1.0), Lattice((3, 2), "free"), {"field": 0.4}), 0.9),
        "spin_1": (weights_of(BlumeCapel(), square, {"crystal_field": 0.3, "field": 0.1}), 1.7),
        "spin_1_squares": (weights_of(BlumeCapel(biquadratic=0.5), Lattice((3,)), {}), 1.1),
        "clock": (weights_of(Clock(5), Lattice((3,)), {"field": 0.2}), 0.8),
        "pairwise": (weights_of(random_pairwise(4), Lattice((3,)), {"mu": 1.0}), 1.5),
        "triangle": (weights_of(random_pairwise(3), Lattice((2, 2), kind="triangular"), {"mu": 0.5}), 2.0),
        "disordered": (disordered(4, 3, 6), 1.2),
    }


def states_of(weights):
    return np.array(list(product(range(weights.states), repeat=weights.sites)))


def probabilities(weights, temperature):
    """Return the states (S, N) and their exact probabilities (S,)."""
    states = states_of(weights)
    total = weights.site_weights[weights.kind, states].sum(axis=1)
    total = total + weights.matrices[weights.which, states[:, weights.first], states[:, weights.second]].sum(axis=1)
    weight = np.exp((total - total.max()) / temperature)
    return states, weight / weight.sum()


def numbers(codes, states):
    """Return the row of each configuration (..., N) in `states_of`."""
    powers = states ** np.arange(codes.shape[-1])[::-1]
    return codes.astype(np.int64) @ powers


def start_codes(weights, *, lanes=64, seed=0):
    return np.random.default_rng(seed).integers(0, weights.states, size=(weights.sites, lanes)).astype(np.uint8)


def stream_of(seed, *shape):
    return np.random.default_rng(seed).integers(0, 2**64, size=shape or (4, 64), dtype=np.uint64)


__all__ = ["directed_slots", "disordered", "numbers", "probabilities", "random_pairwise", "start_codes", "states_of",
           "stream_of", "systems"]  # fmt: skip
