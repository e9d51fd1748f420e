"""Coupling from the past: against every start's fate, all states, closed forms, and well-known mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import spinlens as sl
from spinlens.cli.main import run
from spinlens.errors import InputError
from spinlens.exact import kaufman, state_probabilities
from spinlens.exact.enumeration import all_states
from spinlens.lattices import Lattice
from spinlens.models import Ising, Model, RandomFieldIsing
from spinlens.models.two_states import signed_couplings
from spinlens.sampling.engines.past import walkers
from spinlens.sampling.engines.past.kernel import draw_chains, number_at
from spinlens.sampling.engines.past.walkers import slots_of, up_thresholds
from spinlens.testing.chance import FALSE_ALARM, plausible, uncounted, within
from spinlens.testing.states import fit

SMALL = Lattice((3, 3))
MODEL, CONTROLS, TEMPERATURE = RandomFieldIsing(seed=3), {"disorder": 0.7, "field": 0.1, "sample": 1}, 2.0
MOST = 1 << 14

Thresholds = NDArray[np.uint64]


def setting(
    model: Model, lattice: Lattice, temperature: float, **controls: float
) -> tuple[NDArray[np.int32], Thresholds]:
    strengths = model.strengths(lattice, **controls)
    couplings, fields = signed_couplings(model.at(**controls), lattice, strengths)
    neighbour, bonds = slots_of(lattice, couplings)
    return neighbour, up_thresholds(bonds, fields, temperature)


def keys(count: int, seed: int = 1) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 2**64, size=count, dtype=np.uint64)


def drawn(
    neighbour: NDArray[np.int32], thresholds: Thresholds, chains: NDArray[np.uint64], first: int = 8
) -> NDArray[np.uint8]:
    codes = np.zeros((len(chains), len(neighbour)), dtype=np.uint8)
    assert draw_chains(neighbour, thresholds, chains, first, MOST, codes)[0] == -1
    return codes


def test_the_generator_is_the_published_one() -> None:
    """The first outputs of seed 1234567, as other programs list them."""
    listed = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [int(number_at(np.uint64(1234567), np.uint64(k))) for k in range(3)] == listed
    assert [int(words(np.array([1234567], dtype=np.uint64), k)[0]) for k in range(3)] == listed


@pytest.mark.parametrize("temperature", [1.6, 4.0])
def test_a_draw_is_where_every_start_ends(temperature: float) -> None:
    """From long enough ago all 512 starts come together, at the configuration that was drawn."""
    neighbour, thresholds = setting(MODEL, SMALL, temperature, **CONTROLS)
    chains = keys(24)
    for start in (200, 131):
        states = np.repeat(all_states(2, 9).astype(np.uint8)[None], len(chains), axis=0)
        for time in range(start, 0, -1):
            Literal(neighbour, thresholds).sweep(states, chains, time)
        assert (states == drawn(neighbour, thresholds, chains)[:, None]).all()


def test_where_doubling_begins_changes_nothing() -> None:
    neighbour, thresholds = setting(MODEL, SMALL, TEMPERATURE, **CONTROLS)
    expected = drawn(neighbour, thresholds, keys(256))
    for first in (1, 3, 100):
        assert np.array_equal(drawn(neighbour, thresholds, keys(256), first=first), expected)


@pytest.mark.parametrize("temperature", [2.0, 2.6, 5.0])
@pytest.mark.parametrize(
    ("model", "controls"), [(Ising(), {"field": 0.0}), (MODEL, CONTROLS)], ids=["no field", "random fields"]
)  # fmt: skip
def test_all_states_come_as_often_as_boltzmann_says(
    model: Model, controls: dict[str, float], temperature: float
) -> None:
    found = drawn(*setting(model, SMALL, temperature, **controls), keys(200_000))
    visits = np.bincount(found.astype(np.int64) @ 2 ** np.arange(9), minlength=512)
    assert plausible(fit(visits, state_probabilities(model, SMALL, temperature=temperature, **controls)))


def test_kaufmans_energies_and_independent_draws() -> None:
    """Neither equilibration nor autocorrelation: errors are those of independent numbers."""
    temperatures, lattice = [2.269185, 2.6, 4.0], Lattice((8, 8))
    ensemble = sl.simulate(
        Ising(), lattice, temperature=temperatures, algorithm="from_the_past", chains=128, recordings=32, seed=2,
        progress=False,
    )  # fmt: skip
    assert ensemble.plan.equilibration == 0
    assert ensemble.plan.engine == "past"
    energy = -ensemble.series["bond_sum"].values.reshape(3, -1) / 64.0
    error = energy.std(axis=1, ddof=1) / np.sqrt(energy.shape[1])
    assert within(energy.mean(axis=1), kaufman(Ising(), lattice, temperature=np.array(temperatures)).energy, error,
                  degrees=None)  # fmt: skip
    series = ensemble.series["bond_sum"].transpose("field", "temperature", "chain", "recording").values[0].astype(float)
    series -= series.mean(axis=(1, 2), keepdims=True)
    lagged = (series[:, :, 1:] * series[:, :, :-1]).mean(axis=(1, 2)) / series.var(axis=(1, 2))
    assert within(lagged, np.zeros(3), np.full(3, 1 / np.sqrt(128 * 31)), degrees=None)


class Literal:
    """Many draws at once, as the words say it, with room for mistakes."""

    def __init__(self, neighbour: Any, thresholds: Any) -> None:
        self.neighbour, self.thresholds = neighbour, thresholds

    def run(self, chains: NDArray[np.uint64], times: range) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Return both bounds (chains, 2, N) after sweeps at these times, and where they have met."""
        states = np.zeros((len(chains), 2, len(self.neighbour)), dtype=np.uint8)
        states[:, 0] = 1
        for time in times:
            self.sweep(states, chains, time)
        return states, (states[:, 0] == states[:, 1]).all(axis=1)

    def sweep(self, states: NDArray[np.uint8], chains: NDArray[np.uint64], time: int) -> None:
        sites = len(self.neighbour)
        for i in range(sites):
            place = sum(states[:, :, j].astype(np.int64) << k for k, j in enumerate(self.neighbour[i]))
            states[:, :, i] = words(chains, time * sites + i)[:, None] < self.thresholds[i][place]

    def draw(self, chains: NDArray[np.uint64], *, fresh: int = 0, patience: int = 1 << 20) -> NDArray[np.uint8]:
        """Draw; ``fresh`` numbers whenever the beginning moves back, or wholly others when ``patience`` has ended."""
        found = np.zeros((len(chains), len(self.neighbour)), dtype=np.uint8)
        left, own, span = np.arange(len(chains)), chains.copy(), 1
        while len(left):
            states, met = self.run(own[left], range(span, 0, -1))
            found[left[met]] = states[met, 0]
            left, span = left[~met], 2 * span
            own[left] += np.uint64(fresh)
            if span > patience:
                own[left] += np.uint64(1)
                span = 1
        return found

    def until_they_meet(self, chains: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """Go forward in time, and take for the draw where the bounds meet."""
        found, left, time = np.zeros((len(chains), len(self.neighbour)), dtype=np.uint8), np.arange(len(chains)), 0
        states, _ = self.run(chains, range(0))
        while len(left):
            time += 1
            here = states[left]
            self.sweep(here, chains[left], time)
            states[left] = here
            met = (here[:, 0] == here[:, 1]).all(axis=1)
            found[left[met]] = here[met, 0]
            left = left[~met]
        return found


def words(chains: NDArray[np.uint64], place: int) -> NDArray[np.uint64]:
    """Return the same for many keys."""
    z = chains + np.uint64((place + 1) * 0x9E3779B97F4A7C15 & ((1 << 64) - 1))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


MISTAKES: dict[str, Callable[[Literal, NDArray[np.uint64]], NDArray[np.uint8]]] = {
    "none": Literal.draw,
    "new random numbers at each doubling": lambda literal, chains: literal.draw(chains, fresh=1),
    "what takes long is begun anew": lambda literal, chains: literal.draw(chains, patience=2),
    "forward, until they meet": Literal.until_they_meet,
}


@pytest.mark.parametrize("name", MISTAKES)
def test_known_mistakes_are_noticed(name: str) -> None:
    """On a ring of four spins, whose bounds rarely meet at once; on one of three none of them would show."""
    lattice, condition = Lattice((4,)), {"temperature": 1.1, "field": 0.2}
    drawn = MISTAKES[name](Literal(*setting(Ising(), lattice, **condition)), keys(400_000))
    visits = np.bincount(drawn.astype(np.int64) @ 2 ** np.arange(4), minlength=16)
    with uncounted():
        p = fit(visits, state_probabilities(Ising(), lattice, **condition))
    assert (p > FALSE_ALARM) == (name == "none")


def test_the_literal_draws_are_the_kernels() -> None:
    neighbour, thresholds = setting(MODEL, SMALL, TEMPERATURE, **CONTROLS)
    literal, chains = Literal(neighbour, thresholds), keys(400, seed=2)
    assert np.array_equal(literal.draw(chains), drawn(neighbour, thresholds, chains))


def test_chances_grow_with_each_neighbour() -> None:
    """Else chains would not keep their order."""
    _, thresholds = setting(MODEL, SMALL, TEMPERATURE, **CONTROLS)
    sets = np.arange(thresholds.shape[1])
    for bit in range(4):
        without = sets[(sets >> bit) & 1 == 0]
        assert (thresholds[:, without | 1 << bit] > thresholds[:, without]).all()


REFUSED = {
    "an antiferromagnet": (Ising(-1.0), Lattice((4, 4)), {}, "favour equal neighbours"),
    "a seam": (Ising(), Lattice((4, 4), "antiperiodic"), {}, "favour equal neighbours"),
    "random bonds": (sl.RandomBondIsing(negative=0.5), Lattice((4, 4)), {"sample": [0, 1]}, "favour equal neighbours"),
    "colours": (sl.Potts(3), Lattice((4, 4)), {}, "has 3 states"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_keeps_no_order_is_refused(name: str) -> None:
    model, lattice, controls, why = REFUSED[name]
    with pytest.raises(InputError, match=why):
        sl.simulate(model, lattice, temperature=3.0, algorithm="from_the_past", progress=False, **controls)


def test_a_negative_bond_of_one_sample_alone_is_refused() -> None:
    model, lattice = sl.RandomBondIsing(negative=0.05, seed=1), Lattice((3, 3))
    positive = [k for k in range(40) if (model.at(sample=k).signs(lattice) > 0).all()]
    with_one = [k for k in range(40) if k not in positive]
    plan = {"model": model, "lattice": lattice, "temperature": 3.0, "algorithm": "from_the_past"}
    assert sl.Plan(**plan, sample=positive[:1]).engine == "past"
    with pytest.raises(InputError, match="favour equal neighbours"):
        sl.Plan(**plan, sample=sorted([positive[0], with_one[0]]))


def test_it_is_never_one_of_several() -> None:
    with pytest.raises(InputError, match="unknown"):
        sl.Plan(model=Ising(), lattice=SMALL, temperature=3.0, algorithm="from_the_past + heat_bath")


def test_what_takes_too_long_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walkers, "MOST_SWEEPS", 1 << 10)
    with pytest.raises(SystemExit) as caught:
        run(["simulate", "--shape", "6x6", "--temperature", "0.8", "--algorithm", "from_the_past",
             "--out", str(tmp_path / "cold.ens")])  # fmt: skip
    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert "takes too long from the past" in said.splitlines()[-1]
