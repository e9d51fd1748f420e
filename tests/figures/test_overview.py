import numpy as np
import xarray as xr

from spinlens.figures import draw_overview


def _labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_three_panels_with_the_lines_and_their_names(maps, crossover):
    figure = draw_overview(maps, crossover)
    panels = [ax for ax in figure.axes if ax.get_title(loc="left")]
    assert len(panels) == 3
    text = " ".join(_labels(figure))
    for part in ("exact $C$", "exact $\\chi$", "ridge of $\\tau_1$", "ensemble", "not equilibrated"):
        assert part in text
    assert any("T_c" in note.get_text() for note in panels[1].texts)


def test_the_ridge_lies_where_it_was_found(maps, crossover):
    panel = draw_overview(maps, crossover).axes[2]
    drawn = {line.get_label(): line for line in panel.lines}
    marks = [container for container in panel.containers if "tau_1" in str(container.get_label())]
    assert len(marks) == 1
    np.testing.assert_array_equal(marks[0].lines[0].get_ydata(), crossover.lines["tau_1"].to_numpy())
    assert any("exact" in str(label) for label in drawn)


def test_it_draws_without_a_transition_or_a_ridge(maps, crossover):
    from dataclasses import replace

    nothing = replace(crossover.critical_temperature, value=np.nan, error=np.nan)
    lines = crossover.lines.assign(tau_1=xr.full_like(crossover.lines["tau_1"], np.nan))
    figure = draw_overview(maps, replace(crossover, critical_temperature=nothing, lines=lines))
    assert not any(ax.texts for ax in figure.axes)
