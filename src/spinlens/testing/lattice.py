"""What every lattice keeps."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest

from spinlens.lattices import Lattice

Bond = tuple[tuple[int, ...], tuple[int, ...] | int, int, tuple[bool, ...]]
"""The place it starts from, the place or the held value at its end, its direction, and which edges it crosses."""

BONDS_OF_A_SITE = {"chain": 2, "square": 4, "triangular": 6, "honeycomb": 3, "cubic": 6}


class LatticeContract:
    """Subclass it and parametrise ``lattice``."""

    def test_neighbours(self, lattice: Lattice) -> None:
        """The one table has the bonds that a walk over the sites meets, each once."""
        table = lattice.neighbours
        places = [tuple(int(i) for i in np.unravel_index(site, lattice.shape)) for site in range(lattice.sites)]
        found: Counter[Bond] = Counter()
        for first, second, direction, crossed in zip(
            table.first, table.second, table.direction, table.crossed, strict=True
        ):
            found[places[first], places[second], int(direction), tuple(crossed.tolist())] += 1
        halves = np.array([rule == "antiperiodic" for rule in lattice.rules])
        assert np.array_equal(table.turned, (table.crossed & halves).sum(axis=1) % 2 == 1)
        for site, value, direction in zip(table.wall_site, table.wall_value, table.wall_direction, strict=True):
            found[places[site], int(value), int(direction), ()] += 1
        assert found == walked(lattice)

    def test_origins_tile(self, lattice: Lattice) -> None:
        """A wall's bonds continue the pattern of those inside: each starts where a bond of its direction would."""
        table = lattice.neighbours
        if not (len(table.wall_site) and closes(lattice)):
            pytest.skip("there are no walls, or no torus to compare with")
        ring = Lattice(lattice.shape, kind=lattice.kind).neighbours
        inside = set(zip(ring.first.tolist(), ring.direction.tolist(), strict=True))
        assert set(zip(table.wall_origin.tolist(), table.wall_direction.tolist(), strict=True)) <= inside

    def test_numbers_of_bonds(self, lattice: Lattice) -> None:
        """Sites have as many bonds as their kind says, where nothing is missing; sums over sites count bonds twice."""
        table = lattice.neighbours
        assert len(table.first) + len(table.wall_site) == lattice.bonds == sum(lattice.bonds_along)
        assert lattice.coordination.sum() == 2 * len(table.first) + len(table.wall_site)
        if lattice.torus:
            assert (lattice.coordination == BONDS_OF_A_SITE[lattice.kind]).all()

    def test_colours(self, lattice: Lattice) -> None:
        """Where two colours are enough every bond joins both."""
        signs = lattice.staggering.reshape(-1)
        opposite = signs[lattice.neighbours.first] != signs[lattice.neighbours.second]
        assert lattice.two_colourable == bool(opposite.all())

    def test_text(self, lattice: Lattice) -> None:
        """Its rules rebuild it."""
        assert Lattice(lattice.shape, boundary=lattice.rules, kind=lattice.kind) == lattice


def closes(lattice: Lattice) -> bool:
    """Return whether the lattice could be a torus."""
    return lattice.kind != "honeycomb" or all(side % 2 == 0 for side in lattice.shape)


def walked(lattice: Lattice) -> Counter[Bond]:
    """Return the bonds of a lattice as a walk over its sites meets them, written without its table."""
    found: Counter[Bond] = Counter()
    for place in product(*map(range, lattice.shape)):
        for direction, step in enumerate(_steps(lattice, place)):
            for sign in (1, -1):
                if step is None or (lattice.kind == "honeycomb" and not _starts(place, direction, sign)):
                    continue
                crossed, held, lost, end = [], None, False, []
                for axis, side in enumerate(lattice.shape):
                    there, rule = place[axis] + sign * step[axis], lattice.rules[axis]
                    crossed.append(not 0 <= there < side)
                    if crossed[-1]:
                        if isinstance(rule, tuple):
                            held = rule[0 if there < 0 else 1] if held is None else held
                        lost |= rule == "free"
                    end.append(there % side)
                if lost:
                    continue
                if held is not None:
                    found[place, held, direction, ()] += 1
                elif sign > 0:
                    found[place, tuple(end), direction, tuple(crossed)] += 1
    return found


def _steps(lattice: Lattice, place: tuple[int, ...]) -> list[tuple[int, ...] | None]:
    axes = len(place)
    unit: list[tuple[int, ...] | None] = [tuple(int(a == b) for b in range(axes)) for a in range(axes)]
    if lattice.kind == "triangular":
        return [*unit, (1, 1)]
    return [unit[0], unit[1], unit[1]] if lattice.kind == "honeycomb" else unit


def _starts(place: tuple[int, ...], direction: int, sign: int) -> bool:
    """Return whether a brick wall's bond of this direction leaves a site upwards (sign 1), or comes from below."""
    even = sum(place) % 2 == 0
    origin_even = even if sign > 0 else not even
    return origin_even == (direction != 2)
