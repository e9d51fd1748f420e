"""One size alone: the energies of pairs that its configurations obey, learned, and simulated at other sizes.

A configuration of a model of neighbours tells, site by site, how a value depends on the values next to it. These
conditional probabilities are the same for every size of lattice; so they say where the infinite system has its
transition, which no observable of one size does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Pairwise
from spinlens.phases.from_configurations import Finding, FoundTransition
from spinlens.phases.indicators.principal import PrincipalOrder
from spinlens.statistics import Configurations
from spinlens.statistics.indicator import groups_of
from spinlens.statistics.scaling import FiniteSize, SmoothScan

Array = NDArray[np.float64]

MOST_STATES = 4
"""Values of a site, of which all permutations are tried."""

STEPS = 30
BROKEN = 4.0
"""Standard errors by which energies must differ from those with the values exchanged to be taken for different."""

UNLIKELY = 1e-5
WINDOW = (0.88, 1.06)
"""Where the learned model is simulated, as shares of the place of the susceptibility's peak."""

POINTS = 13


@dataclass(frozen=True, eq=False)
class LearnedPairs:
    """The energies of neighbours that configurations obey.

    Attributes
    ----------
    bond : ndarray, float64 (q, q)
        The energy of two neighbours, sites' own energies shared among their bonds; up to a constant, in units in which
        k_B = 1.
    scale : float
        Relative standard error of all energies together, from whole chains.
    symmetric : tuple of tuple of int
        The permutations of values that change nothing, as far as the configurations say.
    misfit : float
        Probability of a worse agreement of single temperatures with energies that do not depend on them, if the model
        is right.
    """

    bond: Array
    scale: float
    symmetric: tuple[tuple[int, ...], ...]
    misfit: float


def learn_pairs(configurations: Configurations) -> LearnedPairs:
    """Learn the energies of neighbours by pseudolikelihood, from all temperatures at once.

    Parameters
    ----------
    configurations : Configurations
        Of at most four values a site, over temperatures, on a periodic lattice whose neighbours lie along the axes.

    Raises
    ------
    InputError
        If they are of another kind, or single temperatures contradict energies of neighbours.

    Notes
    -----
    ln p(s | neighbours) = (h_s + sum_a J_sa n_a) / T - ln (sum over s), n_a neighbours of value a: a logistic
    regression, whose counts of (neighbours, value) are all that is kept of the configurations.

    References
    ----------
    J. Besag, J. R. Stat. Soc. D 24, 179 (1975), doi:10.2307/2987782; H. C. Nguyen, R. Zecchina, J. Berg, Adv. Phys. 66,
    197 (2017), doi:10.1080/00018732.2017.1341604.
    """
    states, near = configurations.space.states, 2 * configurations.dimensions
    if configurations.control != "temperature" or not configurations.periodic or states > MOST_STATES:
        got = f"{states} values over {configurations.control}{'' if configurations.periodic else ', open edges'}"
        raise InputError("configurations", got, f"must be of at most {MOST_STATES} values, over temperatures, periodic")
    counts = _counts(configurations, near)
    features = _features(states, near) / configurations.values[:, None, None, None]
    whole = _fitted(counts.sum(axis=1), features, np.zeros(features.shape[-1]))
    total = counts.sum(axis=1)
    without = np.array([_fitted(total - counts[:, g], features, whole) for g in range(counts.shape[1])])
    moves = {each: _exchange(each, near) for each in permutations(range(states))}
    for group in _groups(states):
        mean = np.mean([moves[each] for each in group], axis=0)
        apart, spread = whole - mean @ whole, without - without @ mean.T
        error = np.sqrt((len(without) - 1) * spread.var(axis=0))
        if np.all(np.abs(apart) <= BROKEN * error + 1e-9):
            break
    chosen, others = mean @ whole, without @ mean.T
    along = others @ chosen / (chosen @ chosen)
    scale = float(np.sqrt((len(along) - 1) * along.var()))
    misfit = _misfit(counts, features, chosen)
    if misfit < UNLIKELY:
        raise InputError(
            "configurations", f"p = {misfit:.1g}", "are not those of energies of neighbours along the axes",
            "Simulate other sizes, and see transition_from_configurations",
        )  # fmt: skip
    return LearnedPairs(_bond(chosen, states, near), scale, group, misfit)


def transition_of_local_model(
    configurations: Configurations, *, sizes: Sequence[int] = (8, 12, 16, 24), seed: int = 0, draws: int = 200
) -> FoundTransition:
    """Find a continuous transition from configurations of one size.

    Parameters
    ----------
    configurations : Configurations
        As for `learn_pairs`, over temperatures on both sides of the transition.
    sizes : sequence of int
        At which the learned model is simulated. The error holds where the smallest are 8 or more: what is smaller needs
        corrections that a few sizes do not show.
    seed : int
        Of these simulations.
    draws : int
        Of each of their 64 chains.

    Returns
    -------
    FoundTransition
        ``chains`` holds what is not known of the energies beside what is not known of the simulated crossings.

    Raises
    ------
    InputError
        As `learn_pairs`, or if the learned model has no crossing near the peak of the susceptibility.
    """
    learned = learn_pairs(configurations)
    rough = _peak(configurations)
    model = Pairwise(values=tuple(range(configurations.space.states)), bond=np.round(learned.bond * 2**20) / 2**20)
    temperature = np.linspace(WINDOW[0] * rough, WINDOW[1] * rough, POINTS)
    ensembles = [
        simulate(
            model, Lattice((side,) * configurations.dimensions), temperature=temperature, chains=64, draws=draws,
            recordings=draws, seed=seed + side, progress=False,
        )
        for side in sizes
    ]  # fmt: skip
    grown = [Configurations.of(each) for each in ensembles]
    seen = PrincipalOrder().fit(grown[-1])
    study = FiniteSize(ensembles, observables=[{"order": _length(seen.transform(each))} for each in grown])
    limit = study.critical_temperature("order_binder_cumulant")
    chains = float(np.hypot(limit.statistical, learned.scale * limit.value))
    finding = Finding("learned energies of neighbours", limit, 0.0, 1.0)
    return FoundTransition("temperature", limit.value, chains, 0.0, limit.choices, (finding,))


def _peak(configurations: Configurations) -> float:
    """Return where the order of the configurations themselves fluctuates most, between 193 places."""
    order = PrincipalOrder().fit(configurations).transform(configurations)
    scan = SmoothScan(
        configurations.length, "temperature", configurations.values, {"order": order},
        dimensions=configurations.dimensions,
    )  # fmt: skip
    grid = np.linspace(scan.low, scan.high, 193)
    return float(grid[int(np.argmax(scan.curves(grid)["susceptibility_absolute"][:, 0]))])


def _length(order: Array) -> Array:
    return np.linalg.norm(order, axis=-1) if order.ndim == 4 else order


def _groups(states: int) -> list[tuple[tuple[int, ...], ...]]:
    """Return groups of permutations, the largest first: all, one exchange of two values, none."""
    identity = tuple(range(states))
    exchanges = []
    for first in range(states):
        for second in range(first + 1, states):
            swapped = list(identity)
            swapped[first], swapped[second] = second, first
            exchanges.append((identity, tuple(swapped)))
    return [tuple(permutations(identity)), *exchanges, (identity,)]


def _counts(configurations: Configurations, near: int) -> Array:
    """Return how often each value has each neighbourhood, float64 (T, group, neighbourhood, q)."""
    states, edges = configurations.space.states, groups_of(configurations.chains)
    cells = (near + 1) ** (states - 1)
    group = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    found = np.empty((len(configurations.values), len(edges) - 1, cells, states))
    axes = range(-configurations.dimensions, 0)
    for k, codes in enumerate(configurations.codes):
        around = np.zeros(codes.shape, dtype=np.int32)
        for value in range(1, states):
            here = (codes == value).astype(np.int32) * (near + 1) ** (value - 1)
            for axis in axes:
                around += np.roll(here, 1, axis) + np.roll(here, -1, axis)
        place = group.reshape(-1, *(1,) * (codes.ndim - 1)) * cells + around
        flat = np.bincount((place * states + codes).reshape(-1), minlength=(len(edges) - 1) * cells * states)
        found[k] = flat.reshape(found.shape[1:])
    return found


def _features(states: int, near: int) -> Array:
    """Return what each parameter adds to the log weight of each value, float64 (1, neighbourhood, q, parameters).

    Energies are measured from those of value 0: h_s of the others, then J_sa of pairs of others.
    """
    cells = np.arange((near + 1) ** (states - 1))
    numbers = np.stack([cells // (near + 1) ** (a - 1) % (near + 1) for a in range(1, states)], axis=-1)
    columns = []
    for s in range(1, states):
        column = np.zeros((len(cells), states))
        column[:, s] = 1.0
        columns.append(column)
    for s, a in combinations_with_replacement(range(1, states), 2):
        column = np.zeros((len(cells), states))
        column[:, s] = numbers[:, a - 1]
        if a != s:
            column[:, a] = numbers[:, s - 1]
        columns.append(column)
    return np.stack(columns, axis=-1)[None]


def _moments(counts: Array, features: Array, theta: Array) -> tuple[Array, Array]:
    """Return gradient (T, p) and curvature (T, p, p) of the log likelihood."""
    odds = features @ theta
    weight = np.exp(odds - odds.max(axis=-1, keepdims=True))
    p = weight / weight.sum(axis=-1, keepdims=True)
    number = counts.sum(axis=-1)
    mean = np.einsum("tcs,tcsp->tcp", p, features)
    gradient = np.einsum("tcs,tcsp->tp", counts, features) - np.einsum("tc,tcp->tp", number, mean)
    second = np.einsum("tc,tcs,tcsp,tcsr->tpr", number, p, features, features)
    return gradient, second - np.einsum("tc,tcp,tcr->tpr", number, mean, mean)


def _fitted(counts: Array, features: Array, start: Array) -> Array:
    """Return the most likely parameters, by Newton's method: the likelihood has one maximum."""
    theta = start.copy()
    for _ in range(STEPS):
        gradient, curvature = (each.sum(axis=0) for each in _moments(counts, features, theta))
        step = np.linalg.lstsq(curvature, gradient, rcond=1e-12)[0]
        theta = theta + step * min(1.0, 2.0 / max(1e-300, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-9:
            break
    return theta


def _misfit(counts: Array, features: Array, theta: Array) -> float:
    """Return the probability of factors of single temperatures as far from one as those found, or farther."""
    factors = []
    for without in (None, *range(counts.shape[1])):
        part = counts.sum(axis=1) - (0.0 if without is None else counts[:, without])
        gradient, curvature = _moments(part, features, theta)
        down = np.einsum("p,tpr,r->t", theta, curvature, theta)
        factors.append((gradient @ theta) / np.maximum(down, 1e-300))
    found = np.array(factors)
    error = np.sqrt((len(found) - 2) * found[1:].var(axis=0))
    known = error > 0
    deviates = found[0][known] / error[known]
    # Each error is known from G groups alone; F of one and G - 1 degrees has that in its tail.
    chances = stats.f(1, len(found) - 2).sf(deviates**2)
    return float(min(1.0, chances.min() * known.sum()))


def _tables(theta: Array, states: int) -> tuple[Array, Array]:
    """Return h (q,) and J (q, q)."""
    h, j = np.zeros(states), np.zeros((states, states))
    h[1:] = theta[: states - 1]
    for value, (s, a) in zip(theta[states - 1 :], combinations_with_replacement(range(1, states), 2), strict=True):
        j[s, a] = j[a, s] = value
    return h, j


def _exchange(permutation: tuple[int, ...], near: int) -> Array:
    """Return the matrix that takes parameters to those with the values exchanged."""
    states = len(permutation)
    count = states - 1 + states * (states - 1) // 2
    columns = []
    for unit in np.eye(count):
        h, j = _tables(unit, states)
        h, j = h[list(permutation)], j[np.ix_(permutation, permutation)]
        # J_sa + u_s + u_a with h_s - near u_s is the same model; u makes the first row vanish again.
        u = 0.5 * j[0, 0] - j[0]
        j = j + u[:, None] + u[None, :]
        h = h - near * u
        h = h - h[0]
        pairs = [j[s, a] for s, a in combinations_with_replacement(range(1, states), 2)]
        columns.append(np.concatenate([h[1:], pairs]))
    return np.array(columns).T


def _bond(theta: Array, states: int, near: int) -> Array:
    """Return the energy of two neighbours, with what a site has of its own shared among its bonds."""
    h, j = _tables(theta, states)
    bond = -(j + (h[:, None] + h[None, :]) / near)
    return np.asarray(bond - bond.mean())
