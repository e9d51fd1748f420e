"""The exact symmetries of an energy: found from its bonds, drawn at random as augmentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice, list_bonds
from spinlens.models import Ising

Transform = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation along one axis that leaves the energy unchanged.

    Parameters
    ----------
    step : int
        Least number of sites.
    twisted : bool
        Whether what crosses the seam changes its sign.
    flips : bool
        Whether a step comes with a flip of all spins.
    """

    step: int
    twisted: bool
    flips: bool


@dataclass(frozen=True, slots=True)
class Symmetries:
    """Maps of configurations that leave every energy exactly unchanged.

    Parameters
    ----------
    shape : tuple of int
        The sides (Lx, Ly).
    translations : pair of Translation or None
        Along x and along y.
    reflections : pair of bool or None
        Along x and along y: None where there is none, else whether all spins flip with it.
    transposition : bool or None
        The exchange of x and y; the same.
    flip : bool
        Whether the flip of all spins is a symmetry by itself.

    Notes
    -----
    Rotations are products of a reflection and the transposition. Products that are symmetries where none of their
    factors is one are not looked for.
    """

    shape: tuple[int, int]
    translations: tuple[Translation | None, Translation | None] = (None, None)
    reflections: tuple[bool | None, bool | None] = (None, None)
    transposition: bool | None = None
    flip: bool = False

    @classmethod
    def of(cls, model: Ising, lattice: Lattice, *, field: float = 0.0) -> Self:
        """Return the symmetries of a model on a lattice in a field.

        Each candidate is kept if it maps all bonds, walls and fields of the Hamiltonian onto themselves: across an
        antiperiodic seam with the sign that the seam gives, between unlike walls together with a flip of all spins.

        Parameters
        ----------
        model : Ising
            The Hamiltonian.
        lattice : Lattice
            Shape and boundary.
        field : float
            h; where a field is not zero, a flip of all spins is no symmetry.
        """
        terms = _Terms(model, lattice, field)
        pairs = [(_translation(terms, lattice, axis), _reflection(terms, axis)) for axis in range(2)]
        square = lattice.shape[0] == lattice.shape[1]
        return cls(
            shape=lattice.shape,
            translations=(pairs[0][0], pairs[1][0]),
            reflections=(pairs[0][1], pairs[1][1]),
            transposition=terms.flips_with(lambda spins: spins.swapaxes(-1, -2)) if square else None,
            flip=terms.keeps(np.negative),
        )

    @classmethod
    def none(cls, shape: tuple[int, int]) -> Self:
        """Return the identity alone."""
        return cls(shape)

    def to_dict(self) -> dict[str, Any]:
        """Return them as JSON can hold them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def random(self, spins: torch.Tensor, generator: np.random.Generator) -> torch.Tensor:
        """Return each configuration under an element of the group of its own, drawn uniformly.

        Parameters
        ----------
        spins : Tensor, (n, Lx, Ly) or (n, 1, Lx, Ly)
            Spins +-1, of any type.
        generator : numpy.random.Generator
            Makes the choice; it is asked for the same numbers whatever the spins.

        Returns
        -------
        Tensor
            Of the same shape and type.

        Raises
        ------
        InputError
            If the sides are others.
        """
        if tuple(spins.shape[-2:]) != self.shape:
            got = f"{spins.shape[-2]} x {spins.shape[-1]}"
            raise InputError("spins", got, f"the symmetries are those of {self.shape[0]} x {self.shape[1]} spins")
        count = len(spins)
        sign = 1 - 2 * generator.integers(0, 2 if self.flip else 1, count)
        places, signs = [], []
        for axis in range(2):
            place, along, flips = self._along(axis, count, generator)
            places.append(place)
            signs.append(along)
            sign = sign * flips
        turned = generator.integers(0, 1 if self.transposition is None else 2, count).astype(bool)
        sign = np.where(turned & bool(self.transposition), -sign, sign)
        return _gather(spins, places, signs, sign, turned)

    def _along(
        self, axis: int, count: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return where each row comes from, (n, L), its sign, (n, L), and the sign of the whole, (n,)."""
        side = self.shape[axis]
        place = np.broadcast_to(np.arange(side), (count, side))
        along, whole = np.ones((count, side), dtype=np.int64), np.ones(count, dtype=np.int64)
        translation, reflection = self.translations[axis], self.reflections[axis]
        if reflection is not None:
            turned = generator.integers(0, 2, count).astype(bool)
            place = np.where(turned[:, None], side - 1 - place, place)
            whole = np.where(turned & reflection, -whole, whole)
        if translation is not None:
            steps = generator.integers(0, side // translation.step, count)
            moved = place + (translation.step * steps)[:, None]
            if translation.twisted:
                along = np.where(moved >= side, -1, 1)
            if translation.flips:
                whole = whole * (1 - 2 * (steps % 2))
            place = moved % side
        return place, along, whole


def choose_symmetries(
    symmetries: Symmetries | None, *, images: Any, shape: tuple[int, int], augment: bool
) -> Symmetries | None:
    """Return the symmetries to augment with: those given, else those of the ensemble; None without augmentation.

    Raises
    ------
    InputError
        If ``images`` is an array and none are given, or they belong to other sides.
    """
    if not augment:
        return None
    if symmetries is None and hasattr(images, "model"):
        symmetries = Symmetries.of(images.model, images.lattice, field=float(np.abs(images.field).max()))
    if symmetries is None:
        do = "Pass Symmetries.of(model, lattice), or take augment=False"
        raise InputError("symmetries", None, "an array does not say which symmetries its energy has", do)
    if symmetries.shape != shape:
        why = f"the images have {shape[0]} x {shape[1]} spins"
        raise InputError("symmetries", f"of {symmetries.shape[0]} x {symmetries.shape[1]} spins", why)
    return symmetries


def _gather(
    spins: torch.Tensor, places: list[np.ndarray], signs: list[np.ndarray], sign: np.ndarray, turned: np.ndarray
) -> torch.Tensor:
    (height, width), device = spins.shape[-2:], spins.device
    rows, columns = (torch.from_numpy(np.ascontiguousarray(place)).to(device) for place in places)
    index = (rows[:, :, None] * width + columns[:, None, :]).flatten(1)
    moved = spins.reshape(len(spins), -1).gather(1, index).view(-1, height, width)
    along_x, along_y = (
        torch.from_numpy(each).to(device=device, dtype=spins.dtype) for each in (signs[0] * sign[:, None], signs[1])
    )
    moved = moved * along_x[:, :, None] * along_y[:, None, :]
    if turned.any():
        moved = torch.where(torch.from_numpy(turned).to(device)[:, None, None], moved.transpose(1, 2), moved)
    return moved.view(spins.shape)


class _Terms:
    """All terms of a Hamiltonian, to be compared with themselves under a map of the spins."""

    def __init__(self, model: Ising, lattice: Lattice, field: float) -> None:
        bonds = list_bonds(lattice)
        strengths = np.array(model.couplings)[list(bonds.axes)]
        pairs = np.array(bonds.pairs, dtype=np.int64).reshape(-1, 3)
        walls = np.array(bonds.walls, dtype=np.int64).reshape(-1, 2)
        self.shape, self.sites = lattice.shape, lattice.sites
        self.ends, self.weights = pairs[:, :2], strengths[: len(pairs)] * pairs[:, 2]
        pattern = lattice.sublattice.ravel() if model.staggered else np.ones(lattice.sites)
        self.single = field * pattern.astype(np.float64)
        np.add.at(self.single, walls[:, 0], strengths[len(pairs) :] * walls[:, 1])
        self.bonds = self._sorted(self.ends, self.weights)

    def _sorted(self, ends: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        keys, inverse = np.unique(ends.min(1) * self.sites + ends.max(1), return_inverse=True)
        return keys, np.bincount(inverse, weights=weights, minlength=len(keys))

    def keeps(self, transform: Transform) -> bool:
        """Tell whether the energy of ``transform(spins)`` is that of the spins, whatever they are."""
        place = np.abs(transform(1 + np.arange(self.sites).reshape(self.shape))).ravel() - 1
        sign = np.sign(transform(np.ones(self.shape, dtype=np.int64))).ravel()
        single = np.zeros(self.sites)
        single[place] = sign * self.single
        if not np.array_equal(single, self.single):
            return False
        moved = self._sorted(place[self.ends], self.weights * sign[self.ends].prod(1))
        return all(np.array_equal(a, b) for a, b in zip(self.bonds, moved, strict=True))

    def flips_with(self, transform: Transform) -> bool | None:
        """Return None if it is no symmetry, else whether all spins must flip with it."""
        if self.keeps(transform):
            return False
        return True if self.keeps(lambda spins: -transform(spins)) else None


def _reflection(terms: _Terms, axis: int) -> bool | None:
    return terms.flips_with(lambda spins: np.flip(spins, axis))


def _translation(terms: _Terms, lattice: Lattice, axis: int) -> Translation | None:
    """Return the shortest translation along an axis, or None."""
    if not lattice.rings[axis]:
        return None
    side, twisted = lattice.shape[axis], lattice.seams[axis]

    def moved(step: int) -> Transform:
        def transform(spins: np.ndarray) -> np.ndarray:
            result = np.roll(spins, -step, axis)
            crossed = np.arange(side) >= side - step
            signs = np.where(crossed & twisted, -1, 1)
            return result * (signs[:, None] if axis == 0 else signs[None])

        return transform

    for step in (1, 2):
        # A flip with every step must have flipped an even number of times after a whole turn.
        for flips in (False, True):
            if side % step or (flips and (side // step) % 2 and not terms.keeps(np.negative)):
                continue
            if terms.keeps(lambda spins, step=step, flips=flips: (-1 if flips else 1) * moved(step)(spins)):  # type: ignore[misc]
                return Translation(step, twisted, flips)
    return None
