"""What a model is: a space, terms and how strongly each counts. Everything else follows from these."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from itertools import product
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.lattices import Lattice
from spinlens.models.order import OrderParameter
from spinlens.models.stiffness import Stiffness
from spinlens.models.tables import TermTables
from spinlens.models.terms import Pattern, Term
from spinlens.spaces import Space

Array = NDArray[np.float64]

MOST_CANDIDATES = 4096
"""Simple states that are compared in the search for a ground state."""

SMALLEST_TEMPERATURE = 1e-150
"""Of samplers and oracles: the inverse square of a lower one, a factor of the specific heat, is no number any more."""

LARGEST = 1e150
"""Constant of a model, likewise: over the lowest temperature it is still a number."""

DIGITS = 9
"""Decimals to which energies must agree for two states to count as equally low."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that theory or careful numerics gave.

    Attributes
    ----------
    quantity : str
        What it is, for example ``"critical temperature"``.
    value : float
        The value, in units of the couplings (k_B = 1).
    where : str
        Lattice and controls.
    source : str
        Who found it.
    error : float
        Its uncertainty; 0 where it is exact.
    lattice : str
        The kind of lattice of a transition, where the model has the couplings that it holds for; else empty.
    controls : mapping of str to float
        The model's controls at that transition; those that are left out have their defaults.
    control : str
        What the value is one of: the temperature, or the control in which there is a transition at T = 0.
    """

    quantity: str
    value: float
    where: str
    source: str
    error: float = 0.0
    lattice: str = ""
    controls: Mapping[str, float] = field(default_factory=dict)
    control: str = "temperature"


@dataclass(frozen=True)
class Model:
    """ln p = K . S - ln Z: a space, terms S, and strengths that depend on the controls.

    K is the strength over the temperature T, and of terms that count events (`spinlens.models.Kinks`) its logarithm.

    A subclass is a frozen dataclass of its constants. It gives ``name``, ``controls``, `space`, `terms`, `strengths`
    and `order_parameters`; the samplers, oracles, statistics and the store then know what to do with it.
    """

    name: ClassVar[str]
    controls: ClassVar[Mapping[str, float]] = {}
    """What can be varied beside the temperature, with its value where nothing is said."""
    quenched: ClassVar[str | None] = None
    """The control that numbers quenched samples, each with terms of its own; None where terms never differ."""
    imaginary_time: ClassVar[bool] = False
    """Whether a configuration is more than the codes that are stored of it: those at imaginary time 0 of worldlines."""

    specified: ClassVar[bool] = True
    """Whether the energy is known; where it is not it is no number, and nothing can be sampled."""

    @property
    def space(self) -> Space:
        """What stands on a site."""
        raise NotImplementedError

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return the sums that the energy and the order parameters are made of."""
        raise NotImplementedError

    def strengths(self, lattice: Lattice, **controls: float) -> Array:
        """Return by how much each sum lowers the energy, float64 (terms,): the total energy is minus strengths . S.

        Of terms that count events it is the rate of events in units of energy, see `energy_total`.
        """
        raise NotImplementedError

    def at(self, **controls: float) -> Self:
        """Return the model at a point of its controls, whose terms are those that are summed there: mostly itself.

        Whoever needs terms bond by bond or site by site asks for it first; their names, units and strengths are the
        same at every point. Controls that are left out have their defaults.

        Raises
        ------
        InputError
            If the model does not have one of the controls, or it has a value without meaning.
        """
        self.values_of_controls(controls)
        return self

    @property
    def sealed(self) -> bool:
        """Whether the unit of energy is hidden, so that nothing that is known may be said."""
        return False

    def opened(self) -> Self:
        """Return the model with its unit of energy in sight: mostly itself."""
        return self

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return what tells the phases apart, the most telling first; may be empty."""
        del lattice
        return ()

    def stiffnesses(self, lattice: Lattice) -> tuple[Stiffness, ...]:
        """Return what twists cost; empty where no state can be twisted slowly."""
        del lattice
        return ()

    def first_sums(self, lattice: Lattice) -> tuple[str, ...]:
        """Return the names of the sums that the first version with this model had: what plans that name none record."""
        return tuple(term.name for term in self.terms(lattice))

    def references(self) -> tuple[Reference, ...]:
        """Return what is known of the model."""
        return ()

    def order_excluded(self, lattice: Lattice, **controls: float) -> str:
        """Return the theorem by which there is no long-range order at any temperature above zero, or nothing."""
        del controls
        return "In one dimension forces of finite range order nothing above T = 0" if lattice.axes == 1 else ""

    @property
    def text(self) -> str:
        """The model in a few words."""
        shown = [f"{name} = {_shown(getattr(self, name))}" for name in constants(type(self))]
        return ", ".join([self.name.replace("_", " "), *shown])

    def tables(self, lattice: Lattice) -> TermTables:
        """Return the terms on a lattice as tables, bond by bond and site by site."""
        return _tables(self, lattice)

    def factors(self, lattice: Lattice, *, temperature: float, **controls: float) -> Array:
        """Return K = strengths / T, of events ln(strength / T), float64 (terms,)."""
        self.check_events(lattice, **controls)
        found = self.strengths(lattice, **controls) / temperature
        events = self.tables(lattice).events
        found[events] = np.log(found[events])
        return found

    def values_of_controls(self, controls: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every control, the given one or the default.

        Raises
        ------
        InputError
            If the model does not have one of them.
        """
        for name in controls:
            if name not in self.controls:
                known = f"{self.name} has {', '.join(('temperature', *self.controls))}"
                advice = did_you_mean(name, self.controls) if self.controls else "It has none but temperature"
                raise InputError("control", repr(name), known, advice)
        return {**self.controls, **controls}

    def check_events(self, lattice: Lattice, **controls: float) -> None:
        """Refuse controls at which events that are counted never happen.

        Raises
        ------
        InputError
            If one of their strengths is not positive.
        """
        tables = self.tables(lattice)
        for name, event, strength in zip(tables.names, tables.events, self.strengths(lattice, **controls), strict=True):
            if event and not strength > 0:
                why = f"must be > 0: without {name} the model is classical"
                raise InputError(f"strength of {name}", float(strength), why, "Take the model without imaginary time")

    def energy_total(
        self, lattice: Lattice, sums: Mapping[str, Any], *, temperature: Any = None, **controls: Any
    ) -> Any:
        """Return total energies, elementwise, in units of energy: minus dK / d(1/T) . S.

        That is minus strength times sum, and minus T for each event.

        Parameters
        ----------
        lattice : Lattice
            Where the sums were taken.
        sums : mapping of str to array of int
            The sums by their terms' names; those that the energy does not depend on may be left out.
        temperature : float or array, optional
            T, broadcast against the sums; needed where events are counted.
        **controls : float or array
            Broadcast against the sums.

        Raises
        ------
        InputError
            If a sum that the energy depends on is left out, a control is unknown, or the temperature is needed.
        """
        values, tables = self.values_of_controls(controls), self.tables(lattice)
        strengths = [np.asarray(value)[()] for value in _elementwise(self, lattice, values)]
        total: Any = 0.0
        for name, event, strength in zip(tables.names, tables.events, strengths, strict=True):
            if not np.any(strength != 0):
                continue
            if name not in sums:
                raise InputError("sums", sorted(sums), f"lack {name!r}, on which the energy depends")
            if event and temperature is None:
                raise InputError("temperature", None, f"each of the {name} counts so much energy", "Pass temperature=")
            total = total - (temperature if event else strength) * sums[name]
        return total

    def trotter(self, slices: int, lattice: Lattice, *, temperature: float, **controls: float) -> Any:
        """Return the model without imaginary time that this one becomes in so many slices of it.

        Raises
        ------
        InputError
            If it has none.
        """
        del lattice, temperature, controls
        raise InputError("slices", slices, f"{self.name} has no imaginary time that could be sliced")

    def ground_states(self, lattice: Lattice, **controls: float) -> NDArray[Any]:
        """Return configurations of low energy, codes (G, *shape).

        They are all of the lowest among simple states, those with one code on each of two or three sublattices: ground
        states wherever one of that kind is.
        """
        candidates = self._candidates(lattice)
        strengths = self.strengths(lattice, **self.values_of_controls(controls))
        energy = np.round(-strengths @ self.at(**controls).tables(lattice).sums(candidates), DIGITS)
        return np.asarray(candidates[energy == energy.min()])

    def _candidates(self, lattice: Lattice) -> NDArray[Any]:
        q, space = self.space.states, self.space
        codes: list[tuple[int, ...]] = [(c, c) for c in range(q)]
        if q * q <= MOST_CANDIDATES:
            codes += [pair for pair in product(range(q), repeat=2) if pair[0] != pair[1]]
        places = np.indices(lattice.shape)
        two = np.array(codes, dtype=space.code_type)[:, places.sum(axis=0) % 2]
        if lattice.kind != "triangular" or q**3 > MOST_CANDIDATES:
            return two
        three = np.array(list(product(range(q), repeat=3)), dtype=space.code_type)
        return np.concatenate([two, three[:, places.sum(axis=0) % 3]])

    def ising_view(self, lattice: Lattice, **controls: float) -> tuple[Any, float] | None:
        """Return the Ising model that this one is under other names, with its field; None where it is none.

        Code 1 is the spin that is up. Engines for two states use it; the sums stay those of the model.
        """
        del lattice, controls
        return None

    def interface_states(self, lattice: Lattice, random: np.random.Generator, *, count: int, **controls: float) -> Any:
        """Draw ground states with an interface that the boundary forces, each equally likely, codes (count, *shape).

        Raises
        ------
        InputError
            Where no such states are known.
        """
        del lattice, random, count, controls
        raise InputError("start", "'interface'", f"interfaces of {self.name} are not known", "Take start 'ground'")

    def to_dict(self) -> dict[str, Any]:
        """Return name and constants as JSON types."""
        return {"name": self.name, **{name: _plain(getattr(self, name)) for name in constants(type(self))}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild a model from its constants.

        Raises
        ------
        InputError
            If one of them is unknown, or one without a default is missing.
        """
        known = constants(cls)
        for name in values:
            if name not in known:
                raise InputError("model", repr(name), f"{cls.name} has no such constant", did_you_mean(name, known))
        needed = [item.name for item in fields(cls) if item.default is MISSING and item.default_factory is MISSING]
        if missing := [name for name in needed if name not in values]:
            raise InputError("model", repr(cls.name), f"needs {' and '.join(missing)}", "Tables are given from Python")
        return cls(**values)


def constants(kind: type[Model]) -> list[str]:
    """Return the names of a model's constants: what it is made with, and not what `Model.at` notes beside."""
    return [item.name for item in fields(kind) if item.init]


@lru_cache(maxsize=16)
def _tables(model: Model, lattice: Lattice) -> TermTables:
    return TermTables(model.space, lattice, model.terms(lattice))


def _elementwise(model: Model, lattice: Lattice, values: Mapping[str, Any]) -> list[Any]:
    """Return the strengths (terms,) for controls that may be arrays, each of which broadcasts like the controls.

    Strengths are linear in one control at a time or not at all known, so each point of the arrays is asked for.
    """
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values())) if arrays else ()
    spread = {name: np.broadcast_to(array, shape).reshape(-1) for name, array in arrays.items()}
    count = math.prod(shape)
    rows = np.array([model.strengths(lattice, **{n: float(a[i]) for n, a in spread.items()}) for i in range(count)])
    return [rows[:, term].reshape(shape) for term in range(rows.shape[1])]


def _plain(value: Any) -> Any:
    if isinstance(value, Pattern | np.ndarray):
        return value.to_list() if isinstance(value, Pattern) else value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return {key: _plain(part) for key, part in value.items()} if isinstance(value, Mapping) else value


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def checked_number(name: str, value: Any) -> float:
    """Return a finite number as a float.

    Raises
    ------
    InputError
        If it is none.
    """
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    try:
        if number and abs(value) <= LARGEST:
            return float(value)
    except OverflowError:
        pass
    raise InputError(name, " ".join(repr(value).split())[:60], f"must be one finite number of at most {LARGEST:g}")
