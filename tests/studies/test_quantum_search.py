"""Searches in the transverse field while the temperature shrinks with the size, from keywords and from the shell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import spinlens as sl
from spinlens.cli.main import app
from spinlens.errors import InputError
from spinlens.exact import transverse_chain
from spinlens.phases.transitions import Findings
from spinlens.statistics.scaling.line import Line, line_through
from spinlens.statistics.scaling.scan import Curves
from spinlens.studies import find
from spinlens.studies.find import Preset, Window
from spinlens.studies.shrinking import Shrinking, held
from spinlens.testing.chance import uncounted, within

SIZES, AXES = (6, 8, 12), {"transverse_field": (0.6, 1.5), "temperature": "2/L"}


@pytest.fixture(scope="module")
def found() -> Findings:
    """A search over rings, T = 2 / L."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(find.PRESETS, "quick", Preset(40, 120))
        patch.setitem(find.TIMED, "equilibration", 32)
        return find.find_transitions(sl.TransverseIsing(), kind="chain", sizes=SIZES, progress=False, **AXES)


def test_rings_have_their_transition_where_the_infinite_chain_has_it(found: Findings) -> None:
    (transition,) = found.transitions
    assert (transition.axis, transition.kind, found.unsound) == ("transverse_field", "continuous", ())
    assert within(transition.value, 1.0, transition.error)
    assert transition.error < 0.02
    assert found.summary()["fixed"] == {"temperature": "2/L"}
    assert found.study is not None
    assert [scan.temperature for scan in found.study.scans] == [2.0 / length for length in SIZES]


def deviations(found: Findings) -> list[tuple[float, float, float]]:
    """Return energies and responses between the fields that were sampled, those of free fermions, and errors."""
    assert found.study is not None
    rows = []
    for scan in found.study.scans:
        between = np.linspace(scan.low, scan.high, 6)[1:-1]
        curves = scan.curves(between)

        def exact(name: str, field: float, scan: Curves = scan) -> float:
            return float(transverse_chain(temperature=2 / scan.length, transverse_field=field, sites=scan.length)[name])

        for k, value in enumerate(between):
            slope = [exact("transverse_magnetization", value + step) for step in (-1e-4, 1e-4)]
            known = {"energy": exact("energy", value), "response": (slope[1] - slope[0]) / 2e-4}
            for name, right in known.items():
                whole, *left_out = curves[name][k]
                rows.append((whole, right, float(np.sqrt((scan.groups - 1) * np.var(left_out)))))
    return rows


def test_between_the_fields_are_free_fermions(found: Findings) -> None:
    """Recordings are reweighted by the number of kinks, at the temperature of each size."""
    estimates, exact, errors = np.array(deviations(found)).T
    assert within(estimates, exact, errors)
    assert (errors < 0.1 * np.abs(exact)).all()


def test_mistakes_of_reweighting_are_noticed(found: Findings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinks that weigh as a field would, and the part of the response that their logarithm has, left out."""
    right = Line.drive
    for name, wrong in (
        ("drive", lambda self, values: right(self, np.sqrt(values))),
        ("slopes", lambda self, values: (1.0 / values, 0.0 * values)),
    ):
        with monkeypatch.context() as patch, uncounted():
            patch.setattr(Line, name, wrong)
            estimates, exact, errors = np.array(deviations(found)).T
            assert not within(estimates, exact, errors), name


def test_kinks_alone_are_what_a_transverse_field_acts_on() -> None:
    model, ring = sl.TransverseIsing(), sl.Lattice((6,))
    values = np.array([0.3, 0.8, 1.3])
    line = line_through(
        "transverse_field", lambda value: model.factors(ring, temperature=0.25, transverse_field=value), values
    )  # fmt: skip
    assert np.flatnonzero(line.direction).tolist() == [model.tables(ring).names.index("kinks")]
    assert line.drive(values) - line.drive(values[:1]) == pytest.approx(np.log(values / 0.3), abs=1e-12)
    first, second = line.slopes(values)
    assert first == pytest.approx(1 / values, rel=1e-5)
    assert second == pytest.approx(-1 / values**2, rel=1e-5)


def test_a_control_that_shrinks() -> None:
    assert held("temperature", "2/L") == Shrinking(2.0)
    assert held("field", " -0.5e1 / L^1.875 ") == Shrinking(-5.0, 1.875)
    assert held("temperature", "0.7") == held("temperature", 0.7) == 0.7
    for each in (Shrinking(2.0), Shrinking(0.1, 1.875)):
        assert held("temperature", str(each)) == each
    assert Shrinking(2.0, 2.0).at(4) == 0.125
    window = Window.of({"transverse_field": (0.8, 1.3), "temperature": "2/L", "field": 0.0})
    assert window.fixed_at(16) == {"temperature": 0.125, "field": 0.0}
    # Imaginary time is one more direction where it grows with the sides, and none where it does not.
    assert window.dimensions(sl.TransverseIsing(), 1) == 2
    assert window.dimensions(sl.Ising(), 1) == 1
    assert Window.of({"transverse_field": (1, 2), "temperature": 0.5}).dimensions(sl.TransverseIsing(), 2) == 2


@pytest.mark.parametrize("value", ["2*L", "/L", "2/L^", "2/L^-1", "2/L^0", "nan", "1e999/L", None, "2/M"])
def test_what_does_not_shrink_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="one over a power of the size"):
        held("temperature", value)


def test_the_shell_asks_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(find, "find_transitions", lambda model, **options: asked.append({"model": model, **options}))
    command = "find --model transverse_ising --lattice chain --axis transverse_field=0.6:1.5 --axis temperature=2/L"
    assert CliRunner().invoke(app, command.split(), catch_exceptions=False).exit_code == 0
    (options,) = asked
    assert options["model"] == sl.TransverseIsing()
    assert {name: options[name] for name in ("kind", *AXES)} == {"kind": "chain", **AXES}


def test_the_shell_says_so_in_one_sentence() -> None:
    command = "find --model transverse_ising --axis transverse_field=1:2 --axis temperature=2/K"
    result = CliRunner().invoke(app, command.split())
    assert isinstance(result.exception, InputError)
    assert "temperature = '2/K': must be a finite number" in str(result.exception)
    assert result.exception.exit_code == 2
