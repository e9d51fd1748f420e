"""The answer of a search as a picture: curves, and the place of every method where there is one."""

from __future__ import annotations

import pytest
from tests.phases.transitions.exactly import mean_field

from spinlens.errors import InputError
from spinlens.figures import draw_findings
from spinlens.phases.transitions import Findings, search


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
