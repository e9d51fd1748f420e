"""The Ising model: H = -sum_<ij> J_ij s_i s_j - h sum_i e_i s_i with s = +-1 and k_B = 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.lattices import Lattice
from spinlens.models.interfaces import interfaces, refuse_interface
from spinlens.models.model import DIGITS, Model, Reference, checked_number
from spinlens.models.order import OrderParameter, component
from spinlens.models.terms import Bonds, Pattern, Sites, Term, whole
from spinlens.spaces import Binary

Array = NDArray[np.float64]

CRITICAL_TEMPERATURE = 2.0 / math.log(1.0 + math.sqrt(2.0))
"""Exact critical temperature of the square lattice at zero field, in units of abs(J) (Onsager 1944)."""

FIELD_PATTERNS = ("uniform", "staggered")

MOST_COUPLINGS = 64
"""Different couplings of a unit cell that have a sum of their own; more are one sum of multiples of 2^-30."""

_SPINS = np.array([-1, 1])
_PRODUCTS = np.outer(_SPINS, _SPINS)
_AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Ising(Model):
    """The Ising Hamiltonian H = -sum_<ij> J_ij s_i s_j - h sum_i e_i s_i, each bond counted once.

    Parameters
    ----------
    coupling : float, tuple of float or Pattern
        J, in the unit of energy; positive for the ferromagnet, negative for the antiferromagnet. A tuple has one for
        each bond direction of the lattice, for example (Jx, Jy); equal ones are kept as one number. A
        `spinlens.Pattern` of shape (directions, *cell) repeats a unit cell of bonds; zeros there are missing bonds.
    field_pattern : str or Pattern
        ``"uniform"``: the field h acts on every spin alike, e_i = 1; ``"staggered"``: e_i = (-1)^(x + y + ...); a
        pattern gives e_i over a cell or over all sites.

    Raises
    ------
    InputError
        If a coupling is zero or not finite, or the pattern is unknown.

    Notes
    -----
    mcising and ALPS print the same Hamiltonian; ALPS' spin-1/2 "Ising" with S_z = +-1/2 has couplings four times as
    large for the same temperature.
    """

    coupling: float | tuple[float, ...] | Pattern = 1.0
    field_pattern: str | Pattern = "uniform"
    name: ClassVar[str] = "ising"
    controls: ClassVar[Mapping[str, float]] = {"field": 0.0}

    def __post_init__(self) -> None:
        object.__setattr__(self, "coupling", _checked_coupling(self.coupling))
        pattern: Any = self.field_pattern
        if isinstance(pattern, list | tuple | np.ndarray):
            pattern = Pattern(pattern)
        elif not isinstance(pattern, Pattern) and pattern not in FIELD_PATTERNS:
            advice = did_you_mean(str(pattern), FIELD_PATTERNS)
            raise InputError("field_pattern", repr(pattern), "is unknown", advice)
        object.__setattr__(self, "field_pattern", pattern)

    @property
    def space(self) -> Binary:
        """Spins down and up."""
        return Binary()

    @property
    def isotropic(self) -> bool:
        """Whether all bonds have one coupling."""
        return isinstance(self.coupling, float)

    @property
    def staggered(self) -> bool:
        """Whether the field changes its sign from site to site."""
        return self.field_pattern == "staggered"

    def couplings(self, lattice: Lattice) -> Array:
        """Return the coupling of each direction, or of each bond of a cell: (directions,) or (directions, *cell).

        Raises
        ------
        InputError
            If there is not one for each direction.
        """
        if isinstance(self.coupling, Pattern):
            array = self.coupling.array
            if array.ndim != 1 + lattice.axes or len(array) != lattice.directions:
                raise InputError(
                    "coupling", f"a pattern of shape {array.shape}",
                    f"must have {lattice.directions} cells, one for each direction of a {lattice.kind} lattice, "
                    f"with {lattice.axes} axes each",
                )  # fmt: skip
            return array
        numbers = self.coupling if isinstance(self.coupling, tuple) else (self.coupling,) * lattice.directions
        if len(numbers) != lattice.directions:
            raise InputError(
                "coupling", self.coupling, f"must be one number or {lattice.directions}, one for each direction of a "
                f"{lattice.kind} lattice",
            )  # fmt: skip
        return np.array(numbers)

    @property
    def text(self) -> str:
        """The model in a few words, for example ``Ising, J = (1, 0.5), staggered field``."""
        if isinstance(self.coupling, Pattern):
            coupling = f"a cell of {'x'.join(map(str, self.coupling.array.shape[1:]))} sites"
        elif isinstance(self.coupling, tuple):
            coupling = f"({', '.join(f'{strength:g}' for strength in self.coupling)})"
        else:
            coupling = f"{self.coupling:g}"
        patterned = isinstance(self.field_pattern, Pattern)
        field = ", patterned field" if patterned else ", staggered field" if self.staggered else ""
        return f"Ising, J = {coupling}{field}"

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``bond_sum``, ``spin_sum``, and where the model needs them sums of some bonds and staggered ones.

        Where couplings differ with the direction ``bond_sum_x`` (and ``bond_sum_y`` of three) are parts of the sum over
        all bonds; a unit cell has one sum for each different coupling, ``bond_sum_1`` for the smallest.
        """
        terms: list[Term] = []
        if isinstance(self.coupling, Pattern):
            terms += self._cell_terms(lattice)
        else:
            terms.append(Bonds("bond_sum", _PRODUCTS))
        terms.append(Sites("spin_sum", _SPINS))
        if isinstance(self.coupling, tuple):
            parts = range(len(self.couplings(lattice)) - 1)
            terms += [Bonds(f"bond_sum_{_AXES[d]}", _PRODUCTS, direction=d) for d in parts]
        terms += [Sites(name, _SPINS, pattern) for name, pattern in self.staggered_sums(lattice).items()]
        if isinstance(self.field_pattern, Pattern):
            pattern, unit = whole(self.field_pattern.array)
            terms.append(Sites("field_sum", _SPINS, pattern, unit))
        return tuple(terms)

    def strengths(self, lattice: Lattice, *, field: float = 0.0) -> Array:  # type: ignore[override]
        """Return by how much each sum lowers the energy, float64 (terms,)."""
        couplings = self.couplings(lattice)
        named: dict[str, float] = {}
        if isinstance(self.coupling, Pattern):
            different = np.unique(couplings)
            if len(different) <= MOST_COUPLINGS:
                named = {f"bond_sum_{k}": float(value) for k, value in enumerate(different, start=1)}
            else:
                named = {"bond_sum": whole(couplings)[1]}
        else:
            named["bond_sum"] = float(couplings[-1])
            named |= {f"bond_sum_{_AXES[d]}": float(j - couplings[-1]) for d, j in enumerate(couplings[:-1])}
        if isinstance(self.field_pattern, Pattern):
            named["field_sum"] = field * whole(self.field_pattern.array)[1]
        else:
            named["staggered_sum" if self.staggered else "spin_sum"] = field
        return np.array([named.get(term.name, 0.0) for term in self.terms(lattice)])

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the magnetization, or first the staggered ones that antiferromagnetic couplings favour."""
        found = [component("magnetization", "spin_sum")]
        names = list(self.staggered_sums(lattice))
        if "sublattice_sum_0" in names:
            # Three sublattices: the sum of s exp(2 pi i k / 3) over sublattices k; the third sum is the rest.
            angle = 2.0 * np.pi * np.arange(3) / 3
            unit = np.stack([np.cos(angle), np.sin(angle)])
            matrix = np.stack([unit[:, 0] - unit[:, 2], unit[:, 1] - unit[:, 2], unit[:, 2]], axis=1)
            series = ("sublattice_sum_0", "sublattice_sum_1", "spin_sum")
            return OrderParameter("sublattice_magnetization", series, matrix, np.zeros(2)), *found
        staggered = [component(_MAGNETIZATIONS[name], name) for name in reversed(names)]
        return (*staggered, *found) if self._antiferromagnetic(lattice) else (*found, *staggered)

    def references(self) -> tuple[Reference, ...]:
        """Return critical temperatures of the common lattices for J = 1."""
        known = {
            "square": (CRITICAL_TEMPERATURE, "Onsager 1944", 0.0),
            "triangular": (4.0 / math.log(3.0), "Houtappel 1950", 0.0),
            "honeycomb": (2.0 / math.log(2.0 + math.sqrt(3.0)), "Houtappel 1950", 0.0),
            "cubic": (1.0 / 0.221654626, "Ferrenberg, Xu and Landau 2018", 1e-7),
        }
        return tuple(
            Reference(
                "critical temperature", value, f"{kind}, J = 1", source, error, kind if self.coupling == 1.0 else ""
            )
            for kind, (value, source, error) in known.items()
        )  # fmt: skip

    def ground_states(self, lattice: Lattice, *, field: float = 0.0) -> NDArray[np.uint8]:  # type: ignore[override]
        """Return a configuration of low energy, and where their reversal is a symmetry first the reversed one.

        It is the lowest of the uniform states, checkerboards, stripes, three-sublattice states of triangular lattices,
        and, between walls, two halves: a ground state on every periodic lattice with even sides, with free edges, and
        with walls or seams at zero field; elsewhere (frustrated rings, walls against a field) a simple state near it.
        """
        places = np.indices(lattice.shape)
        ones = np.ones(lattice.shape, dtype=np.int8)
        signs = [self._favoured(lattice), ones, lattice.staggering]
        if lattice.kind != "square":
            signs += [_stripes(places, axes) for axes in product((0, 1), repeat=lattice.axes)]
        if lattice.kind == "triangular":
            signs += [np.array(s)[places.sum(axis=0) % 3] for s in ((1, 1, -1), (1, -1, 1), (-1, 1, 1))]
        patterns = [sign * s for s in (1, -1) for sign in signs]
        if lattice.walled:
            halves = [np.where(2 * place < side, 1, -1) for place, side in zip(places, lattice.shape, strict=True)]
            patterns += [pattern * half for pattern in patterns for half in halves]
        candidates = (np.array(patterns) > 0).astype(np.uint8)
        energy = -self.strengths(lattice, field=field) @ self.tables(lattice).sums(candidates)
        ground = candidates[int(np.argmin(np.round(energy, DIGITS)))]
        return np.stack([1 - ground, ground]) if field == 0 and not lattice.walled else ground[None]

    def ising_view(self, lattice: Lattice, *, field: float = 0.0) -> tuple[Ising, float]:  # type: ignore[override]
        """Return itself."""
        del lattice
        return self, field

    def interface_states(self, lattice: Lattice, random: np.random.Generator, *, count: int, field: float = 0.0) -> Any:  # type: ignore[override]
        """Draw ground states with an interface; see `spinlens.models.interfaces`."""
        ferromagnet = isinstance(self.coupling, float) and self.coupling > 0 and field == 0
        refuse_interface(lattice, ferromagnet=ferromagnet)
        return (interfaces(lattice, random, count=count) > 0).astype(np.uint8)

    def to_dict(self) -> dict[str, Any]:
        """Return name and constants as JSON types; a uniform field goes without saying."""
        constants = super().to_dict()
        if self.field_pattern == "uniform":
            del constants["field_pattern"]
        return constants

    def _cell_terms(self, lattice: Lattice) -> list[Term]:
        cell = self.couplings(lattice)
        different = np.unique(cell)
        if len(different) > MOST_COUPLINGS:
            pattern, unit = whole(cell)
            return [Bonds("bond_sum", _PRODUCTS, pattern=pattern, unit=unit)]
        return [
            Bonds(f"bond_sum_{k}", _PRODUCTS, pattern=(cell == value).astype(np.int64))
            for k, value in enumerate(different, start=1)
        ]

    def _antiferromagnetic(self, lattice: Lattice) -> bool:
        return bool(self.couplings(lattice).min() < 0)

    def staggered_sums(self, lattice: Lattice) -> dict[str, NDArray[np.int64]]:
        """Return the patterns of the sums over spins with signs that are recorded."""
        found: dict[str, NDArray[np.int64]] = {}
        negative = self._antiferromagnetic(lattice)
        if negative and lattice.kind == "triangular" and all(side % 3 == 0 for side in lattice.shape):
            places = np.indices((3, 3)).sum(axis=0) % 3
            found = {f"sublattice_sum_{k}": (places == k).astype(np.int64) for k in range(2)}
        elif negative:
            found["staggered_sum"] = _repeated(lattice, (1,) * lattice.axes)
            mixed = isinstance(self.coupling, tuple) and lattice.kind in ("square", "cubic") and max(self.coupling) > 0
            if mixed:
                axes = tuple(int(j < 0) for j in self.couplings(lattice))
                found["striped_sum"] = _repeated(lattice, axes)
        if self.staggered:
            found["staggered_sum"] = _repeated(lattice, (1,) * lattice.axes)
        return found

    def _favoured(self, lattice: Lattice) -> NDArray[Any]:
        couplings = self.couplings(lattice)
        if couplings.ndim > 1 or lattice.kind not in ("chain", "square", "cubic"):
            return np.ones(lattice.shape, dtype=np.int8)
        return _stripes(np.indices(lattice.shape), tuple(int(j < 0) for j in couplings))


_MAGNETIZATIONS = {"staggered_sum": "staggered_magnetization", "striped_sum": "striped_magnetization"}


def _stripes(places: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """Return the sign that changes from row to row along each axis that has a 1."""
    steps = sum(place % 2 * along for place, along in zip(places, axes, strict=True))
    return np.asarray((-1) ** (steps % 2))


def _repeated(lattice: Lattice, axes: tuple[int, ...]) -> NDArray[np.int64]:
    """Return stripes as a cell of two sites a side, or on odd sides as large as the lattice."""
    cell = tuple(side if side % 2 else 2 for side in lattice.shape)
    return _stripes(np.indices(cell), axes).astype(np.int64)


def _checked_coupling(coupling: Any) -> float | tuple[float, ...] | Pattern:
    if isinstance(coupling, list | tuple | np.ndarray) and np.ndim(coupling) > 1:
        coupling = Pattern(coupling)
    if isinstance(coupling, Pattern):
        if not coupling.array.any():
            raise InputError("coupling", "a pattern", "must not be all zeros")
        return coupling
    several = isinstance(coupling, list | tuple | np.ndarray)
    numbers = [checked_number("coupling", strength) for strength in (coupling if several else [coupling])]
    if not 1 <= len(numbers) <= len(_AXES) or (several and len(numbers) < 2):
        raise InputError("coupling", coupling, "must be one number J or one for each direction, for example (Jx, Jy)")
    if 0 in numbers:
        raise InputError("coupling", coupling, "must be a finite number other than 0")
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)
