"""Every check of every contract has been seen to fail: a mistake for each, which it must notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spinlens import exact
from spinlens.cli import simulate as shell
from spinlens.lattices import Lattice
from spinlens.lattices import lattice as lattices
from spinlens.models import BlumeCapel, Bonds, Ising, Potts
from spinlens.models.model import Reference
from spinlens.models.order import OrderParameter
from spinlens.models.tables import TermTables
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.table import walkers as table_walkers
from spinlens.sampling.engines.table.engine import TableEngine
from spinlens.sampling.engines.table.tables import narrow_rules
from spinlens.spaces import Binary, Colours
from spinlens.symmetries import Symmetries
from spinlens.testing import Case, EngineContract, Golden, LatticeContract, ModelContract, SpaceContract, Trial
from spinlens.testing import engine as engine_contract
from spinlens.testing import model as model_contract
from spinlens.testing import space as space_contract
from spinlens.testing import states as contract_states
from spinlens.testing.chance import uncounted
from spinlens.testing.states import states_of
from tests.cases import TORI
from tests.mutants.test_contracts import all_copies_identical

Patch = pytest.MonkeyPatch
Mistake = Callable[[Patch], Any]
"""Plants it; returns what the check is tried on then, or None for what it was tried on before."""

POTTS = Trial(TableEngine(), Case(Potts(3), Lattice((2, 3)), 1.4, golden=TORI["potts 3"]), "heat_bath")
ISING = Case(Ising(), Lattice((2, 4)), 2.5, {"field": 0.3})
WALLS = Lattice((4, 3), boundary=("free", (1, -1)), kind="triangular")


def beta(change: Callable[[Any], Any]) -> Mistake:
    """Return a mistake in the inverse temperature that the engine's tables are made for."""

    def plant(patch: Patch) -> None:
        patch.setattr(
            table_walkers, "narrow_rules",
            lambda slots, weights, inverse, *, metropolis: narrow_rules(
                slots, weights, change(inverse), metropolis=metropolis
            ),
        )  # fmt: skip

    return plant


def a_site_that_looks_at_the_neighbours_of_the_next(patch: Patch) -> None:
    def rules(slots: Any, weights: Any, inverse: Any, *, metropolis: bool) -> Any:
        found = narrow_rules(slots, weights, inverse, metropolis=metropolis)
        assert found is not None
        found.neighbour[0] = found.neighbour[1]
        return found

    patch.setattr(table_walkers, "narrow_rules", rules)


def one_more_bond(patch: Patch) -> None:
    right = table_walkers.measure

    def wrong(board: Any, places: Any, sums: Any) -> None:
        right(board, places, sums)
        sums[0] += 1

    patch.setattr(table_walkers, "measure", wrong)


def a_choice_without_a_reason(patch: Patch) -> None:
    patch.setattr(TableEngine, "choose", lambda *_, **__: Choice("heat_bath", ""))


def remodelled(**methods: Any) -> Mistake:
    """Return a mistake in the methods of the Ising model."""

    def plant(patch: Patch) -> Case:
        wrong = dataclass(frozen=True)(type("Wrong", (Ising,), methods))
        return replace(ISING, model=wrong())

    return plant


def lopsided_bonds(patch: Patch) -> Case:
    def terms(model: Any, lattice: Lattice) -> Any:
        first, *others = Ising.terms(model, lattice)
        assert isinstance(first, Bonds)
        return Bonds(first.name, first.table + np.triu(np.ones_like(first.table), 1)), *others

    return remodelled(terms=terms)(patch)


def a_field_that_alternates(patch: Patch) -> None:
    wrong = TermTables(ISING.model.space, ISING.lattice, ISING.model.terms(ISING.lattice))
    object.__setattr__(wrong, "site_factors", wrong.site_factors * ISING.lattice.staggering.reshape(-1))
    states_of(ISING)
    patch.setattr(Ising, "tables", lambda model, lattice: wrong)


def a_strip_that_is_warmer(patch: Patch) -> None:
    right = exact.finite_strip
    patch.setattr(
        exact, "finite_strip", lambda *place, temperature, **controls: right(*place, temperature=1.0001 * temperature,
                                                                            **controls)
    )  # fmt: skip


def no_symmetry_but_the_identity(patch: Patch) -> Case:
    patch.setattr(model_contract, "code_group", lambda *_, **__: np.arange(3)[None])
    return POTTS.case


def symmetries_of_another_model(patch: Patch) -> Case:
    right = Symmetries.of
    patch.setattr(contract_states.Symmetries, "of", lambda model, lattice, **controls: right(Ising(), lattice))
    return replace(ISING, model=Ising(1.0, np.arange(8.0).reshape(2, 4)))


def averages_of_a_colder_lattice(patch: Patch) -> Case:
    golden = TORI["potts 3"]
    values = {name: value * (1 + 1e-6) for name, value in golden.values.items()}
    wrong = Golden(golden.lattice, golden.temperature, values, golden.source)
    return replace(POTTS.case, golden=wrong)


def rows_that_come_back_in_another_order(patch: Patch) -> None:
    right = Binary.unpack
    patch.setattr(Binary, "unpack", lambda space, packed, length: np.sort(right(space, packed, length), axis=-1))


def another_grid_from_the_shell(patch: Patch) -> None:
    right = shell.parse_grid
    patch.setattr(shell, "parse_grid", lambda text, name: tuple(1.1 * value for value in right(text, name)))


def edges(**changes: Callable[[Any], Any]) -> Mistake:
    """Return a mistake in the table of neighbours."""

    def plant(patch: Patch) -> None:
        right = lattices.neighbours

        def wrong(lattice: Lattice) -> Any:
            table = right(lattice)
            return replace(table, **{name: f(getattr(table, name)) for name, f in changes.items()})

        patch.setattr(lattices, "neighbours", wrong)

    return plant


def of_lattices(name: str, value: Callable[[Lattice], Any]) -> Mistake:
    return lambda patch: patch.setattr(Lattice, name, property(value))


def of_spaces(**members: Any) -> Mistake:
    return lambda patch: type("Wrong", (Colours,), members)(5)


def streams_that_begin_again(patch: Patch) -> None:
    right = table_walkers.TableWalkers.state
    patch.setattr(
        table_walkers.TableWalkers, "state",
        lambda walkers: {name: array for name, array in right(walkers).items() if name != "streams"},
    )  # fmt: skip


MISTAKES: list[tuple[Callable[..., None], Any, Mistake]] = [
    (EngineContract.test_all_states, POTTS, beta(lambda inverse: inverse * 1.03)),
    (EngineContract.test_orbits, POTTS, a_site_that_looks_at_the_neighbours_of_the_next),
    (EngineContract.test_recorded_sums, POTTS, one_more_bond),
    (EngineContract.test_chains_differ_and_come_back, replace(POTTS, case=ISING), all_copies_identical),
    (EngineContract.test_it_goes_on_where_it_was_left, POTTS, streams_that_begin_again),
    (EngineContract.test_a_sweep_leaves_the_distribution, POTTS, beta(lambda inverse: inverse * 1.2)),
    (EngineContract.test_cold_limit, POTTS, beta(lambda inverse: np.minimum(inverse, 2.0))),
    (EngineContract.test_hot_limit, POTTS, beta(lambda inverse: np.maximum(inverse, 0.05))),
    (EngineContract.test_known_averages, POTTS, beta(lambda inverse: inverse * 1.005)),
    (EngineContract.test_what_it_refuses, POTTS, a_choice_without_a_reason),
    (ModelContract.test_terms_are_tables, ISING, lopsided_bonds),
    (ModelContract.test_tables_say_what_the_terms_say, ISING, a_field_that_alternates),
    (ModelContract.test_oracles_agree, ISING, a_strip_that_is_warmer),
    (ModelContract.test_derivatives, ISING,
     remodelled(factors=lambda model, lattice, *, temperature, **controls: model.strengths(lattice, **controls)
                / (temperature + 0.001))),
    (ModelContract.test_symmetries, POTTS.case, no_symmetry_but_the_identity),
    (ModelContract.test_symmetries_of_the_lattice, ISING, symmetries_of_another_model),
    (ModelContract.test_ground_states, ISING,
     remodelled(ground_states=lambda model, lattice, **controls: np.zeros((1, *lattice.shape), dtype=np.uint8))),
    (ModelContract.test_ground_states, ISING,
     remodelled(order_parameters=lambda model, lattice: (
         OrderParameter("lowered", ("spin_sum",), np.eye(1), -np.ones(1)),))),
    (ModelContract.test_description, replace(ISING, model=BlumeCapel(2.0), controls={}),
     lambda patch: patch.setattr(BlumeCapel, "to_dict", lambda model: {"name": "blume_capel"})),
    (ModelContract.test_references, ISING,
     remodelled(references=lambda model: (Reference("critical temperature", 2.269, "square lattice", ""),))),
    (ModelContract.test_known_averages, POTTS.case, averages_of_a_colder_lattice),
    (ModelContract.test_store_and_shell, ISING, rows_that_come_back_in_another_order),
    (ModelContract.test_the_shell_samples_the_same, ISING, another_grid_from_the_shell),
    (LatticeContract.test_neighbours, Lattice((2, 4), "antiperiodic"), edges(turned=np.zeros_like)),
    (LatticeContract.test_origins_tile, Lattice((4, 4), ("periodic", (1, -1)), "honeycomb"),
     edges(wall_origin=lambda origin: origin + 1)),
    (LatticeContract.test_numbers_of_bonds, Lattice((3, 3)), edges(second=lambda second: np.roll(second, 1)[:-1],
                                                                  first=lambda first: first[:-1])),
    (LatticeContract.test_colours, Lattice((3, 4)), of_lattices("two_colourable", lambda lattice: True)),
    (LatticeContract.test_text, WALLS, of_lattices("rules", lambda lattice: ("free", "free"))),
    (SpaceContract.test_codes_and_values, Colours(5), of_spaces(values=property(lambda space: np.arange(5)[::-1]))),
    (SpaceContract.test_packing, Colours(5),
     of_spaces(unpack=lambda space, packed, length: Colours.unpack(space, packed, length) & 3)),
    (SpaceContract.test_pictures_lose_nothing, Colours(5),
     lambda patch: patch.setattr(space_contract, "decode_png", lambda *place: np.zeros((5, 7), dtype=np.uint8))),
    (SpaceContract.test_turn, Binary(),
     lambda patch: patch.setattr(Binary, "turn", property(lambda space: np.array([1, 1])))),
    (SpaceContract.test_one_site_is_an_exponential_family, Colours(5),
     of_spaces(log_partition=lambda space, eta: Colours.log_partition(space, eta) + np.log(2))),
]  # fmt: skip


def check(contract: Callable[..., None], subject: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Call one check, with a folder and what was printed where it asks for them."""
    names = contract.__code__.co_varnames[2 : contract.__code__.co_argcount]
    contract(None, subject, **{name: {"tmp_path": folder, "capsys": capsys}[name] for name in names})


@pytest.mark.parametrize(
    ("contract", "subject", "plant"), MISTAKES, ids=[f"{c.__qualname__}-{i}" for i, (c, _, _) in enumerate(MISTAKES)]
)
def test_it_passes_and_then_notices(
    contract: Callable[..., None], subject: Any, plant: Mistake, monkeypatch: Patch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    engine_contract._visits.cache_clear()
    (tmp_path / "right").mkdir()
    (tmp_path / "wrong").mkdir()
    with uncounted():
        check(contract, subject, tmp_path / "right", capsys)
        engine_contract._visits.cache_clear()
        wrong = plant(monkeypatch)
        with pytest.raises(AssertionError):
            check(contract, subject if wrong is None else wrong, tmp_path / "wrong", capsys)
    engine_contract._visits.cache_clear()


def test_no_check_is_left_out() -> None:
    contracts = (EngineContract, LatticeContract, ModelContract, SpaceContract)
    every = {getattr(kind, name) for kind in contracts for name in vars(kind) if name.startswith("test_")}
    assert every == {contract for contract, _, _ in MISTAKES}
