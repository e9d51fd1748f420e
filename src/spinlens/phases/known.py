"""What theory knows of the plane that an ensemble was sampled on, for the attributes of its maps."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

from spinlens.exact import critical_temperature
from spinlens.sampling.engines.worldlines.form import form_of

if TYPE_CHECKING:
    from spinlens.ensemble import Ensemble


def known_of(ensemble: Ensemble) -> dict[str, Any]:
    """Return what is known of a model on a lattice, nothing of a sealed one.

    Returns
    -------
    dict
        ``critical_temperature``, exact at zero field; ``coupling``, J where the exact lines of the square Ising model
        in a field hold, and ``chain_coupling``, J where those of the chain in a transverse field do, else no numbers;
        as JSON ``references``, the transitions with the controls where they are, and ``zero_temperature``, those at
        T = 0 with the control that they are in.
    """
    sealed = ensemble.model.sealed
    return {
        "critical_temperature": _known(ensemble), "coupling": _single_coupling(ensemble),
        "chain_coupling": _chain_coupling(ensemble),
        "references": json.dumps([] if sealed else _references(ensemble)),
        "zero_temperature": json.dumps([] if sealed else _zero_temperature(ensemble)),
    }  # fmt: skip


def grid_points(ensemble: Ensemble) -> list[dict[str, float]]:
    """Return the controls of each point of the grid, the temperature left out, in its order."""
    names = [name for name in ensemble.grid if name != "temperature"]
    return [dict(zip(names, map(float, values), strict=True)) for values in product(*(ensemble.grid[n] for n in names))]


def _known(ensemble: Ensemble) -> float:
    """Return the exact critical temperature where there is one, and it may be said."""
    found = None if ensemble.model.sealed else critical_temperature(ensemble.model, ensemble.lattice)
    return found or float("nan")


def _single_coupling(ensemble: Ensemble) -> float:
    """Return J where the model is the square Ising model in a field, else not a number: of it the exact lines are."""
    if ensemble.model.sealed or ensemble.model.imaginary_time or ensemble.lattice.kind != "square":
        return float("nan")
    for point in grid_points(ensemble):
        view = ensemble.model.ising_view(ensemble.lattice, **point)
        if view is None or view[1] != point.get("field") or view[0].field_pattern != "uniform":
            return float("nan")
    return float(view[0].coupling) if view is not None and isinstance(view[0].coupling, float) else float("nan")


def _chain_coupling(ensemble: Ensemble) -> float:
    """Return J where free fermions solve the model: worldlines on a ring of one coupling, without a field."""
    model, lattice = ensemble.model, ensemble.lattice
    if model.sealed or lattice.kind != "chain" or not lattice.torus:
        return float("nan")
    found = set()
    for point in grid_points(ensemble):
        form = form_of(model, lattice, model.strengths(lattice, **point))
        if isinstance(form, str) or form.fields.any() or form.kinks != point.get("transverse_field"):
            return float("nan")
        found |= set(form.couplings.tolist())
    return found.pop() if len(found) == 1 else float("nan")


def _references(ensemble: Ensemble) -> list[dict[str, Any]]:
    """Return the transitions on this kind of lattice that are known, with the controls where they are."""
    lattice, model = ensemble.lattice, ensemble.model
    found = [
        {"temperature": item.value, "error": item.error, "quantity": item.quantity, "source": item.source,
         "controls": {**model.controls, **item.controls}}
        for item in model.references() if item.lattice == lattice.kind and item.control == "temperature"
    ]  # fmt: skip
    exactly: dict[str, Any] = {"error": 0.0, "quantity": "critical temperature", "source": "exact"}
    if temperature := critical_temperature(model, lattice):
        found.append({"temperature": temperature, "controls": dict(model.controls), **exactly})
    for point in grid_points(ensemble):
        # Points where the model is that of Ising under another name, without a field.
        view = model.ising_view(lattice, **point)
        if view and not view[1] and (temperature := critical_temperature(view[0], lattice)):
            found.append({"temperature": temperature, "controls": point, **exactly})
    return found


def _zero_temperature(ensemble: Ensemble) -> list[dict[str, Any]]:
    """Return the transitions at T = 0 on this kind of lattice that are known, with the control that they are in."""
    model = ensemble.model
    return [
        {"control": item.control, "value": item.value, "error": item.error, "quantity": item.quantity,
         "source": item.source, "controls": {**model.controls, **item.controls}}
        for item in model.references() if item.lattice == ensemble.lattice.kind and item.control != "temperature"
    ]  # fmt: skip
