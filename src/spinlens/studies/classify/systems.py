"""The systems of the classification study, by name: records of a table, see ``systems.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from spinlens.errors import InputError, did_you_mean
from spinlens.lattices import Lattice
from spinlens.lattices.boundary import Rule
from spinlens.lattices.lattice import AXES
from spinlens.models import Model, parse_model
from spinlens.models.ising import CRITICAL_TEMPERATURE

PUBLISHED_NETWORKS = ("vit-base", "resnet-18", "resnet-50")
"""The networks of the published table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A model on a lattice with certain boundaries, and what is known of it.

    Attributes
    ----------
    name : str
        As on the command line.
    title : str
        As in tables and figures.
    model : Model
        The Hamiltonian.
    kind : str
        Of lattice.
    boundary : str or tuple
        As for `spinlens.Lattice`.
    axis : str
        The control that the regions lie along.
    controls : mapping of str to float
        The value of each other control that has not its default.
    temperature : float or None
        Where the regions lie along another control: the one temperature.
    raster : bool
        Whether images are worldlines, at as many imaginary times as the lattice has sites along a side.
    transition : float or None
        The value of that control at the transition, in units of energy; None without one.
    source : str
        Who found it.
    unit : float
        What the edges of the regions are multiples of, see `spinlens.phases.regions.region_of`: the transition over
        that of the square Ising model, so that they lie at the published shares of it.
    sufficient, naive : tuple of str
        What logistic regression is shown, see `spinlens.phases.regions.features`: what tells all that there is to
        tell of the temperature, and what a first look would take.
    exact : bool
        Whether the distribution of the energy is known exactly.
    algorithm, start : str
        Of the sampling.
    reversible : bool
        Whether a configuration and its reverse, walls reversed too, have the same energy.
    even_sides : bool
        Whether odd rings are refused.
    disturbances : tuple of str
        Names from `spinlens.studies.classify.disturbances.DISTURBANCES`.
    note : str
        What must be known to read the scores.
    published : mapping of str to (float, float)
        Macro F1 of each network on 400 test images: mean and standard deviation over five trials.
    """

    name: str
    title: str
    model: Model
    kind: str = "square"
    boundary: str | tuple[Rule, ...] = "periodic"
    axis: str = "temperature"
    controls: Mapping[str, float] = field(default_factory=dict)
    temperature: float | None = None
    raster: bool = False
    transition: float | None = None
    source: str = ""
    unit: float
    sufficient: tuple[str, ...]
    naive: tuple[str, ...]
    exact: bool = False
    algorithm: str = "heat_bath"
    start: str = "ground"
    reversible: bool = False
    even_sides: bool = False
    disturbances: tuple[str, ...] = ()
    note: str = ""
    published: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def lattice(self, side: int) -> Lattice:
        """Return the lattice of the system with equal sides.

        Raises
        ------
        InputError
            If the side is not a whole number >= 2, or is odd where the order needs it even.
        """
        lattice = Lattice((side,) * AXES[self.kind], boundary=self.boundary, kind=self.kind)
        if self.even_sides and side % 2:
            raise InputError("side", side, "an odd ring has no antiferromagnetic order", "Take an even side")
        return lattice

    def drawn(self, side: int) -> tuple[Model, Lattice, dict[str, float]]:
        """Return a model, a lattice and controls with the symmetries of the images, which lie on that lattice.

        With a raster it is the Ising model that the system becomes in so many slices of imaginary time.
        """
        lattice, controls = self.lattice(side), dict(self.controls)
        if not self.raster:
            return self.model, lattice, controls
        where: Any = {**controls, "temperature": self.temperature, self.axis: self.transition}
        return *self.model.trotter(side, lattice, **where).timed, {}

    @property
    def edges(self) -> str:
        """Where the edges of the regions come from, in words."""
        if self.transition is None:
            return "no transition; edges of the model without fields"
        return f"edges at the published shares of {self.transition:.6g}"


def _system(name: str, record: dict[str, Any]) -> System:
    """Return the system of a record."""
    for key in ("sufficient", "naive", "disturbances"):
        record[key] = tuple(record.get(key, ()))
    transition = record.get("transition")
    if transition is not None:
        record["unit"] = transition / CRITICAL_TEMPERATURE
    published = {network: (mean, spread) for network, (mean, spread) in record.pop("published", {}).items()}
    return System(
        name=name, model=parse_model(record.pop("model")), kind=record.pop("lattice", "square"),
        controls=MappingProxyType(record.pop("controls", {})), published=MappingProxyType(published),
        note=" ".join(record.pop("note", "").split()), **record,
    )  # fmt: skip


_TABLE = tomllib.loads((files(__package__) / "systems.toml").read_text(encoding="utf-8"))

SYSTEMS: Mapping[str, System] = MappingProxyType({name: _system(name, record) for name, record in _TABLE.items()})
"""The systems by name, those of the published study first."""

PUBLISHED = tuple(name for name, system in SYSTEMS.items() if system.published)
"""Names of the systems of the published study: periodic, antiferromagnet, antiperiodic, skewed."""


def find_system(name: str) -> System:
    """Return the system of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in SYSTEMS:
        raise InputError("system", repr(name), "is unknown", did_you_mean(str(name), SYSTEMS))
    return SYSTEMS[name]
