"""The scalar twins of the cluster kernels: bonds and clusters as lists, as in a textbook.

They are slow and they are the definition: fed the same random words, the kernels agree with them bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from spinlens.lattices import Lattice
from spinlens.models import Ising


@dataclass(frozen=True, slots=True)
class Graph:
    """A model on a lattice as bonds between sites x * Ly + y, and what holds each site from outside.

    Attributes
    ----------
    sites : int
        Number of sites.
    before : dict
        For (site, axis) with a bond to the site before it along that axis, or direction of the lattice: that site, and
        1 where the bond favours equal spins, -1 where it favours opposite ones.
    outside : numpy.ndarray
        float64 (sites,): the field plus J times the held spins beside a site: the strength of the bond to the ghost,
        with the sign of the spin that it favours.
    """

    sites: int
    before: dict[tuple[int, int], tuple[int, int]]
    outside: np.ndarray

    def neighbours(self, site: int) -> list[tuple[int, int, int]]:
        """Return (neighbour, axis, favoured sign): before along x and y, then behind along x and y."""
        ends = [(axis, *self.before[site, axis]) for axis in (0, 1) if (site, axis) in self.before]
        behind = sorted((axis, other, sign) for (other, axis), (here, sign) in self.before.items() if here == site)
        return [(other, axis, sign) for axis, other, sign in (*ends, *behind)]


def graph(model: Ising, lattice: Lattice, field: float) -> Graph:
    """Return the graph of a model."""
    table, couplings = lattice.neighbours, model.couplings(lattice).tolist()
    before = {
        (second, axis): (first, (-1 if turned else 1) * (1 if couplings[axis] > 0 else -1))
        for first, second, axis, turned in zip(
            table.first.tolist(), table.second.tolist(), table.direction.tolist(), table.turned.tolist(), strict=True
        )
    }
    outside = field * (lattice.staggering.reshape(-1) if model.staggered else np.ones(lattice.sites))
    for site, held, axis in zip(table.wall_site, table.wall_value, table.wall_direction, strict=True):
        outside[site] += couplings[axis] * held
    return Graph(lattice.sites, before, outside)


def clusters(sites: int, active: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the sets of sites that active bonds join, each in rising order, by their first sites."""
    label = list(range(sites))
    for first, second in active:
        old, new = label[first], label[second]
        label = [new if here == old else here for here in label]
    found: dict[int, list[int]] = {}
    for site, here in enumerate(label):
        found.setdefault(here, []).append(site)
    return list(found.values())


def activate(satisfied: np.ndarray, threshold: int, random_word: Callable[[], int]) -> np.ndarray:
    """Return for each lane, bool (chains,), whether its bond is satisfied and its uniform number below the threshold.

    Bit c of the k-th word is the k-th bit of lane c's number, most significant first; words are drawn until every
    satisfied lane differs from its threshold.
    """
    active, undecided = np.zeros_like(satisfied), satisfied.copy()
    if threshold == 0:
        return active
    for place in range(63, -1, -1):
        if not undecided.any():
            break
        word = random_word()
        drawn = np.array([(word >> lane) & 1 for lane in range(len(satisfied))])
        wanted = (threshold >> place) & 1
        active |= undecided & (drawn < wanted)
        undecided &= drawn == wanted
    return active


def swendsen_wang(
    spins: np.ndarray, random_word: Callable[[], int], model: Graph, thresholds: list[int], ghost: list[int]
) -> None:
    """Update all clusters of up to 64 chains once, in place.

    Parameters
    ----------
    spins : int8 array, shape (chains, sites)
        Spins +-1.
    random_word : callable
        Returns the next 64 random bits.
    model : Graph
        The bonds.
    thresholds : list of int
        2**64 times the probability of activating a satisfied bond along x and along y.
    ghost : list of int
        The same for the bond of each site to the ghost spin.
    """
    chains = len(spins)
    active: list[list[tuple[int, int]]] = [[] for _ in range(chains)]
    tied, coins = np.zeros(spins.shape, dtype=bool), []
    for site in range(model.sites):
        for axis in (1, 0):
            if (site, axis) not in model.before:
                continue
            other, sign = model.before[site, axis]
            satisfied = spins[:, site] * spins[:, other] * sign > 0
            joined = activate(satisfied, thresholds[axis], random_word)
            for pairs in compress(active, joined):
                pairs.append((site, other))
        if any(ghost):
            tied[:, site] = activate(spins[:, site] * model.outside[site] > 0, ghost[site], random_word)
        coins.append(random_word())
    for chain in range(chains):
        for cluster in clusters(model.sites, active[chain]):
            if not tied[chain, cluster].any() and (coins[cluster[0]] >> chain) & 1:
                spins[chain, cluster] *= -1


def random_site(random_word: Callable[[], int], sites: int) -> int:
    """Return a site, each with the same probability, from the leading bits of as many words as it takes."""
    while True:
        site = random_word() >> (64 - (sites - 1).bit_length())
        if site < sites:
            return site


def wolff(
    spins: np.ndarray, first: int, below: Callable[[int], bool], model: Graph, thresholds: list[int], ghost: list[int]
) -> int:
    """Grow one cluster of one chain and flip it unless the ghost joins, in place.

    Parameters
    ----------
    spins : int8 array, shape (sites,)
        Spins +-1.
    first : int
        Where the cluster begins.
    below : callable
        Tells whether a new uniform 64-bit number lies below a threshold.
    model, thresholds, ghost
        As `swendsen_wang`.

    Returns
    -------
    int
        Sites that the cluster reached.
    """
    members = [first]
    tied = False
    for site in members:
        if ghost[site] and spins[site] * model.outside[site] > 0 and below(ghost[site]):
            tied = True
            break
        for other, axis, sign in model.neighbours(site):
            if other not in members and spins[site] * spins[other] * sign > 0 and below(thresholds[axis]):
                members.append(other)
    if not tied:
        spins[members] *= -1
    return len(members)


def wolff_clusters(
    spins: np.ndarray, random_word: Callable[[], int], model: Graph, thresholds: list[int], ghost: list[int], count: int
) -> int:
    """Grow ``count`` clusters of one chain, or by the last bit of the first word one more, in place.

    Without that coin as many single sites would flip in every call as temperature becomes infinite, and the parity of
    the number of up spins would never change.

    Parameters
    ----------
    spins : int8 array, shape (sites,)
        Spins +-1.
    random_word : callable
        Returns the next 64 random bits.
    model, thresholds, ghost
        As `swendsen_wang`.
    count : int
        Clusters, without the one that the coin adds.

    Returns
    -------
    int
        Sites that the clusters reached.
    """
    more = random_word() & 1
    return sum(
        wolff(
            spins, random_site(random_word, model.sites), lambda below: random_word() < below, model, thresholds, ghost
        )
        for _ in range(count + more)
    )


def below_threshold(satisfied: np.ndarray, threshold: int, random_word: Callable[[], int], leading: int) -> np.ndarray:
    """Return what `activate` does, from ``leading`` words at once, the least bit first, and further ones as needed."""
    chains = range(len(satisfied))
    words = [random_word() for _ in range(leading)][::-1]
    uniform = [sum(((word >> lane) & 1) << (63 - k) for k, word in enumerate(words)) for lane in chains]
    known = leading
    while known < 64:
        tied = [n for n in chains if satisfied[n] and uniform[n] >> (64 - known) == threshold >> (64 - known)]
        if not tied:
            break
        word, known = random_word(), known + 1
        for lane in tied:
            uniform[lane] |= ((word >> lane) & 1) << (64 - known)
    return np.array([each and number < threshold for each, number in zip(satisfied, uniform, strict=True)])


def seeded_clusters(
    spins: np.ndarray, columns: Sequence[Callable[[], int]], model: Graph, directions: Sequence[Sequence[int]],
    thresholds: Sequence[int], ghost: list[int], *, leading: int, seeds: int,
) -> None:  # fmt: skip
    """Flip the clusters of at most ``seeds`` random sites of up to 64 chains, in place.

    Parameters
    ----------
    spins : int8 array, shape (chains, sites)
        Spins +-1.
    columns : sequence of callable
        For each column of the lattice what returns its next 64 random bits.
    model : Graph
        The bonds, the axis being a direction of the lattice.
    directions : sequence of sequence of int
        The directions that share a slot, in the order of the slots.
    thresholds : sequence of int
        2**64 times the probability of activating a satisfied bond, for each slot.
    ghost : list of int
        The same for the bond of each site to the ghost spin.
    leading : int
        Bits that are drawn for all chains at once.
    seeds : int
        Random sites, of which each counts by a fair coin.
    """
    chains, width, beyond = len(spins), len(columns), model.sites
    active: list[list[tuple[int, int]]] = [[] for _ in range(chains)]
    for row in range(model.sites // width):
        here = range(row * width, (row + 1) * width)
        for slot, threshold in zip(directions, thresholds, strict=True):
            for site, column in zip(here, columns, strict=True):
                found = [model.before[site, axis] for axis in slot if (site, axis) in model.before]
                other, sign = found[0] if found else (site, -1)
                satisfied = spins[:, site] * spins[:, other] * sign > 0
                for pairs in compress(active, below_threshold(satisfied, threshold, column, leading)):
                    pairs.append((site, other))
        if any(ghost):
            for site, column in zip(here, columns, strict=True):
                tied = activate(spins[:, site] * model.outside[site] > 0, ghost[site], column)
                for pairs in compress(active, tied):
                    pairs.append((site, beyond))
    chosen: list[set[int]] = [set() for _ in range(chains)]
    for _ in range(seeds):
        coins = columns[0]()
        for chain in range(chains):
            if coins >> chain & 1:
                chosen[chain].add(random_site(columns[0], model.sites))
    for chain in range(chains):
        joined = clusters(model.sites + 1, active[chain])
        flipped = {site for cluster in joined if chosen[chain].intersection(cluster) for site in cluster}
        if beyond in flipped:
            # To reverse the ghost and the others with it is to reverse everything else.
            flipped = set(range(model.sites)) - flipped
        spins[chain, sorted(flipped)] *= -1
