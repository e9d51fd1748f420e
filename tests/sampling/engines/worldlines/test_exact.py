"""Worldlines against eigenstates, free fermions and the classical limit; planted mistakes are noticed."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from spinlens.exact import diagonalise, kaufman, slice_probabilities, transverse_chain
from spinlens.lattices import Lattice
from spinlens.models import Ising, Model, TransverseIsing
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling import exchange as exchange_module
from spinlens.sampling.engines.worldlines import kernel, walkers
from spinlens.sampling.engines.worldlines.place import heat_of
from spinlens.statistics.observables import observables
from spinlens.testing.chance import plausible, uncounted, within
from spinlens.testing.states import fit

TEMPERATURES = (0.45, 0.6, 1.1)
SYSTEMS: dict[str, tuple[float, Lattice, float, float]] = {
    "ring": (1.0, Lattice((4,)), 1.2, 0.3),
    "torus": (1.0, Lattice((2, 2)), 2.0, 0.0),
    "free rectangle": (1.0, Lattice((2, 3), "free"), 0.8, 0.0),
    "square in a field": (1.0, Lattice((3, 3)), 3.0, 0.2),
    "antiferromagnetic triangles": (-0.7, Lattice((3, 3), "free", "triangular"), 1.0, 0.3),
    "walls and a seam": (0.8, Lattice((2, 3), ((1, -1), "antiperiodic")), 1.0, 0.0),
}


def plan_of(name: str, **changes: Any) -> Plan:
    coupling, lattice, gamma, field = SYSTEMS[name]
    settings = {
        "model": TransverseIsing(coupling), "lattice": lattice, "temperature": TEMPERATURES, "chains": 64,
        "recordings": 192, "draws": 24, "interval": 2, "equilibration": 60, "seed": 3, "transverse_field": (gamma,),
        "field": (field,), **changes,
    }  # fmt: skip
    return Plan(**settings)


def deviations(plan: Plan, exact: Callable[..., Any]) -> tuple[list[tuple[Any, Any, Any]], Any]:
    """Return what was estimated, its exact value and its error, of everything that an oracle knows; and the draws."""
    drawn = run_unit(plan, units(plan)[0])
    controls = plan.point_controls(0)
    found = observables(
        drawn.sums, model=plan.model, lattice=plan.lattice, temperature=np.array(plan.temperature), **controls
    )
    rows = []
    for t, temperature in enumerate(plan.temperature):
        known = exact(temperature=temperature, **controls)
        for name in set(known) & {str(each) for each in found}:
            error = float(found[f"{name}_error"][t])
            if error > 0:
                rows.append((float(found[name][t]), float(known[name]), error))
    return rows, drawn


def agrees(plan: Plan, exact: Callable[..., Any] | None = None) -> bool:
    """Return whether all averages are exact within five standard errors, and slices as often as they should be."""
    oracle = exact or partial(diagonalise, plan.model, plan.lattice)
    rows, drawn = deviations(plan, oracle)
    assert len(rows) >= 3 * len(plan.temperature)
    found, known, error = np.array(rows).T
    right = within(found, known, error)
    if exact is None:
        codes = plan.model.space.unpack(drawn.codes, plan.lattice.shape[-1])
        for t, temperature in enumerate(plan.temperature):
            numbers = codes[t].reshape(-1, plan.lattice.sites).astype(np.int64) @ (1 << np.arange(plan.lattice.sites))
            p = slice_probabilities(plan.model, plan.lattice, temperature=temperature, **plan.point_controls(0))
            right &= plausible(fit(np.bincount(numbers, minlength=p.size), p))
    return right


@pytest.mark.parametrize("name", SYSTEMS)
def test_averages_and_slices(name: str) -> None:
    """Energy, specific heat, both magnetizations, Kubo's susceptibilities, cumulants, the distribution of slices."""
    assert agrees(plan_of(name))


def test_rings_are_free_fermions() -> None:
    """Far longer than can be diagonalised, at the critical field, cold and with exchange."""

    def exact(**condition: float) -> Any:
        condition.pop("field")
        return transverse_chain(sites=24, **condition)

    changes = {"lattice": Lattice((24,)), "transverse_field": (1.0,), "field": (0.0,), "temperature": (0.12, 0.16, 0.3)}
    assert agrees(plan_of("ring", **changes), exact)


def test_without_transverse_field_it_is_the_ising_model() -> None:
    lattice = Lattice((6, 6))

    def exact(**condition: float) -> Any:
        found = kaufman(Ising(), lattice, temperature=condition["temperature"])
        return {"energy": found.energy, "specific_heat": found.specific_heat}

    plan = plan_of("torus", lattice=lattice, transverse_field=(1e-7,), temperature=(2.0, 2.3, 2.8))
    rows, _ = deviations(plan, exact)
    found, known, error = np.array(rows).T
    assert len(rows) == 6
    assert within(found, known, error)


def wrong_rate(patch: pytest.MonkeyPatch) -> None:
    """Cuts twice as often as the kinks weigh."""

    def heat(form: Any, temperature: float) -> Any:
        right, wrong = heat_of(form, temperature), heat_of(replace(form, kinks=2 * form.kinks), temperature)
        return type(right)(
            np.append(wrong.halvings[:1], right.halvings[1:]),
            np.concatenate([wrong.thresholds[:1], right.thresholds[1:]]),
        )

    patch.setattr(walkers, "heat_of", heat)


def wrong_ghost(patch: pytest.MonkeyPatch) -> None:
    """A field that holds with exp(-h) instead of exp(-2 h)."""
    right = walkers.form_of

    def form(*given: Any) -> Any:
        found = right(*given)
        return replace(found, fields=0.5 * found.fields)

    patch.setattr(walkers, "form_of", form)


def lost_kink(patch: pytest.MonkeyPatch) -> None:
    """One kink too few in the energy."""
    right = Model.energy_total

    def energy(self: Any, lattice: Lattice, sums: Any, **condition: Any) -> Any:
        return right(self, lattice, {**sums, "kinks": sums["kinks"] - 1}, **condition)

    patch.setattr(Model, "energy_total", energy)


def open_circle(patch: pytest.MonkeyPatch) -> None:
    """Segments that end at the seam of imaginary time: the one before the first point is that behind it."""
    changed = recompiled(kernel, "return found if found >= base else last", "return found if found >= base else base")
    patch.setattr(walkers, "kernel", changed)


def kinks_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """Replicas that are exchanged by their energies alone."""
    changed = recompiled(exchange_module, "+ ratio * more", "")
    patch.setattr("spinlens.sampling.chains.Exchange", changed.Exchange)


def recompiled(module: types.ModuleType, old: str, new: str) -> types.ModuleType:
    source = inspect.getsource(module)
    assert source.count(old) == 1
    changed = types.ModuleType(f"{module.__name__}_mutant")
    sys.modules[changed.__name__] = changed
    exec(compile(source.replace(old, new).replace("cache=True, ", ""), changed.__name__, "exec"), changed.__dict__)
    return changed


@pytest.mark.parametrize("mistake", [wrong_rate, wrong_ghost, lost_kink, open_circle, kinks_for_nothing])
def test_mistakes_are_noticed(mistake: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    mistake(monkeypatch)
    with uncounted():
        assert not agrees(plan_of("ring"))
