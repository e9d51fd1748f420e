"""The answer of a search as a picture: curves, and the place of every method where there is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.phases.transitions.exactly import mean_field
from tests.statistics.scaling.kosterlitz import clock, clock_ends, study_of, unbinding, unbinding_temperature

from spinlens.errors import InputError
from spinlens.figures import draw_findings
from spinlens.phases.transitions import Findings, evidence, search, together
from spinlens.statistics.scaling import locking
from spinlens.statistics.scaling.phase_ends import UNBINDING


def test_methods_are_drawn_where_there_is_a_transition_and_nothing_else_where_there_is_none():
    found = search(mean_field(1), nulls=False)
    *curves, methods = draw_findings(found).axes
    assert len(curves) == 2
    names = [text.get_text() for text in methods.get_yticklabels()]
    assert names == [place.method for place in found.transitions[0].by_method if place.estimate] + ["together"]
    low, high = methods.get_xlim()
    assert low < found.transitions[0].interval_95[0] < found.transitions[0].interval_95[1] < high
    nothing = draw_findings(search(mean_field(1, field=0.1), nulls=False))
    assert len(nothing.axes) == 2
    with pytest.raises(InputError, match="contradict"):
        draw_findings(Findings((), 0.5, "mixed up", None))


def test_where_vortices_unbind_the_stiffness_is_drawn_against_its_jump():
    place, lengths = unbinding_temperature(), (16, 24, 32)
    study = study_of(unbinding(lengths, 0.88 * place, 1.12 * place, error=3e-4))
    found = Findings((), 0.0, "", evidence(study, end=UNBINDING), study=study)
    growth, moduli = draw_findings(found).axes
    assert "susceptibility" in growth.get_ylabel()
    assert "helicity" in moduli.get_ylabel()
    marks = [line.get_xydata()[0] for line in moduli.lines if line.get_marker() == "o"]
    assert len(marks) == len(lengths)
    # The marks are one temperature, and lie on the curves: what was fitted is what is drawn.
    assert {mark[0] for mark in marks} == {study.unbinding(by="jump").best.value.value}
    curves = [line.get_xydata() for line in moduli.lines if line.get_label().startswith("L = ")]
    for (x, y), curve in zip(marks, curves, strict=True):
        assert np.interp(x, *curve.T) == pytest.approx(y, rel=5e-3)
    (line,) = [line for line in moduli.lines if line.get_linestyle() == "--"]
    assert line.get_ydata() / line.get_xdata() == pytest.approx(2 / np.pi, rel=1e-3)


def test_where_angles_lock_in_the_rates_are_drawn_and_each_window_has_a_row():
    low, _ = clock_ends(6, 0.05)
    study = study_of(clock((16, 24, 32), 0.87 * low, 1.15 * low, fugacity=0.05, error=3e-4))
    seen = evidence(study, end=locking(6))
    locked = Findings((), 0.0, "", seen, study=study)
    growth, rates = draw_findings(locked).axes
    (words,) = growth.texts
    assert "angles lock in" in words.get_text()
    assert str(seen.stretch.ordered) in rates.get_title(loc="left")
    # Phases that coexist are no critical phase, whatever its rates.
    assert seen.critical
    assert not replace(seen, deepening=9.0).critical
    other = search(mean_field(1, field=0.1), nulls=False)
    assert len(draw_findings(together([locked, other])).axes) == 4
