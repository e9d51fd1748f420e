"""A critical phase is told from a critical point: on exact waves, flows that are integrated, and scaling functions."""

from __future__ import annotations

import numpy as np
import pytest
from tests.statistics.scaling.kosterlitz import (
    Given,
    drawn_waves,
    scaling,
    spin_waves,
    study_of,
    unbinding,
    unbinding_temperature,
)

import spinlens as sl
from spinlens.errors import InputError
from spinlens.phases.transitions import evidence, verdict
from spinlens.phases.transitions.evidence import PLANE
from spinlens.phases.transitions.places import places
from spinlens.phases.transitions.places import unbinding as unbinding_methods
from spinlens.phases.transitions.search_configurations import _end_of_a_phase
from spinlens.statistics.scaling import FiniteSize, recorded_arrays, recorded_ensembles
from spinlens.statistics.scaling.phase_ends import UNBINDING
from spinlens.testing.chance import count, tail

LENGTHS = (16, 24, 32, 48)
T_KT = unbinding_temperature()
ENDLESS, TWO_SIDED = (0.6, 1.3), (1.0, 2.1)


@pytest.mark.parametrize("window", [ENDLESS, TWO_SIDED])
def test_spin_waves_are_critical_throughout(window: tuple[float, float]) -> None:
    study = study_of(spin_waves(LENGTHS, *window, error=3e-4))
    found = study.stretch()
    # eta = T / (2 pi J) at every temperature.
    assert found.growth == pytest.approx([2 - t / (2 * np.pi) for t in window], abs=0.006)
    rates = [each for each in (found.ordered, found.disordered) if each]
    assert len(rates) == (1 if window == ENDLESS else 2)
    for rate in rates:
        count(1, tail(5))
        assert abs(rate.value) < 0.03 + 5 * rate.error
        assert rate.error < 0.05
    seen = evidence(study, end=UNBINDING)
    judged = verdict(seen, dimensions=2)
    assert not judged.found
    assert "critical" in judged.words
    assert judged.kind == "bkt"


def test_the_line_of_exponents_of_waves_that_are_drawn() -> None:
    window, lengths = (0.5, 1.2), (6, 10, 16)
    temperatures = np.linspace(*window, 7)
    arrays = {length: drawn_waves(length, temperatures, chains=32, draws=80) for length in lengths}
    study = FiniteSize.from_recorded(recorded_arrays(arrays, dimensions=2))
    exact = study_of(spin_waves(lengths, *window, error=1e-6))

    def power(at: dict) -> dict[str, float]:
        rows = np.array([np.log(at[length]["susceptibility"]) for length in lengths])
        slopes = np.polyfit(np.log(lengths), rows, 1)[0]
        return {str(k): slope for k, slope in enumerate(slopes)}

    said, known = study.apply(power, [0.6, 0.85, 1.1]), exact.apply(power, [0.6, 0.85, 1.1])
    for name, estimate in said.items():
        count(1, tail(5))
        assert abs(estimate.value - known[name].value) < 5 * estimate.error < 0.1
    rate = study.stretch().ordered
    assert rate is not None
    count(1, tail(5))
    assert abs(rate.value) < 0.03 + 5 * rate.error


def test_the_end_of_a_phase_is_one() -> None:
    study = study_of(unbinding(LENGTHS, 0.88 * T_KT, 1.12 * T_KT, error=3e-4))
    found = study.stretch()
    assert found.place is not None
    assert found.ordered is not None
    assert found.disordered is not None
    assert found.ordered.value < 0.1 < 0.4 < found.disordered.value
    judged = verdict(evidence(study, end=UNBINDING), dimensions=2)
    assert (judged.found, judged.kind) == (True, "bkt")
    for place in places(study, unbinding_methods(UNBINDING)):
        assert place.estimate is not None
        count(1, tail(5))
        assert abs(place.estimate.value - T_KT) < 5 * place.estimate.error < 0.05 * T_KT
    alone = _end_of_a_phase(study, judged)
    assert (alone.kind, alone.exponents["nu"]) == ("bkt", None)
    assert alone.value == study.unbinding().value
    assert sum(alone.kind_probabilities.values()) == pytest.approx(1)
    # Whoever is not asked says what was said before.
    assert verdict(evidence(study), dimensions=2).kind == "undecided"


@pytest.mark.parametrize(("nu", "eta"), [(1.0, 0.25), (5 / 6, 4 / 15), (2.0, 0.25)])
def test_a_critical_point_is_none(nu: float, eta: float) -> None:
    study = study_of(scaling(LENGTHS, nu=nu, eta=eta))
    found = study.stretch()
    assert found.ordered is not None
    assert found.disordered is not None
    # eta moves where the sides part, by little.
    assert [found.ordered.value, found.disordered.value] == pytest.approx([1 / nu] * 2, rel=0.25)
    assert verdict(evidence(study, end=UNBINDING), dimensions=2).kind_probabilities["bkt"] < 0.1


def test_two_sizes_tell_no_phase_from_a_point_and_say_so() -> None:
    study = study_of(scaling(LENGTHS[-2:], nu=1.0, eta=0.25))
    told, asked = (verdict(evidence(study, end=end), dimensions=2) for end in (None, UNBINDING))
    assert told.kind_probabilities["continuous"] > 0.2
    assert asked.kind_probabilities["continuous"] == 0
    assert sum(asked.kind_probabilities.values()) == 1
    assert asked.probability == told.probability
    assert asked.words.startswith(told.words)
    assert "critical phase" in asked.words


def test_order_and_disorder_are_none() -> None:
    for low, high in ((0.5, 0.9), (1.2, 1.6)):
        study = study_of([Given(each.length, each.given, low, high) for each in scaling(LENGTHS, low=0.5, high=1.6)])
        judged = verdict(evidence(study, end=UNBINDING), dimensions=2)
        assert not judged.found
        assert judged.kind_probabilities["bkt"] < 0.1


def test_recordings_of_the_ising_model_are_none_when_they_are_asked() -> None:
    ensembles = [
        sl.simulate(sl.Ising(), (side, side), temperature=np.linspace(2.05, 2.5, 11), recordings=200, seed=side,
                    progress=False)
        for side in (8, 12, 20)
    ]  # fmt: skip
    study = FiniteSize(ensembles)
    rate = study.stretch().ordered
    assert rate is not None
    count(1, tail(5))
    assert abs(rate.value - 1.0) < 0.1 + 5 * rate.error < 2.0
    assert verdict(evidence(study, end=UNBINDING), dimensions=2).kind_probabilities["bkt"] < 0.05


def test_who_is_asked() -> None:
    torus, seam = (
        recorded_ensembles([
            sl.simulate(sl.XY(), sl.Lattice((4, 4), boundary=boundary), temperature=[0.9, 1.0], chains=16, recordings=4,
                        equilibration=4, progress=False, field=[0.0, 0.2])
        ], field=field)[0]
        for boundary, field in (("periodic", 0.0), (("periodic", "antiperiodic"), 0.2))
    )  # fmt: skip
    assert (torus.circle, seam.circle) == (sl.XY().space.states, 0)
    names = [name for each in torus.quantities for name in each.names]
    assert names[-2:] == ["helicity_modulus_x", "helicity_modulus_y"]
    assert len(torus.components[0]) == len(torus.quantities) == 2 + len(seam.quantities)
    assert sl.Clock(5).space.circle
    assert not sl.Clock(4).space.circle
    waves = spin_waves(LENGTHS, *ENDLESS)
    assert evidence(study_of(waves)).stretch is None
    for each in waves:
        each.dimensions = PLANE + 1
    assert evidence(study_of(waves), end=UNBINDING).stretch is None


def test_refusals() -> None:
    study = study_of(spin_waves((16, 24), *ENDLESS))
    with pytest.raises(InputError, match="3 or more"):
        study.stretch()
    with pytest.raises(InputError, match="not recorded"):
        study.stretch("energy")
    with pytest.raises(InputError, match="'growth' or 'jump'"):
        study.unbinding(by="peaks")
    bare = study_of([Given(each.length, {"susceptibility": np.ones_like}, 1.0, 2.0) for each in study.scans])
    with pytest.raises(InputError, match="square tori"):
        bare.unbinding(by="jump")
    with pytest.raises(InputError, match="do the sizes behave so"):
        bare.unbinding()
