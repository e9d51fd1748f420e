"""Series whose exact averages and autocorrelations are known."""

from __future__ import annotations

import numpy as np

from spinlens.exact import enumerate_states


def sticky(generator, shape, draw, *, stay):
    """Chains that repeat the last value with probability ``stay``, else draw afresh: rho(t) = stay^t."""
    fresh = draw(generator, shape)
    repeats = generator.random(shape) < stay
    repeats[..., 0] = False
    source = np.where(repeats, 0, np.arange(shape[-1]))
    return np.take_along_axis(fresh, np.maximum.accumulate(source, axis=-1), axis=-1)


def boltzmann(model, lattice, shape, *, seed, stay=0.0, **condition):
    """Return exact averages of a small lattice, and sums of states drawn with their probabilities."""
    exact = enumerate_states(model, lattice, **condition)
    states = exact.distribution
    picks = sticky(
        np.random.default_rng(seed),
        shape,
        lambda generator, size: generator.choice(len(states.probability), p=states.probability, size=size),
        stay=stay,
    )
    return exact, {name: numbers[picks] for name, numbers in states.rows.items()}


def boltzmann_grid(model, lattice, shape, *, seed, temperature, **controls):
    """Return sums at each temperature (and value of the one control that is given), control first."""
    points = [{}] if not controls else [{name: v} for name, values in controls.items() for v in values]
    rows = []
    for place, point in enumerate(points):
        seeds = range(seed + 100 * place, seed + 100 * place + len(temperature))
        rows.append([
            boltzmann(model, lattice, shape, seed=s, temperature=t, **point)[1]
            for s, t in zip(seeds, temperature, strict=True)
        ])  # fmt: skip
    sums = {name: np.array([[part[name] for part in row] for row in rows]) for name in rows[0][0]}
    return sums if controls else {name: values[0] for name, values in sums.items()}
