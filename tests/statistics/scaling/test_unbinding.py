"""Where vortices unbind: the known end of Kosterlitz' flow is found through logarithms that nobody put in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from tests.statistics.scaling.kosterlitz import study_of, unbinding, unbinding_temperature

from spinlens.statistics.scaling import PhaseEnd
from spinlens.statistics.scaling import unbinding as module
from spinlens.statistics.scaling.phase_ends import UNBINDING
from spinlens.testing.chance import count, tail, uncounted

LENGTHS = (16, 24, 32, 48, 64)
SEEDS = range(3)


def pulls(
    by: str, fugacity: float, seeds: Iterable[int], error: float = 1e-3, end: PhaseEnd = UNBINDING
) -> list[float]:
    """Return deviations from the end of the flow in standard errors."""
    exact = unbinding_temperature(fugacity)
    found = [
        study_of(
            unbinding(LENGTHS, 0.88 * exact, 1.12 * exact, fugacity=fugacity, seed=seed, error=error)
        ).unbinding(by=by, end=end)
        for seed in seeds
    ]  # fmt: skip
    assert max(each.error for each in found) < 0.03 * exact
    return [(each.value - exact) / each.error for each in found]


@pytest.mark.parametrize(("fugacity", "error"), [(0.1, 1e-3), (0.05, 1e-3), (0.1, 1e-4)])
@pytest.mark.parametrize("by", ["growth", "jump"])
def test_the_end_of_the_flow_is_covered(by: str, fugacity: float, error: float) -> None:
    found = pulls(by, fugacity, SEEDS, error)
    count(len(found), tail(5))
    assert np.max(np.abs(found)) < 5
    # An error that is a hundredth of what it should be would be noticed.
    assert np.max(100 * np.abs(found)) > 5


@pytest.mark.parametrize(
    ("by", "name", "wrong"),
    [
        ("growth", "growth", 1.5),
        ("growth", "logarithm", -0.125),
        ("jump", "jump", (1 / np.pi, 0.318899454)),
        ("jump", "jump", (0.63650817819, -0.318899454)),
        ("jump", "SCALES", {"none": lambda shifted: 1e6 + shifted}),
    ],
)
def test_mistakes_in_the_laws_are_noticed(by: str, name: str, wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
    end = UNBINDING
    if name == "SCALES":
        monkeypatch.setattr(module, name, wrong)
    else:
        end = replace(UNBINDING, **{name: wrong})  # type: ignore[arg-type]
    with uncounted():
        try:
            found = pulls(by, 0.1, [1], error=1e-4, end=end)
        except (module.InputError, AssertionError):
            return
    assert np.max(np.abs(found)) > 5
