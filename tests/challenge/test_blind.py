"""Blind analyses: the unit is hidden, everything else is as it was, and what is known is said once it is open."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cases import CASES
from tests.cli.test_verbs import spinlens

import spinlens as sl
from spinlens.challenge.blind import open_sealed, seal
from spinlens.ensemble import open_ensemble
from spinlens.errors import IncompleteError, InputError
from spinlens.exact import critical_temperature, enumerate_states
from spinlens.models import HiddenUnit, model_from_dict
from spinlens.testing import chance

CONDITIONS = {"sizes": ["4x4"], "temperature": "1.0,1.6", "chains": 64, "recordings": 64, "equilibration": 256}


def test_at_its_temperature_a_hidden_model_is_the_model() -> None:
    units = []
    for number, case in enumerate(CASES):
        hidden = HiddenUnit(case.model, f"secret {number}")
        units.append(hidden.unit)
        temperature = case.temperature
        for model in (hidden, hidden.opened(), model_from_dict(json.loads(json.dumps(hidden.to_dict())))):
            here = model.at(**case.controls)
            found = here.factors(case.lattice, temperature=hidden.unit * temperature, **case.controls)
            expected = case.model.factors(case.lattice, temperature=temperature, **case.controls)
            np.testing.assert_allclose(found, expected, rtol=1e-14)
            assert here.sealed == model.sealed
            assert here.tables(case.lattice).names == case.model.tables(case.lattice).names
        views = [model.ising_view(case.lattice, **case.controls) for model in (hidden, case.model)]
        assert (views[0] is None) == (views[1] is None)
        if views[0] is not None and views[1] is not None:
            (scaled, field), (plain, strength) = views
            assert field == pytest.approx(hidden.unit * strength)
            np.testing.assert_allclose(
                scaled.couplings(case.lattice), hidden.unit * plain.couplings(case.lattice), rtol=1e-14
            )
    logarithms = np.log(units)
    assert len(set(units)) == len(units)
    assert np.abs(logarithms).max() < 0.3
    # Uniform between -0.3 and 0.3.
    assert chance.largest(abs(logarithms.mean()) / (0.6 / np.sqrt(12 * len(units))), number=1, sigmas=5.0)


@pytest.mark.parametrize(("model", "controls"), [("ising", {"field": "0.2"}), ("potts:states=3", {})])
def test_draws_in_a_hidden_unit_are_those_of_the_exact_solution(
    model: str, controls: dict[str, str], tmp_path: Path
) -> None:
    values = {**CONDITIONS, "model": model, "controls": controls}
    if "potts" in model:
        values |= {"sizes": ["3x3"], "temperature": "0.8,1.1"}
    (sealed,) = seal(values, tmp_path / "it", progress=False)
    averages = sealed.observables()
    assert "hidden" in sealed.model.text
    with pytest.raises(InputError, match="is sealed"):
        critical_temperature(sealed.model, sealed.lattice)
    with pytest.raises(InputError, match="is sealed"):
        sealed.model.references()
    with pytest.raises(InputError, match="is sealed"):
        enumerate_states(sealed.model, sealed.lattice, temperature=1.0)
    open_sealed(tmp_path / "it")
    opened = open_ensemble(sealed.path)
    assert not opened.model.sealed
    field = {name: float(text) for name, text in controls.items()}
    exact = [enumerate_states(opened.model, opened.lattice, temperature=t, **field).energy for t in opened.temperature]
    flat = averages.squeeze()
    assert chance.within(flat["energy"].values, exact, flat["energy_error"].values)


def test_a_blind_analysis_from_its_plan_to_its_opening(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, out = tmp_path / "make.toml", tmp_path / "sealed"
    plan.write_text('sizes = [4, 6]\ntemperature = "2:2.5:3"\nchains = 8\nequilibration = 8\n')

    def refused(why: str, *words: object) -> None:
        assert spinlens("blind", *words) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert why in said

    refused("must be given", plan)
    assert spinlens("blind", plan, "--out", out) == 0
    first = json.loads((out / "sealed.json").read_text())
    assert "hidden unit" in capsys.readouterr().out
    assert spinlens("blind", plan, "--out", out) == 0
    assert json.loads((out / "sealed.json").read_text()) == first
    assert spinlens("observables", out / "ensembles" / "4x4.ens", "--csv") == 0
    assert spinlens("info", out) == 0
    printed = capsys.readouterr().out
    sealed = open_ensemble(out / "ensembles" / "6x6.ens")
    unit = sealed.temperature[0] / 2
    np.testing.assert_allclose(sealed.temperature, unit * np.linspace(2, 2.5, 3), rtol=1e-14)
    assert f"{unit:.4g}" not in printed
    plan.write_text(plan.read_text() + 'algorithm = "auto"\n')
    refused("tells by its choice", plan, "--out", tmp_path / "other")
    assert not (tmp_path / "other").exists()
    plan.write_text('sizes = [4, 6]\ntemperature = "2:2.5:4"\n')
    refused("sealed with other values", plan, "--out", out)
    refused("is not empty", plan, "--out", tmp_path)
    kept = (out / ".secret").read_bytes()
    (out / ".secret").write_text("another secret")
    refused("is not the one that was published", "open", out)
    (out / ".secret").write_bytes(kept)
    refused("must be given", "open")
    assert spinlens("blind", "open", out) == 0
    assert f"multiplied by {unit:.9g}" in capsys.readouterr().out
    opened = open_ensemble(out / "ensembles" / "6x6.ens")
    onsager = unit * 2 / np.log(1 + np.sqrt(2))
    assert critical_temperature(opened.model, opened.lattice) == pytest.approx(onsager, rel=1e-12)
    assert opened.model.references()[0].value == pytest.approx(onsager, rel=1e-12)
    refused("was opened", plan, "--out", out)


def test_an_interrupted_simulation_goes_on_with_its_secret(tmp_path: Path) -> None:
    def interrupt(fraction: float, note: str) -> None:
        if fraction > 0.3:
            raise KeyboardInterrupt

    values = {**CONDITIONS, "sizes": [4, 6]}
    with pytest.raises(IncompleteError):
        seal(values, tmp_path / "it", workers=1, progress=interrupt)
    first = json.loads((tmp_path / "it" / "sealed.json").read_text())
    ensembles = seal(values, tmp_path / "it", progress=False)
    assert len({ensemble.temperature[0] for ensemble in ensembles}) == 1
    assert json.loads((tmp_path / "it" / "sealed.json").read_text()) == first
    assert all(isinstance(ensemble, sl.Ensemble) and ensemble.complete for ensemble in ensembles)
