import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.figures.classify import draw_confusion, draw_disturbances, draw_label_efficiency, draw_scores
from spinlens.phases.regions import ScoreRow
from spinlens.statistics import Estimate


def drawn(ax):
    """Return the heights of the middles of all error bars."""
    return sorted(float(each.lines[0].get_ydata(orig=False)[0]) for each in ax.containers)


def test_means_published_values_and_the_ceiling(rows):
    figure = draw_scores(rows, titles={"periodic": "Periodic (ferromagnetic)", "skewed": "Skewed +/-"})
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Periodic (ferromagnetic)", "Skewed +/-"]
    for ax in figure.axes:
        np.testing.assert_allclose(drawn(ax), [0.88, 0.88, 0.934, 0.95, 0.95])
        assert any(line.get_ydata()[0] == 0.975 for line in ax.lines)
        assert any(line.get_ydata()[0] == 0.966 for line in ax.lines)
        bar = ax.containers[0].lines[2][0].get_segments()[0]
        np.testing.assert_allclose(bar[:, 1], [0.94, 0.96])
    assert f"{0.95 / 0.975:.1%}" in figure.get_suptitle()


def test_the_title_names_the_best_of_every_system(rows):
    better = [replace(row, macro_f1=Estimate(0.97, 0.01)) if row.system == "skewed" else row for row in rows]
    assert "97.4% to 99.5%" in draw_scores(better).get_suptitle()


def test_the_title_says_what_is_reached_without_bond_sums(rows):
    begun = [replace(row, pretrained="lattice") for row in rows]
    alone = [replace(row, pretrained="spins", macro_f1=Estimate(0.90, 0.01)) for row in rows]
    title = draw_scores([*begun, *alone]).get_suptitle()
    assert f"{0.95 / 0.975:.1%} of the best" in title
    assert f"{0.90 / 0.975:.1%} without bond sums" in title


def test_trials_are_dots_beside_their_mean(rows):
    trials = [0.94, 0.95, 0.96]
    ax = draw_scores([replace(rows[0], macro_f1_trials=trials)]).axes[0]
    assert any(np.array_equal(line.get_ydata(orig=False), trials) for line in ax.lines)


@pytest.mark.parametrize(
    "systems", [("periodic",), ("periodic", "skewed"), ("periodic", "skewed", "antiperiodic", "antiferromagnet")]
)
def test_everything_lies_on_the_page(rows, systems):
    kinds = [replace(row, pretrained=begun) for row in rows[:4] for begun in ("lattice", "spins")]
    figure = draw_scores([replace(row, system=system) for system in systems for row in kinds])
    figure.draw_without_rendering()
    page = figure.bbox
    for artist in (figure.legends[0], figure._suptitle, *figure.axes):
        box = artist.get_tightbbox()
        assert box.x0 >= page.x0 - 1
        assert box.x1 <= page.x1 + 1
        assert box.y0 >= page.y0 - 1


def test_the_legend_of_label_efficiency_leaves_room(efficiency):
    alone = [replace(row, pretrained="spins") for row in efficiency if row.pretrained == "lattice"]
    ax = draw_label_efficiency([*efficiency, *alone])
    ax.figure.draw_without_rendering()
    assert ax.get_window_extent().width > 0.6 * ax.figure.bbox.width


def test_rows_without_extras(rows):
    named = {name: getattr(rows[0], name) for name in ("system", "network", "pretrained", "protocol")}
    figure = draw_scores([ScoreRow(**named, macro_f1=Estimate(0.95, 0.01), ceiling=Estimate(0.975, 0))])
    assert len(figure.axes) == 1
    assert drawn(figure.axes[0]) == [0.95]


def test_rows_survive_json(rows):
    full = replace(
        rows[0], macro_f1_trials=[0.94, 0.96], small_macro_f1=Estimate(0.93, 0.02), seeds=[3, 4], f1={"critical": 0.9},
        confusion=[[1, 0], [2, 3]], epochs=[5, 6], seconds=[0.5, 0.25], labels=600,
    )  # fmt: skip
    for row in (full, *rows):
        flat = json.dumps(row.to_dict())
        assert json.dumps(ScoreRow.from_dict(json.loads(flat)).to_dict()) == flat
    flat = full.to_dict()
    assert (flat["macro_f1_mean"], flat["macro_f1_std"], flat["ceiling_error"]) == (0.95, 0.01, 0.001)
    assert flat["published"] == [0.934, 0.008]
    assert flat["fraction_of_ceiling"] == 0.95 / 0.975


def test_refuses_nothing_and_several_systems(efficiency):
    with pytest.raises(InputError, match="rows = 0"):
        draw_scores([])
    with pytest.raises(InputError, match="one system"):
        draw_label_efficiency([*efficiency, replace(efficiency[0], system="skewed")])


def test_drawing_never_imports_pyplot_or_torch():
    code = "import sys, spinlens.figures.classify; print('matplotlib.pyplot' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_label_efficiency(efficiency):
    ax = draw_label_efficiency(efficiency)
    assert ax.get_xscale() == "log"
    pretrained, scratch = ax.containers
    np.testing.assert_allclose(pretrained.lines[0].get_xdata(orig=False), [10, 100, 600])
    np.testing.assert_allclose(pretrained.lines[0].get_ydata(orig=False), 0.95 - 1 / np.array([10, 100, 600]))
    np.testing.assert_allclose(scratch.lines[0].get_ydata(orig=False), 0.95 - 4 / np.array([10, 100, 600]))
    assert "adds 0.300" in ax.get_title(loc="left")
    assert any(np.allclose(line.get_ydata(orig=False), 0.975) for line in ax.lines)
    assert any(np.array_equal(line.get_ydata(), [0.9, 0.95]) for line in ax.lines)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["10", "100", "600"]


def test_confusion_is_normalised_by_rows(rows):
    table = np.array([[8, 2, 0, 0], [1, 3, 0, 0], [0, 0, 5, 0], [0, 1, 0, 1]])
    two = [replace(rows[0], confusion=table), replace(rows[2], confusion=np.eye(4))]
    figure = draw_confusion(two, title="Periodic", best=np.eye(4)[::-1] / 4)
    first = figure.axes[0]
    np.testing.assert_allclose(
        first.images[0].get_array()[[0, 1, 3]], [[0.8, 0.2, 0, 0], [0.25, 0.75, 0, 0], [0, 0.5, 0, 0.5]]
    )
    words = [text.get_text() for text in first.texts]
    assert words[:4] == ["80.0%", "20.0%", "0%", "0%"]
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["native ViT", "ResNet-18", "the best possible"]
    # Three of four mistakes are between neighbours.
    assert "Periodic: 75% of mistakes" in figure.get_suptitle()
    with pytest.raises(InputError, match="rows = 0"):
        draw_confusion([])


def test_disturbed_scores_stand_where_they_are():
    rows = [
        {"system": "xy", "network": "vit", "pretrained": begun, "disturbance": "spin_waves", "before": 0.9,
         "after": after, "error": 0.02, "best": 0.7}
        for begun, after in (("lattice", 0.65), ("spins", 0.4))
    ]  # fmt: skip
    (ax,) = draw_disturbances(rows, titles={"xy": "XY"}).axes
    assert [label.get_text().split("\n")[0] for label in ax.get_yticklabels()] == ["XY, spin waves added"] * 2
    for place, row in enumerate(rows):
        drawn = {float(line.get_xdata()[0]) for line in ax.lines if list(line.get_ydata()) == [place]}
        assert {row["before"], row["after"], row["best"]} <= drawn
    with pytest.raises(InputError, match="nothing to draw"):
        draw_disturbances([])
