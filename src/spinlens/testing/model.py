"""What every model keeps, beside oracles, store and shell that take it as it is."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spinlens import exact
from spinlens.cli.main import run
from spinlens.ensemble import open_ensemble, simulate, verify
from spinlens.models import Bonds, model_from_dict, parse_model
from spinlens.symmetries import Symmetries, code_group, involutions
from spinlens.testing.cases import Case
from spinlens.testing.states import boltzmann, states_of

STEP = 1e-4
"""Of a control or temperature, for derivatives by differences."""


class ModelContract:
    """Subclass it and parametrise ``case``."""

    def test_terms_are_tables(self, case: Case) -> None:
        """Tables are whole, of the right shape, those of bonds symmetric, under different names."""
        terms, q = case.model.terms(case.lattice), case.model.space.states
        assert len({term.name for term in terms}) == len(terms)
        for term in terms:
            assert term.table.dtype == np.int64
            assert term.table.shape == ((q, q) if isinstance(term, Bonds) else (q,))
            assert np.array_equal(term.table, term.table.T)
        strengths = case.model.strengths(case.lattice, **case.model.values_of_controls({}))
        assert strengths.shape == (len(terms),)
        assert np.isfinite(strengths).all()

    def test_tables_say_what_the_terms_say(self, case: Case) -> None:
        """Sums by tables equal sums bond by bond."""
        codes, sums, _ = states_of(case)
        assert np.array_equal(case.model.tables(case.lattice).sums(codes), sums)

    def test_oracles_agree(self, case: Case) -> None:
        """Enumeration and strips give the averages of a sum over all states."""
        _, sums, energy = states_of(case)
        p = boltzmann(energy, case.temperature)
        mean, sites = p @ energy, case.lattice.sites
        orders = {
            f"absolute_{order.name}": p @ order.size(dict(zip(_names(case), sums, strict=True)), sites)
            for order in case.model.order_parameters(case.lattice)
        }
        expected = {"energy": mean / sites, "specific_heat": p @ (energy - mean) ** 2 / case.temperature**2 / sites}
        condition = {"temperature": case.temperature, **case.controls}
        for oracle in (exact.enumerate_states, exact.finite_strip):
            found = oracle(case.model, case.lattice, **condition)
            for name, value in (expected | orders).items():
                if name in found:
                    assert np.isclose(found[name], value, rtol=1e-9, atol=1e-11), f"{oracle.__name__}: {name}"
        assert set(expected | orders) <= set(exact.enumerate_states(case.model, case.lattice, **condition))

    def test_derivatives(self, case: Case) -> None:
        """D ln Z / d control is the mean of the terms that it multiplies; that of the energy is the specific heat."""
        _, sums, _ = states_of(case)
        model, lattice, values = case.model, case.lattice, case.model.values_of_controls(case.controls)

        def log_z(temperature: float = case.temperature, **changed: float) -> float:
            factors = model.factors(lattice, temperature=temperature, **{**values, **changed})
            return float(np.logaddexp.reduce(factors @ sums))

        p = boltzmann(-(model.strengths(lattice, **values) @ sums), case.temperature)
        for name, value in values.items():
            low, high = (model.strengths(lattice, **{**values, name: value + sign * STEP}) for sign in (-1, 1))
            factors = (high - low) / (2 * STEP) / case.temperature
            found = (log_z(**{name: value + STEP}) - log_z(**{name: value - STEP})) / (2 * STEP)
            assert np.isclose(found, factors @ sums @ p, rtol=1e-5, atol=1e-6), name
        energy = exact.enumerate_states(model, lattice, temperature=case.temperature, **values)["energy"]
        slope = (log_z(case.temperature + STEP) - log_z(case.temperature - STEP)) / (2 * STEP)
        assert np.isclose(slope, energy * lattice.sites / case.temperature**2, rtol=1e-5, atol=1e-6)

    def test_symmetries(self, case: Case) -> None:
        """Permutations of codes are symmetries of all states, and of few codes none is left out."""
        model, lattice = case.model, case.lattice
        codes, _, energy = states_of(case)
        group = code_group(model, lattice, **case.controls)
        for permutation in group:
            assert np.allclose(_energies(case, permutation[codes]), energy)
        strengths = model.strengths(lattice, **model.values_of_controls(case.controls))
        for image in involutions(model, lattice, strengths):
            assert np.array_equal(image[image], np.arange(model.space.states))
        if model.space.states <= 4:
            every = map(np.array, permutations(range(model.space.states)))
            kept = [tuple(p) for p in every if np.allclose(_energies(case, p[codes]), energy)]
            assert sorted(map(tuple, group)) == sorted(kept)

    def test_symmetries_of_the_lattice(self, case: Case) -> None:
        """Translations and reflections that are found leave the energy of every state as it is."""
        codes, _, energy = states_of(case)
        found = Symmetries.of(case.model, case.lattice, **case.controls)
        boards = codes.reshape(-1, *case.lattice.shape)
        turn = case.model.space.turn
        turn = np.arange(case.model.space.states) if turn is None else turn
        for axis, step in enumerate(found.translations):
            if step is None:
                continue
            moved = np.roll(boards, -step.step, axis=axis + 1)
            if step.twisted or step.flips:
                crossed = np.arange(case.lattice.shape[axis]) >= case.lattice.shape[axis] - step.step
                turned = (crossed & step.twisted) ^ step.flips
                turned = turned.reshape([-1 if a == axis else 1 for a in range(case.lattice.axes)])
                moved = np.where(turned, turn[moved], moved)
            assert np.allclose(_energies(case, moved.reshape(codes.shape)), energy)
        for axis, turns in enumerate(found.reflections):
            if turns is not None:
                mirrored = np.flip(boards, axis=axis + 1)
                mirrored = turn[mirrored] if turns else mirrored
                assert np.allclose(_energies(case, mirrored.reshape(codes.shape)), energy)

    def test_ground_states(self, case: Case) -> None:
        """They have the lowest energy of all states, and the first order parameter is nowhere larger."""
        _, sums, energy = states_of(case)
        ground = case.model.ground_states(case.lattice, **case.controls).reshape(-1, case.lattice.sites)
        lowest = _energies(case, ground)
        assert np.allclose(lowest, lowest[0])
        if not case.frustrated:
            assert np.isclose(lowest[0], energy.min())
        for order in case.model.order_parameters(case.lattice)[:1]:
            size = order.size(dict(zip(_names(case), sums, strict=True)), case.lattice.sites)
            assert size.max() < 1 + 1e-9 or np.isclose(size.max(), abs(case.model.space.values).max())

    def test_description(self, case: Case) -> None:
        """It is rebuilt from JSON, and from a command line where its constants are numbers."""
        description = json.loads(json.dumps(case.model.to_dict()))
        assert model_from_dict(description) == case.model
        constants = {key: value for key, value in description.items() if key != "name"}
        if all(isinstance(value, int | float) for value in constants.values()):
            text = ",".join(f"{key}={value}" for key, value in constants.items())
            assert parse_model(f"{case.model.name}:{text}") == case.model

    def test_known_values(self, case: Case) -> None:
        """References name their source; known averages of a larger lattice are those of the oracle."""
        for reference in case.model.references():
            assert reference.source
            assert np.isfinite(reference.value)
        if golden := case.golden:
            found = exact.finite_strip(
                case.model, golden.lattice, temperature=golden.temperature, **golden.controls
            )  # fmt: skip
            for name, value in golden.values.items():
                if name in found:
                    assert np.isclose(found[name], value, rtol=golden.digits), name
            assert "energy" in golden.values

    def test_store_and_shell(self, case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """An ensemble comes back as it was drawn; the shell prints the same numbers, and samples the same bytes."""
        path = tmp_path / "some.ens"
        schedule: dict[str, Any] = {"chains": 8, "draws": 2, "equilibration": 16, "interval": 2, "seed": 3}
        schedule |= {"temperature": [case.temperature, 2 * case.temperature], **case.controls}
        made = simulate(case.model, case.lattice, out=path, progress=False, **schedule)
        again = open_ensemble(path)
        assert again.model == case.model
        assert again.lattice == case.lattice
        assert np.array_equal(again.codes(), made.codes())
        sums = case.model.tables(case.lattice).sums(again.codes().values)
        for name, expected in zip(_names(case), sums, strict=True):
            every = again.plan.recordings_per_draw
            kept = again.series[name].values[..., every - 1 :: every]
            assert np.array_equal(kept, expected), name
        assert not verify(path).damages
        assert _shell("observables", path, "--json") == 0
        printed = json.loads(capsys.readouterr().out)["conditions"]
        energy = again.observables()["energy"].values.reshape(-1)
        assert np.allclose([row["energy"] for row in printed], energy)


def _shell(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        run([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def _names(case: Case) -> tuple[str, ...]:
    return case.model.tables(case.lattice).names


def _energies(case: Case, codes: Any) -> Any:
    strengths = case.model.strengths(case.lattice, **case.model.values_of_controls(case.controls))
    return -(strengths @ case.model.tables(case.lattice).sums(codes))
