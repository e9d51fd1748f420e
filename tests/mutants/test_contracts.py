"""Mistakes that other programs made, planted as data: the contracts must notice each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, Potts, RandomFieldIsing
from spinlens.models.two_states import bonds_and_fields
from spinlens.sampling.engines import engine_named
from spinlens.sampling.engines.bits import row_walkers
from spinlens.sampling.engines.clock import walkers as clock_walkers
from spinlens.sampling.engines.planes import seeded_clusters as plane_clusters
from spinlens.sampling.engines.planes import walkers as plane_walkers
from spinlens.sampling.engines.table import engine as table_engine
from spinlens.sampling.engines.table import walkers as table_walkers
from spinlens.sampling.engines.table.alias import alias_tables
from spinlens.sampling.engines.table.tables import narrow_rules
from spinlens.testing import Case, EngineContract, Trial
from spinlens.testing import engine as contract
from spinlens.testing.chance import uncounted

Planted = Callable[[pytest.MonkeyPatch], None]
SPINS = Case(BlumeCapel(), Lattice((2, 3)), 1.4, {"crystal_field": 0.2, "field": 0.3})
POTTS = Case(Potts(3), Lattice((2, 3)), 1.4)
TRIANGLE = Case(Ising(), Lattice((3, 3), kind="triangular"), 5.0, {"field": 0.3})
BIMODAL = Case(RandomFieldIsing("bimodal"), Lattice((2, 4)), 2.5, {"disorder": 0.8, "sample": 1}, arbitrary=True)
GAUSSIAN = Case(RandomFieldIsing(), Lattice((2, 4)), 2.5, {"disorder": 0.8, "sample": 1}, arbitrary=True)


def noticed(case: Case, algorithm: str, engine: str = "table") -> bool:
    """Return whether some check of the contract of engines fails."""
    contract._visits.cache_clear()
    checks = [
        EngineContract.test_all_states, EngineContract.test_a_sweep_leaves_the_distribution,
        EngineContract.test_chains_differ_and_come_back,
    ]  # fmt: skip
    for check in checks:
        try:
            check(EngineContract(), Trial(engine_named(engine), case, algorithm))
        except AssertionError:
            return True
    return False


def take_the_next_colour(patch: pytest.MonkeyPatch) -> None:
    """Propose a colour at random, and the next one instead of the own: twice as often as the others."""

    def rules(slots: Any, weights: Any, inverse_temperature: Any, *, metropolis: bool) -> Any:
        found = narrow_rules(slots, weights, inverse_temperature, metropolis=metropolis)
        q = weights.states
        assert found is not None
        for t, factor in enumerate(inverse_temperature):
            rows = []
            for number in range(found.tables.shape[1] >> found.bits):
                own = number % q
                # The weights of a surrounding follow from the acceptance of each other colour.
                row = np.zeros(q)
                for other in range(q):
                    if other != own:
                        proposal = (2 if other == (own + 1) % q else 1) / q
                        row[other] = proposal * acceptance(slots, weights, number // q, own, other, factor)
                row[own] = 1 - row.sum()
                rows.append(row)
            found.tables[t] = alias_tables(np.array(rows)).reshape(-1)
        return found

    def acceptance(slots: Any, weights: Any, number: int, own: int, other: int, factor: float) -> float:
        q, gain = weights.states, 0.0
        for slot in range(slots.which.shape[1]):
            code = number // q**slot % q
            row = slots.rows[slots.which[0, slot], code]
            gain += row[other] - row[own]
        return float(min(1.0, np.exp(gain * factor)))

    patch.setattr(table_walkers, "narrow_rules", rules)


def all_copies_identical(patch: pytest.MonkeyPatch) -> None:
    """One stream of random numbers for all chains."""
    right = table_engine.seed_sequence

    class Same:
        def __init__(self, words: Any) -> None:
            self.words = words

        def generate_state(self, count: int, kind: Any) -> Any:
            return np.repeat(self.words.generate_state(count, kind)[:4], count // 4)

    patch.setattr(table_engine, "seed_sequence", lambda *place: Same(right(*place)))


def blocks_identical(patch: pytest.MonkeyPatch) -> None:
    """The number of the block left out of the seed."""
    right = table_engine.seed_sequence
    patch.setattr(table_engine, "seed_sequence", lambda *place: right(*place[:-1], 0))


def reflections_through_sites_alone(patch: pytest.MonkeyPatch) -> None:
    """Of a clock of six: the odd and the even angles never mix, and no sweep of single sites comes between."""

    def even(setting: Any, *arguments: Any, **options: Any) -> Any:
        kept = [p for p in setting.involutions if p[0] % 2 == 0]
        return walkers(dataclasses.replace(setting, involutions=np.array(kept)), *arguments, **options)

    walkers = table_walkers.TableWalkers
    patch.setattr(table_walkers, "TableWalkers", even)
    patch.setattr(table_walkers, "connects", lambda involutions: True)


def axes_through_sites_alone(patch: pytest.MonkeyPatch) -> None:
    """The same of the engine of angles: an even code is taken to an even code."""
    right = clock_walkers.place_of

    def even(*arguments: Any) -> Any:
        place = right(*arguments)
        return place._replace(axes=place.axes[::2])

    patch.setattr(clock_walkers, "place_of", even)


def a_proposal_that_goes_one_way(patch: pytest.MonkeyPatch) -> None:
    """Steps of one code forwards twice as often as backwards, accepted as if they were as frequent."""

    def wrong(codes: Any, stream: Any, place: Any, heat: Any, count: int) -> None:
        random = np.random.default_rng(int(stream[0, 0]))
        stream[0, 0] += np.uint64(1)
        for i in [*range(len(codes))] * count:
            own, bonds = codes[i].astype(int), 0
            new = (own + np.where(random.random(64) < 2 / 3, 1, -1)) % place.states
            for slot in range(place.begins[i], place.begins[i + 1]):
                beside = codes[place.neighbour[slot]].astype(int) + place.shift[slot]
                bonds = bonds + place.row[(beside - new) % place.states] - place.row[(beside - own) % place.states]
            field = place.sites[place.kind[i], new] - place.sites[place.kind[i], own]
            codes[i] = np.where(np.log(random.random(64)) < heat.bond * bonds + heat.site * field, new, own)

    patch.setitem(clock_walkers.UPDATES, "metropolis", wrong)


def angles_that_do_not_feel_the_field(patch: pytest.MonkeyPatch) -> None:
    """Fields where whole numbers decide, and not in single precision."""
    right = clock_walkers.place_of
    patch.setattr(clock_walkers, "place_of", lambda *a: (p := right(*a))._replace(fields=0 * p.fields))


def bonds_of_fortuin_and_kasteleyn(patch: pytest.MonkeyPatch) -> None:
    """Between equal colours, in an antiferromagnet too."""
    right = table_walkers.clusters.swendsen_wang

    def wrong(*arguments: Any) -> None:
        right(*arguments[:6], np.abs(arguments[6]), *arguments[7:])

    patch.setattr(table_walkers.clusters, "swendsen_wang", wrong)


def a_neighbour_too_few(patch: pytest.MonkeyPatch) -> None:
    """The last slot of neighbours counts nothing."""

    def rules(*arguments: Any, **options: Any) -> Any:
        found = narrow_rules(*arguments, **options)
        assert found is not None
        found.multipliers[:, 0] = 0
        return found

    patch.setattr(table_walkers, "narrow_rules", rules)


def a_colder_threshold(patch: pytest.MonkeyPatch) -> None:
    """Thresholds of a lower temperature."""
    right = row_walkers._rules
    patch.setattr(row_walkers, "_rules", lambda place, t, word: right(place, tuple(np.array(t) / 1.03), word))


def thresholds_of_another_temperature(patch: pytest.MonkeyPatch) -> None:
    """Codes on planes that are three percent too cold."""
    right = plane_walkers.rules
    patch.setattr(plane_walkers, "rules", lambda form, slots, t, *rest: right(form, slots, t / 1.03, *rest))


def what_is_favoured_disfavoured(patch: pytest.MonkeyPatch) -> None:
    """Fields stop colours from entering what they favour, rather than from leaving it."""
    right = plane_walkers.rules

    def wrong(*arguments: Any) -> Any:
        found = right(*arguments)
        flags = found.held_flags.copy()
        flags[:, :, 0] = ~flags[:, :, 0]
        return found._replace(held_flags=flags)

    patch.setattr(plane_walkers, "rules", wrong)


def clusters_that_no_field_holds(patch: pytest.MonkeyPatch) -> None:
    """Clusters of spins turned as if there were no field."""
    right = plane_clusters.bonds_of

    def wrong(form: Any, lattice: Lattice) -> Any:
        return right(dataclasses.replace(form, site_weights=0 * form.site_weights), lattice)

    patch.setattr(plane_clusters, "bonds_of", wrong)


def bonds_of_planes_too_strong(patch: pytest.MonkeyPatch) -> None:
    """Clusters activated as if pairs gained a quarter more."""
    right = plane_clusters.bonds_of

    def wrong(form: Any, lattice: Lattice) -> Any:
        return right(dataclasses.replace(form, coupling=1.25 * form.coupling), lattice)

    patch.setattr(plane_clusters, "bonds_of", wrong)


def gauge_without_bonds(patch: pytest.MonkeyPatch) -> None:
    """Spins relative to their random fields, with bonds that do not know of it."""

    def wrong(model: Any, lattice: Any, strengths: Any) -> Any:
        found, turned = right(model, lattice, strengths)
        couplings, _ = bonds_and_fields(model, lattice, np.array(strengths))
        return row_walkers.rows.geometry(lattice, couplings, found.fields, walls=False), turned

    right = row_walkers.geometry_of
    patch.setattr(row_walkers, "geometry_of", wrong)


def the_first_sample_everywhere(patch: pytest.MonkeyPatch) -> None:
    """Every point is swept with the terms of sample 0."""
    right = row_walkers.geometry_of
    patch.setattr(row_walkers, "geometry_of", lambda model, *rest: right(model.at(sample=0), *rest))


MISTAKES: dict[str, tuple[Planted, Case, str, str]] = {
    "a Potts proposal of the next colour": (take_the_next_colour, POTTS, "metropolis", "table"),
    "all copies of a seed identical": (all_copies_identical, POTTS, "heat_bath", "table"),
    "all blocks of a seed identical": (blocks_identical, POTTS, "heat_bath", "table"),
    "clock reflections through sites only": (
        reflections_through_sites_alone, Case(Clock(6), Lattice((3,)), 0.9), "wolff", "table"
    ),
    "axes through sites only": (
        axes_through_sites_alone, Case(Clock(6), Lattice((3,)), 0.9), "swendsen_wang", "clock"
    ),
    "a proposal that goes one way": (
        a_proposal_that_goes_one_way, Case(Clock(5), Lattice((2,)), 0.7, {"field": 0.5}), "metropolis", "clock"
    ),
    "angles that do not feel the field": (
        angles_that_do_not_feel_the_field, Case(Clock(6), Lattice((2,)), 0.9, {"field": 0.5}), "metropolis", "clock"
    ),
    "Fortuin-Kasteleyn bonds in an antiferromagnet": (
        bonds_of_fortuin_and_kasteleyn, Case(Potts(3, coupling=-1.0), Lattice((3,)), 0.8), "swendsen_wang", "table"
    ),
    "a neighbour too few": (a_neighbour_too_few, POTTS, "heat_bath", "table"),
    "spins on planes too cold": (thresholds_of_another_temperature, SPINS, "heat_bath", "planes"),
    "colours on planes too cold": (thresholds_of_another_temperature, POTTS, "metropolis", "planes"),
    "a field that acts on what enters": (
        what_is_favoured_disfavoured, Case(Potts(4), Lattice((2, 2)), 1.2, {"field": 0.4}), "metropolis", "planes"
    ),
    "clusters of colours bound too strongly": (bonds_of_planes_too_strong, POTTS, "seeded_clusters", "planes"),
    "clusters of spins that no field holds": (
        clusters_that_no_field_holds, SPINS, "seeded_clusters + heat_bath", "planes"
    ),
    "fields turned without their bonds": (gauge_without_bonds, BIMODAL, "heat_bath", "bits"),
    "the first sample for all": (the_first_sample_everywhere, GAUSSIAN, "metropolis", "bits"),
    "a temperature off by three percent": (a_colder_threshold, TRIANGLE, "heat_bath", "bits"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_the_right_engine_passes_and_the_mistake_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, case, algorithm, engine = MISTAKES[name]
    with uncounted():
        assert not noticed(case, algorithm, engine), "the right engine must pass"
        plant(monkeypatch)
        assert noticed(case, algorithm, engine)
    contract._visits.cache_clear()
