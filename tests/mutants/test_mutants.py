"""Deliberately wrong kernels: each must be rejected by a statistical test that the right kernel passes.

A mutant changes data that a kernel is given, edges, thresholds, bonds, or where the mistake is in the kernel itself a
few characters of its source, compiled afresh. The tests that judge it are those of ``tests/sampling``: visit
frequencies of all states, energies on the torus, independence of chains. The bitwise twin would reject most of them
at once and is left out here on purpose.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest

from spinlens.exact import enumerate_states
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan, Unit, chains, run_unit
from spinlens.sampling import exchange as exchange_module
from spinlens.sampling.engines.bits import (
    activation,
    bitsliced,
    clusters,
    counters,
    probabilities,
    seeded_clusters,
    swendsen_wang,
    updates,
    walkers,
    wolff,
)
from spinlens.sampling.engines.bits import geometry as geometry_module
from spinlens.sampling.engines.bits.activation import Activation
from spinlens.sampling.engines.bits.geometry import TURN, Geometry
from spinlens.testing.chance import largest, plausible, uncounted, within
from tests.sampling.test_energies import estimate
from tests.sampling.visits import visit_p_values

Plant = Callable[[pytest.MonkeyPatch], None]
"""Puts a mistake in its place."""


@dataclass(frozen=True)
class Mutant:
    """A mistake, and the check that must notice it."""

    plant: Plant
    check: Callable[[], bool]


def source(module: types.ModuleType, old: str, new: str) -> Plant:
    """Change the source of a kernel."""
    return lambda patch: install(patch, module, compile_with(module, old, new))


def edges(change: Callable[[np.ndarray], None]) -> Plant:
    """Change the words beyond the edges."""

    def changed(place: Geometry) -> Geometry:
        words = place.edges.copy()
        change(words)
        return replace(place, edges=words)

    return geometries(lambda right, lattice, staggered: changed(right(lattice, staggered_field=staggered)))


def geometries(change: Callable[[Any, Any, bool], Geometry]) -> Plant:
    """Change the geometry that the kernels of single spins are given."""
    right = geometry_module.geometry

    def plant(patch: pytest.MonkeyPatch) -> None:
        for module in (walkers, updates):
            patch.setattr(
                module, "geometry", lambda lattice, *, staggered_field: change(right, lattice, staggered_field)
            )

    return plant


def bonds(change: Callable[[Activation], Activation]) -> Plant:
    """Change the bonds, thresholds and kinds of sites that the clusters are given."""
    right = activation.activation
    return lambda patch: patch.setattr(updates, "activation", lambda *given, **named: change(right(*given, **named)))


def links(change: Callable[[np.ndarray], None]) -> Plant:
    """Change the bonds along both axes."""

    def changed(right: Activation) -> Activation:
        along = right.links_x.copy(), right.links_y.copy()
        for words in along:
            change(words)
        return replace(right, links_x=along[0], links_y=along[1])

    return bonds(changed)


def couplings_confused(patch: pytest.MonkeyPatch) -> None:
    """Jy along x, and Jx along y."""
    patch.setattr(updates, "rules", lambda couplings, *rest: probabilities.rules(couplings[::-1], *rest))


def thresholds_off(patch: pytest.MonkeyPatch) -> None:
    """Probabilities of single spins larger by one percent."""
    right = probabilities._threshold
    patch.setattr(probabilities, "_threshold", lambda probability: right(probability * Decimal("1.01")))


def no_turn(words: np.ndarray) -> None:
    words[:, :, TURN] = 0


def walls_like_rings(words: np.ndarray) -> None:
    words[0, :] = words[1, :]


def none_reversed(words: np.ndarray) -> None:
    words[:, 1] = 0


def seam_like_others(words: np.ndarray) -> None:
    words[0, 1] = words[1, 1]


def one_wall_free(right: Activation) -> Activation:
    kinds = right.kinds.copy()
    kinds[-1] = kinds[1]
    return replace(right, kinds=kinds)


def missing_neighbours_down(right: Any, lattice: Any, staggered: bool) -> Geometry:
    place: Geometry = right(lattice, staggered_field=staggered)
    values = place.kind_values.copy()
    values[:, :2] = 0
    return replace(place, kind_values=values)


def copies_of_streams(patch: pytest.MonkeyPatch) -> None:
    """Each update of single sites on a copy of the streams, so that one repeats what another has drawn."""
    right = updates.LocalUpdate.__init__

    def copied(self: Any, view: Any, here: slice, algorithm: str, streams: np.ndarray) -> None:
        right(self, view, here, algorithm, streams.copy())

    patch.setattr(updates.LocalUpdate, "__init__", copied)


def activation_off(right: Activation) -> Activation:
    return replace(right, thresholds=(right.thresholds * 1.01).astype(np.uint64))


def visits(**case: object) -> Callable[[], bool]:
    return lambda: all(plausible(p_value) for p_value in visit_p_values(**case))  # type: ignore[arg-type]


def independent() -> bool:
    plan = Plan(
        model=Ising(), lattice=Lattice((8, 8)), temperature=(3.0,), chains=64, recordings=1000, interval=20,
        equilibration=100, seed=9,
    )  # fmt: skip
    series = run_unit(plan, Unit(0, 0)).sums["bond_sum"][0]
    correlation = np.abs(np.triu(np.corrcoef(series), 1))
    return largest(float(correlation.max()) * np.sqrt(series.shape[1]), number=64 * 63 // 2, sigmas=5.5)


def magnetized(algorithm: str = "heat_bath", recordings: int = 8000) -> bool:
    """Compare energy and magnetization of a small torus in a field with enumeration, to 0.05 % or so."""
    model, lattice = Ising(), Lattice((4, 4))
    plan = Plan(
        model=model, lattice=lattice, temperature=(2.5,), field=(0.3,), chains=256, recordings=recordings, interval=4,
        equilibration=400, algorithm=algorithm, seed=13,
    )  # fmt: skip
    exact = enumerate_states(model, lattice, temperature=2.5, field=0.3)
    found = estimate(plan)
    names = ("energy", "magnetization")
    return all(within(found[name], getattr(exact, name), found[f"{name}_error"]) for name in names)


def parity_is_free() -> bool:
    """Compare how often an odd number of spins is up in Wolff's draws at an infinite temperature with one half."""
    plan = Plan(
        model=Ising(), lattice=Lattice((4, 4)), temperature=(1e9,), chains=1280, algorithm="wolff", equilibration=64,
        seed=17,
    )  # fmt: skip
    up = np.concatenate([(run_unit(plan, Unit(0, block)).sums["spin_sum"][0, :, -1] + 16) // 2 for block in range(20)])
    return within(np.mean(up % 2), 0.5, 0.5 / np.sqrt(up.size), degrees=None)


FIELD = visits(shape=(4, 2))
EXCHANGE = visits(shape=(4, 2), temperature=(2.0, 2.6, 4.0), field=0.1)
METROPOLIS = visits(algorithm="metropolis")
SEAM = visits(shape=(3, 3), boundary=("periodic", "antiperiodic"))
ODD = visits(shape=(3, 3))
WALLS = visits(shape=(3, 3), boundary="skewed")
FREE = visits(boundary="free")


def cluster_visits(algorithm: str, **case: object) -> Callable[[], bool]:
    case = {"blocks": 20, "draws": 16, "interval": 16, "shape": (3, 3), "field": 0.0, **case}
    return visits(algorithm=algorithm, **case)


HELD = {algorithm: cluster_visits(algorithm, field=0.3) for algorithm in ("swendsen_wang", "wolff", "seeded_clusters")}
SEEDED = cluster_visits("seeded_clusters")
FRUSTRATED = cluster_visits("swendsen_wang", boundary="antiperiodic")
ODD_RING = cluster_visits("swendsen_wang")
BETWEEN_WALLS = cluster_visits("swendsen_wang", boundary="skewed")

MUTANTS = {
    "a bond dropped": Mutant(
        source(
            bitsliced,
            "load(board, above + j), load(board, below + j)",
            "load(board, above + j), load(board, above + j)",
        ),
        FIELD,
    ),
    "a wrong seam": Mutant(
        source(
            bitsliced,
            "board[same, last + 1] = beyond(board[same, HALO]",
            "board[same, last + 1] = ~beyond(board[same, HALO]",
        ),
        FIELD,
    ),
    "an antiperiodic seam without its sign": Mutant(edges(no_turn), SEAM),
    "a seam with its sign from one side only": Mutant(
        source(
            bitsliced,
            "board[same, HALO - 1] = beyond(board[row, last]",
            "board[same, HALO - 1] = ~beyond(board[row, last]",
        ),
        SEAM,
    ),
    "a wall that is not felt": Mutant(edges(walls_like_rings), WALLS),
    "a wall not counted": Mutant(
        source(counters, "        if walled[0]:", "        if walled[1]:"),
        visits(shape=(3, 3), boundary="skewed", temperature=(1.5, 4.0), coupling=-1.0),
    ),
    "a missing neighbour that is down": Mutant(geometries(missing_neighbours_down), FREE),
    "an odd ring updated at once": Mutant(
        source(bitsliced, "odd_ring = odd and edges[1, 0, KEEP] != _NONE", "odd_ring = width < 0"), ODD
    ),
    "the two couplings confused": Mutant(couplings_confused, visits(coupling=(1.0, 0.4))),
    "a threshold off by one percent": Mutant(thresholds_off, magnetized),
    "a random number used for two sites": Mutant(
        source(bitsliced, "streams, 0, planes", "streams.copy() if colour else streams, 0, planes"),
        FIELD,
    ),
    "two chains on one stream": Mutant(
        source(
            bitsliced,
            "            differs = plane ^ random",
            "            first_lane = random & spread(np.uint64(1))\n"
            "            random = (random & ~spread(np.uint64(2))) | (first_lane + first_lane)\n"
            "            differs = plane ^ random",
        ),
        independent,
    ),
    "the field reversed on one sublattice": Mutant(
        geometries(lambda right, lattice, staggered: right(lattice, staggered_field=not staggered)), FIELD
    ),
    "a staggered field that is not": Mutant(
        geometries(lambda right, lattice, staggered: right(lattice, staggered_field=False)),
        visits(field=0.5, field_pattern="staggered"),
    ),
    "few bits, no slow path": Mutant(source(bitsliced, "FAST_BITS - 1, -1, -1", "5, -1, -1"), FIELD),
    "metropolis leaves the wrong state": Mutant(
        source(bitsliced, "favoured ^ (drawn & ~(current ^ favoured))", "favoured ^ (drawn & (current ^ favoured))"),
        METROPOLIS,
    ),
    "metropolis favours down": Mutant(source(probabilities, "gaps >= 0", "gaps < 0"), METROPOLIS),
    "an exchange accepted with the wrong sign": Mutant(
        source(exchange_module, "exponent = difference * energy", "exponent = -difference * energy"), EXCHANGE
    ),
    "an exchange that forgets the field": Mutant(
        source(
            exchange_module,
            "for which in range(weights.size):\n                apart",
            "for which in range(2):\n                apart",
        ),
        visits(temperature=(1.5, 4.0), field=1.0),
    ),
    "spins swapped without their lanes": Mutant(
        source(
            walkers,
            "difference = (spins[t, i] ^ spins[t + 1, i]) & lanes[t]",
            "difference = spins[t, i] ^ spins[t + 1, i]",
        ),
        EXCHANGE,
    ),
    "a bond counted twice": Mutant(
        source(counters, "below = load(board, down + j)", "below = load(board, right + j)"), EXCHANGE
    ),
    "Swendsen-Wang without the ghost": Mutant(
        source(swendsen_wang, "ghost = bool(np.any(", "ghost = bool(chains == 0 and np.any("), HELD["swendsen_wang"]
    ),
    "clusters tied to the ghost flipped": Mutant(
        source(clusters, "turns[GHOST] = 0", "turns[GHOST] = 1"), HELD["swendsen_wang"]
    ),
    "a cluster flipped that the ghost has joined": Mutant(
        source(wolff, "flip = np.uint8(0)", "flip = _SPIN"), HELD["wolff"]
    ),
    "a seam's bonds with the sign of all others": Mutant(links(seam_like_others), FRUSTRATED),
    "a fixed number of clusters where all are single sites": Mutant(
        source(wolff, "np.int64(words[at] & ONE)", "np.int64(0)"),
        parity_is_free,
    ),
    "an antiferromagnet that clusters like a ferromagnet": Mutant(
        links(none_reversed), cluster_visits("wolff", coupling=-1.0)
    ),
    "an activation off by one percent": Mutant(bonds(activation_off), lambda: magnetized("swendsen_wang", 1500)),
    "a wall that ties no cluster": Mutant(bonds(one_wall_free), BETWEEN_WALLS),
    "one random number for two bonds": Mutant(
        source(
            swendsen_wang,
            "& links_y[y, 0] & lanes, thresholds[1], stream, 0)",
            "& links_y[y, 0] & lanes, thresholds[1], stream.copy(), 0)",
        ),
        cluster_visits("swendsen_wang", shape=(2, 4)),
    ),
    "a coin for each run instead of each cluster": Mutant(
        source(clusters, "np.uint64(turns[parent[label]])", "np.uint64(turns[label])"), ODD_RING
    ),
    "two updates of a mixture on one stream": Mutant(
        copies_of_streams, visits(algorithm="metropolis + heat_bath", interval=2, shape=(3, 3), temperature=(4.0,))
    ),
    "membership that spreads along the bonds but not against them": Mutant(
        source(seeded_clusters, "for place in range(2 * rows)", "for place in range(rows)"), SEEDED
    ),
    "a ring of members that is open at its end": Mutant(
        source(seeded_clusters, "reached &= bond[y] & ~here[y]", "reached &= NONE"), SEEDED
    ),
    "seeds' bonds on one random number": Mutant(
        source(
            seeded_clusters, "threshold, streams, j)\n        store", "threshold, streams.copy(), j)\n        store"
        ),
        cluster_visits("seeded_clusters", shape=(2, 4)),
    ),
    "a ghost that is reached and stays": Mutant(
        source(seeded_clusters, "member[row, y] ^ reversed_lanes", "member[row, y]"), HELD["seeded_clusters"]
    ),
    "a ghost without the others that it holds": Mutant(
        source(seeded_clusters, "if joined != NONE:", "if width == 0:"), HELD["seeded_clusters"]
    ),
    "one random number for two bonds, one cluster": Mutant(
        source(wolff, "at += np.uint64(satisfied)", "at += np.uint64(joins)"), HELD["wolff"]
    ),
}


REQUIRED = {
    "a bond dropped", "a threshold off by one percent", "a random number used for two sites", "a wrong seam",
    "two chains on one stream", "the field reversed on one sublattice", "a wall not counted",
    "an exchange accepted with the wrong sign",
}  # fmt: skip


def test_the_usual_mistakes_are_all_planted() -> None:
    assert set(MUTANTS) >= REQUIRED


def compile_with(module: types.ModuleType, old: str, new: str) -> types.ModuleType:
    """Return the module as its source would be with ``old`` replaced, compiled without the cache."""
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {module.__name__}"
    changed = types.ModuleType(f"{module.__name__}_mutant")
    sys.modules[changed.__name__] = changed
    exec(
        compile(source.replace(old, new).replace("cache=True, ", ""), changed.__name__, "exec"),
        changed.__dict__,
    )
    return changed


def install(monkeypatch: pytest.MonkeyPatch, module: types.ModuleType, changed: types.ModuleType) -> None:
    """Let the chains run with the changed module."""
    if module is counters:
        monkeypatch.setattr(walkers, "counters", changed)
    elif module in (bitsliced, seeded_clusters, swendsen_wang, wolff):
        monkeypatch.setattr(updates, module.__name__.rsplit(".", 1)[1], changed)
    elif module is clusters:
        caller = compile_with(swendsen_wang, f"from {clusters.__name__} import", f"from {changed.__name__} import")
        monkeypatch.setattr(updates, "swendsen_wang", caller)
    elif module is probabilities:
        monkeypatch.setattr(updates, "rules", changed.rules)
    elif module is walkers:
        monkeypatch.setattr(walkers, "swap_words", changed.swap_words)
    else:
        monkeypatch.setattr(chains, "Exchange", changed.Exchange)


@cache
def right(check: Callable[[], bool]) -> bool:
    """Return whether the right kernel passes; one run for all mistakes that a check must notice."""
    return check()


@pytest.mark.parametrize("name", MUTANTS)
def test_the_right_kernel_passes_and_the_mutant_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    assert right(mutant.check), "the right kernel must pass"
    mutant.plant(monkeypatch)
    with uncounted():
        assert not mutant.check(), "the mutant must be rejected"
