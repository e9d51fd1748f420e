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
from spinlens.symmetries import code_group, involutions
from spinlens.testing.cases import Case
from spinlens.testing.states import boltzmann, lattice_images, states_of

STEP = 1e-4
"""Of a control or temperature, for derivatives by differences."""


class ModelContract:
    """Subclass it and parametrise ``case``."""

    def test_terms_are_tables(self, case: Case) -> None:
        """Tables are whole, of the right shape, those of bonds symmetric, under different names.

        Of what depends on the step alone a step back may count the negative, where the energy does not depend on it.
        """
        strengths = case.model.strengths(case.lattice, **case.model.values_of_controls({}))
        terms, q = case.model.terms(case.lattice), case.model.space.states
        assert len({term.name for term in terms}) == len(terms)
        for term, strength in zip(terms, strengths, strict=True):
            assert term.table.dtype == np.int64
            if not isinstance(term, Bonds):
                assert term.table.shape == (q,)
                continue
            assert term.matrix.shape == (q, q)
            odd = term.circular and strength == 0 and np.array_equal(term.matrix, -term.matrix.T)
            assert odd or np.array_equal(term.matrix, term.matrix.T)
        assert strengths.shape == (len(terms),)
        assert np.isfinite(strengths).all()

    def test_tables_say_what_the_terms_say(self, case: Case) -> None:
        """Sums by tables equal sums bond by bond."""
        codes, sums, _ = states_of(case)
        assert np.array_equal(case.there.tables(case.lattice).sums(codes), sums)

    def test_oracles_agree(self, case: Case) -> None:
        """Enumeration and strips give the averages of a sum over all states."""
        if case.model.imaginary_time:
            pytest.skip("the states of one imaginary time do not say what the energy is")
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
        """The slope of ln Z in a control is that of K times the means of the sums, in T the energy over T^2."""
        model, lattice, values = case.model, case.lattice, case.model.values_of_controls(case.controls)

        def slope(name: str) -> Any:
            at = {"temperature": case.temperature, **values}
            high, low = ({**at, name: at[name] + sign * STEP} for sign in (1, -1))
            factors = (model.factors(lattice, **high) - model.factors(lattice, **low)) / (2 * STEP)
            return (_log_z(case, high) - _log_z(case, low)) / (2 * STEP), factors

        for name in values:
            found, factors = slope(name)
            assert np.isclose(found, factors @ _means(case), rtol=1e-5, atol=1e-6), name
        oracle = exact.diagonalise if model.imaginary_time else exact.enumerate_states
        energy = oracle(model, lattice, temperature=case.temperature, **values)["energy"]
        expected = energy * lattice.sites / case.temperature**2
        assert np.isclose(slope("temperature")[0], expected, rtol=1e-5, atol=1e-6)
        named = dict(zip(_names(case), _means(case), strict=True))
        total = model.energy_total(lattice, named, temperature=case.temperature, **values)
        assert np.isclose(total, energy * lattice.sites, rtol=1e-9, atol=1e-9)

    def test_symmetries(self, case: Case) -> None:
        """Permutations of codes are symmetries of all states, and of few codes none is left out."""
        model, lattice = case.model, case.lattice
        codes, _, energy = states_of(case)
        group = code_group(model, lattice, **case.controls)
        for permutation in group:
            assert np.allclose(_energies(case, permutation[codes]), energy)
        strengths = model.strengths(lattice, **model.values_of_controls(case.controls))
        for image in involutions(case.there, lattice, strengths):
            assert np.array_equal(image[image], np.arange(model.space.states))
        if model.space.states <= 4:
            every = map(np.array, permutations(range(model.space.states)))
            kept = [tuple(p) for p in every if np.allclose(_energies(case, p[codes]), energy)]
            assert sorted(map(tuple, group)) == sorted(kept)

    def test_symmetries_of_the_lattice(self, case: Case) -> None:
        """Translations and reflections that are found leave the energy of every state as it is."""
        _, _, energy = states_of(case)
        for name, image in lattice_images(case):
            assert np.allclose(_energies(case, image), energy), name

    def test_ground_states(self, case: Case) -> None:
        """They have one energy, the lowest of all states, and there the first order parameter is the largest."""
        _, sums, energy = states_of(case)
        ground = case.model.ground_states(case.lattice, **case.controls).reshape(-1, case.lattice.sites)
        lowest = _energies(case, ground)
        assert np.allclose(lowest, lowest[0])
        if case.frustrated:
            assert lowest[0] > energy.min() - 1e-9
            return
        assert np.isclose(lowest[0], energy.min())
        for order in case.model.order_parameters(case.lattice)[: not case.arbitrary]:
            everywhere = order.size(dict(zip(_names(case), sums, strict=True)), case.lattice.sites)
            there = case.there.tables(case.lattice).sums(ground)
            size = order.size(dict(zip(_names(case), there, strict=True)), case.lattice.sites)
            assert np.isclose(size.max(), everywhere.max())

    def test_description(self, case: Case) -> None:
        """It is rebuilt from JSON, and from a command line where its constants are numbers."""
        description = json.loads(json.dumps(case.model.to_dict()))
        assert model_from_dict(description) == case.model
        if text := _text(case):
            assert parse_model(text) == case.model

    def test_references(self, case: Case) -> None:
        """References are numbers and name their source."""
        for reference in case.model.references():
            assert reference.source
            assert np.isfinite(reference.value)

    def test_known_averages(self, case: Case) -> None:
        """Known averages of a larger lattice are those of the oracle, to the digits that are printed."""
        if case.golden is None:
            pytest.skip("no averages of a larger lattice are given")
        golden = case.golden
        found = exact.finite_strip(case.model, golden.lattice, temperature=golden.temperature, **golden.controls)
        assert "energy" in golden.values
        for name in set(golden.values) & set(found):
            assert np.isclose(found[name], golden.values[name], rtol=golden.digits), name

    def test_store_and_shell(self, case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """An ensemble comes back as it was drawn, and the shell prints the same numbers."""
        path, model, lattice = tmp_path / "some.ens", case.model, case.lattice
        axes: dict[str, Any] = {"temperature": [case.temperature, 2 * case.temperature], **case.controls}
        schedule: dict[str, Any] = {"chains": 8, "draws": 2, "equilibration": 16, "interval": 2, "seed": 3}
        made = simulate(model, lattice, out=path, progress=False, **axes, **schedule)
        again = open_ensemble(path)
        assert again.model == model
        assert again.lattice == lattice
        assert np.array_equal(again.codes(), made.codes())
        if not model.imaginary_time:
            every = again.plan.recordings_per_draw
            sums = case.there.tables(lattice).sums(again.codes().values)
            for name, expected in zip(_names(case), sums, strict=True):
                assert np.array_equal(again.series[name].values[..., every - 1 :: every], expected), name
        assert not verify(path).damages
        assert _shell("observables", path, "--json") == 0
        printed = json.loads(capsys.readouterr().out)["conditions"]
        energy = again.observables()["energy"].values.reshape(-1)
        assert np.allclose([row["energy"] for row in printed], energy)

    def test_the_shell_samples_the_same(self, case: Case, tmp_path: Path) -> None:
        """`spinlens simulate` draws the bytes that Python draws."""
        text = _text(case)
        if text is None:
            pytest.skip("constants that are tables are given from Python")
        lattice = case.lattice
        drawn = simulate(
            case.model, lattice, temperature=case.temperature, chains=8, equilibration=16, seed=3, progress=False,
            **dict(case.controls),  # type: ignore[arg-type]
        )  # fmt: skip
        axes = [f"--axis={name}={value}" for name, value in case.controls.items()]
        assert _shell(
            "simulate", "--model", text, "--lattice", lattice.kind, "--shape", "x".join(map(str, lattice.shape)),
            f"--boundary={lattice.boundary_text}", f"--temperature={case.temperature!r}", *axes, "--chains", 8,
            "--equilibration", 16, "--seed", 3, "--out", tmp_path / "shell.ens",
        ) == 0  # fmt: skip
        assert np.array_equal(open_ensemble(tmp_path / "shell.ens").codes(), drawn.codes())


def _text(case: Case) -> str | None:
    """Return the model as a command line names it; None where its constants are more than numbers and words."""
    constants = {key: value for key, value in case.model.to_dict().items() if key != "name"}
    if not all(isinstance(value, int | float | str) for value in constants.values()):
        return None
    return f"{case.model.name}:{','.join(f'{key}={value}' for key, value in constants.items())}"


def _shell(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        run([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def _log_z(case: Case, condition: dict[str, float]) -> float:
    """Return ln Z at another condition: of all states, or of all eigenstates."""
    if case.model.imaginary_time:
        return float(exact.diagonalise(case.model, case.lattice, **condition)["log_z"]) * case.lattice.sites
    return float(np.logaddexp.reduce(case.model.factors(case.lattice, **condition) @ states_of(case)[1]))


def _means(case: Case) -> Any:
    """Return the means of the sums, (terms,)."""
    if case.model.imaginary_time:
        found = exact.diagonalise(case.model, case.lattice, temperature=case.temperature, **case.controls)
        return np.array([found.averages[name] for name in _names(case)]) * case.lattice.sites
    return states_of(case)[1] @ boltzmann(states_of(case)[2], case.temperature)


def _names(case: Case) -> tuple[str, ...]:
    return case.model.tables(case.lattice).names


def _energies(case: Case, codes: Any) -> Any:
    strengths = case.model.strengths(case.lattice, **case.model.values_of_controls(case.controls))
    return -(strengths @ case.there.tables(case.lattice).sums(codes))
