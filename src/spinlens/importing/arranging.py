"""From an array whose axes are named to codes over a grid of conditions: nothing is guessed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.spaces import Angles, Space

Array = NDArray[np.float64]

SIDES = ("x", "y", "z")
SITE, CHAIN, DRAW = "site", "chain", "draw"

RADIANS = "radians"
"""Says that the numbers are angles, each of which becomes the nearest one of the space."""


@dataclass(frozen=True, eq=False)
class Arranged:
    """Codes over a grid.

    Attributes
    ----------
    grid : dict of str to ndarray
        Each control that has labels, ascending, and the temperature.
    codes : ndarray (*grid, chain, draw, *sides)
        Of the space.
    """

    grid: Mapping[str, Array]
    codes: NDArray[Any]


def codes_of(numbers: NDArray[Any], space: Space, values: Any) -> NDArray[Any]:
    """Return what numbers stand for, as codes.

    Parameters
    ----------
    numbers : array
        As they stand in a file.
    space : Space
        What stands on a site.
    values : sequence of float, "radians" or None
        The number of each code, in their order; that they are angles; or that they are the values of the space.

    Raises
    ------
    InputError
        If a number is none of those, or there are not as many as the space has values.
    """
    if numbers.dtype.kind not in "iufb":
        raise InputError("configurations", numbers.dtype, "must be real numbers")
    if isinstance(values, str):
        return _angles(numbers, space, values)
    if values is None:
        try:
            return space.codes(numbers)
        except InputError as error:
            do = "Say which numbers stand for them, in this order, like values=(0, 1)"
            raise InputError(error.what, error.got, error.why, do) from None
    known = np.asarray(values, dtype=np.float64)
    if known.shape != (space.states,) or len(np.unique(known)) < len(known):
        why = f"must be {space.states} different numbers, one for each of the values of {space.text}"
        raise InputError("values", values, why)
    order = np.argsort(known)
    place = np.searchsorted(known[order], numbers).clip(0, len(known) - 1)
    wrong = np.argwhere(known[order][place] != numbers)
    if len(wrong):
        where = tuple(int(i) for i in wrong[0])
        listed = ", ".join(f"{value:g}" for value in known)
        raise InputError(f"configurations{list(where)}", numbers[where].item(), f"is none of the values {listed}")
    return np.asarray(order[place], dtype=space.code_type)


def _angles(numbers: NDArray[Any], space: Space, word: str) -> NDArray[Any]:
    if word != RADIANS or not isinstance(space, Angles):
        why = "must list numbers" if isinstance(space, Angles) else f"must list numbers: {space.text} has no angles"
        raise InputError("values", repr(word), why, f"Or say {RADIANS!r} for a clock or XY model")
    if not np.isfinite(numbers).all():
        raise InputError("configurations", "what is no number", "must be angles")
    turns = np.rint(numbers.astype(np.float64) * (space.states / (2.0 * np.pi))).astype(np.int64)
    return np.asarray(turns % space.states, dtype=space.code_type)


def arrange(
    codes: NDArray[Any], *, axes: Sequence[str], lattice: Lattice, order: str, labels: Mapping[str, Any]
) -> Arranged:
    """Lay configurations out over a grid of conditions.

    Parameters
    ----------
    codes : array
        Configurations, axes as they are named.
    axes : sequence of str
        The name of each axis: a control or ``temperature``, ``chain`` (of independent configurations), ``draw``
        (of successive ones of a chain), ``x``, ``y``, ``z``, or ``site`` for all sides in one.
    lattice : Lattice
        Which sides.
    order : {"C", "F"}
        Whether the last side or the first one varies fastest along ``site``.
    labels : mapping of str to number or array
        Of each control, and the temperature: one number for all; as many as its axis is long; or, where it has no axis,
        one for each configuration, along the one of ``chain`` and ``draw`` that has as many.

    Raises
    ------
    InputError
        If an axis or a label is missing, twice there or of another length, a side differs, or conditions have not
        equally many configurations.
    """
    axes = tuple(axes)
    _check_axes(axes, codes, labels)
    codes = _with_sides(codes, axes, lattice, order)
    rest = [name for name in axes if name not in (*SIDES, SITE)]
    varied = [name for name in labels if name in rest]
    # The sides stand last already; what is not there has length one.
    wanted = [*varied, CHAIN, DRAW]
    for name in (CHAIN, DRAW):
        if name not in rest:
            rest.insert(0, name)
            codes = codes[None]
    codes = codes.transpose([rest.index(name) for name in wanted] + list(range(len(rest), codes.ndim)))
    grid: dict[str, Array] = {}
    for axis, name in enumerate(varied):
        values = np.asarray(labels[name], dtype=np.float64)
        if values.shape != (codes.shape[axis],):
            raise InputError(name, f"{values.size} labels", f"its axis has {codes.shape[axis]} places")
        _check_distinct(name, values)
        where = np.argsort(values)
        codes, grid[name] = np.take(codes, where, axis=axis), values[where]
    single = {name: values for name, values in labels.items() if np.ndim(values) == 0}
    scattered = {
        name: np.asarray(v, dtype=np.float64) for name, v in labels.items() if name not in varied | single.keys()
    }
    if scattered:
        if varied:
            raise InputError("labels", ", ".join(scattered), f"are one a configuration, beside the axis {varied[0]}")
        return _grouped(codes, scattered, single)
    fixed = {name: np.array([float(value)]) for name, value in single.items()}
    codes = codes.reshape((1,) * len(fixed) + codes.shape)
    return Arranged({**fixed, **grid}, codes)


def _check_axes(axes: tuple[str, ...], codes: NDArray[Any], labels: Mapping[str, Any]) -> None:
    if len(axes) != codes.ndim:
        why = f"must name each axis of an array of shape {codes.shape}"
        raise InputError("axes", " ".join(axes), why, "For example 'temperature draw x y'")
    if len(set(axes)) < len(axes):
        raise InputError("axes", " ".join(axes), "each must be named once")
    known = {*SIDES, SITE, CHAIN, DRAW, *labels}
    for name in axes:
        if name not in known:
            why = "is none of chain, draw, site, x, y, z and of what has labels"
            raise InputError("axes", repr(name), why, f"Give its values too, like {name}=[...]")
    if "temperature" not in labels:
        raise InputError("temperature", None, "must be given: nothing in the files says it for certain")


def _with_sides(codes: NDArray[Any], axes: tuple[str, ...], lattice: Lattice, order: str) -> NDArray[Any]:
    """Return codes with the sides last, in their order."""
    if order not in ("C", "F"):
        raise InputError("order", repr(order), "must be 'C', the last side varies fastest, or 'F', the first one does")
    sides = SIDES[: lattice.axes]
    if SITE in axes:
        if any(name in axes for name in SIDES):
            raise InputError("axes", " ".join(axes), "have both sides and 'site', which stands for all of them")
        place = axes.index(SITE)
        if codes.shape[place] != lattice.sites:
            raise InputError("site", codes.shape[place], f"a lattice of {lattice.text} has {lattice.sites} sites")
        flat = np.moveaxis(codes, place, -1)
        shape = lattice.shape if order == "C" else lattice.shape[::-1]
        found = flat.reshape(*flat.shape[:-1], *shape)
        return found if order == "C" else found.transpose(
            *range(flat.ndim - 1), *range(found.ndim - 1, flat.ndim - 2, -1)
        )  # fmt: skip
    if missing := [name for name in sides if name not in axes]:
        raise InputError("axes", " ".join(axes), f"lack the side {missing[0]} of a lattice of {lattice.text}")
    if extra := [name for name in SIDES if name in axes and name not in sides]:
        raise InputError("axes", " ".join(axes), f"have a side {extra[0]}, and the lattice is {lattice.text}")
    found = np.moveaxis(codes, [axes.index(name) for name in sides], range(-len(sides), 0))
    for name, length, side in zip(sides, found.shape[-len(sides) :], lattice.shape, strict=True):
        if length != side:
            raise InputError(name, length, f"a lattice of {lattice.text} has {side} sites along it")
    return found


def _grouped(codes: NDArray[Any], labels: Mapping[str, Array], single: Mapping[str, Any]) -> Arranged:
    """Return codes (chain, draw, sides), each with labels, over the grid of the labels that occur."""
    chains, draws = codes.shape[:2]
    if min(chains, draws) > 1:
        raise InputError("labels", ", ".join(labels), "one a configuration take one axis: chain or draw", "Name one")
    many = chains * draws
    for name, values in labels.items():
        if values.shape != (many,):
            raise InputError(name, f"{values.size} labels", f"there are {many} configurations")
        if not np.isfinite(values).all():
            raise InputError(name, "what is no number", "must label every configuration")
    flat = codes.reshape(many, *codes.shape[2:])
    grid = {name: np.unique(values) for name, values in labels.items()}
    groups = []
    for condition in product(*grid.values()):
        here = np.all([labels[name] == value for name, value in zip(grid, condition, strict=True)], axis=0)
        groups.append((condition, np.flatnonzero(here)))
    counts = [len(places) for _, places in groups]
    if min(counts) != max(counts):
        few, lot = (groups[counts.index(each(counts))] for each in (min, max))
        named = [", ".join(f"{n} = {v:g}" for n, v in zip(grid, at, strict=True)) for at, _ in (few, lot)]
        why = f"{named[0]} has {len(few[1])} and {named[1]} has {len(lot[1])}, and all conditions need equally many"
        raise InputError("configurations", f"{min(counts)} to {max(counts)}", why, "Leave some out")
    found = np.stack([flat[places] for _, places in groups])
    lengths = [len(values) for values in grid.values()]
    layout = (counts[0], 1) if draws == 1 else (1, counts[0])
    fixed = {name: np.array([float(value)]) for name, value in single.items()}
    shaped = found.reshape(*(1,) * len(fixed), *lengths, *layout, *codes.shape[2:])
    return Arranged({**fixed, **grid}, shaped)


def _check_distinct(name: str, values: Array) -> None:
    if not np.isfinite(values).all():
        raise InputError(name, "what is no number", "must be a number at every place of its axis")
    ordered = np.sort(values)
    if np.any(np.diff(ordered) <= 0):
        again = float(ordered[np.flatnonzero(np.diff(ordered) <= 0)[0]])
        why = "labels two places of its axis"
        raise InputError(name, again, why, "Label configurations along chain or draw instead")


def in_order(arranged: Arranged, names: Sequence[str]) -> NDArray[Any]:
    """Return the codes with the axes of the grid in the order that a plan has them."""
    here = list(arranged.grid)
    rest = range(len(here), arranged.codes.ndim)
    return arranged.codes.transpose([here.index(name) for name in names] + list(rest))


def count_of(arranged: Arranged) -> int:
    """Return how many configurations there are."""
    return math.prod(arranged.codes.shape[: len(arranged.grid) + 2])
