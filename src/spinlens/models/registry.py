"""Models by name: those of this package, and those that others install."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any, TypeVar

from spinlens.errors import InputError, did_you_mean
from spinlens.models.blume_capel import BlumeCapel
from spinlens.models.clock import Clock
from spinlens.models.hidden_unit import HiddenUnit
from spinlens.models.ising import Ising
from spinlens.models.lattice_gas import LatticeGas
from spinlens.models.model import Model
from spinlens.models.pairwise import Pairwise
from spinlens.models.potts import Potts
from spinlens.models.random_bond import RandomBondIsing
from spinlens.models.random_field import RandomFieldIsing
from spinlens.models.transverse_ising import TransverseIsing
from spinlens.models.unspecified import Unspecified
from spinlens.models.xy import XY

GROUP = "spinlens.models"
"""Entry points of this group are model classes of other packages."""


_OWN: dict[str, type[Model]] = {
    kind.name: kind
    for kind in (
        Ising,
        RandomFieldIsing,
        RandomBondIsing,
        LatticeGas,
        BlumeCapel,
        Potts,
        Clock,
        XY,
        TransverseIsing,
        Pairwise,
        HiddenUnit,
        Unspecified,
    )
}
_REGISTERED: dict[str, type[Model]] = {}

Kind = TypeVar("Kind", bound=type[Model])


def register(kind: Kind) -> Kind:
    """Make a model class of one's own known by its name, so that ensembles of it can be opened; a class decorator.

    It holds for this process. A package that is installed names its models as entry points of the group
    ``spinlens.models`` instead, and they are known everywhere, in the shell too.

    Raises
    ------
    InputError
        If the name is that of another model of this package.
    """
    if kind.name in _OWN:
        raise InputError("name", repr(kind.name), "is the name of a model of spinlens", "Choose another one")
    _REGISTERED[kind.name] = kind
    return kind


def models() -> Mapping[str, type[Model]]:
    """Return the classes of all models by their names."""
    return {**_installed(), **_REGISTERED, **_OWN}


@lru_cache(maxsize=1)
def _installed() -> dict[str, type[Model]]:
    return {found.name: found.load() for found in entry_points(group=GROUP)}


def model_from_dict(description: Any) -> Model:
    """Rebuild a model from `Model.to_dict`.

    Raises
    ------
    InputError
        If the name or a constant is unknown.
    """
    if not isinstance(description, Mapping) or not isinstance(description.get("name"), str):
        raise InputError("model", description, "must have a name")
    constants = {key: value for key, value in description.items() if key != "name"}
    return _class(description["name"]).from_dict(constants)


def parse_model(text: str) -> Model:
    """Return the model that a command line means: ``ising``, ``potts:states=3`` or ``blume_capel:biquadratic=0.5``.

    Raises
    ------
    InputError
        If the name or a constant is unknown, or a value is no number.
    """
    name, _, rest = text.partition(":")
    constants: dict[str, Any] = {}
    for part in filter(None, rest.split(";" if ";" in rest else ",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(
                "model", repr(text), "must be a name, or name:constant=value", "For example potts:states=3"
            )
        constants[key.strip()] = _number(value)
    return _class(name.strip().replace("-", "_")).from_dict(constants)


def check_model(model: Any) -> Model:
    """Return a model.

    Raises
    ------
    InputError
        If it is anything else, a class or a name among them.
    """
    if isinstance(model, Model):
        return model
    known = ", ".join(f"{kind.__name__}()" for kind in models().values())
    shown = f"the class {model.__name__}" if isinstance(model, type) else repr(model)
    raise InputError("model", shown, "must be a model", f"For example Ising(); there are {known}")


def _class(name: str) -> type[Model]:
    if name not in models():
        why = "is unknown: no model of spinlens, none of an installed package, none registered by an imported module"
        raise InputError("model", repr(name), why, did_you_mean(name, models()))
    return models()[name]


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
