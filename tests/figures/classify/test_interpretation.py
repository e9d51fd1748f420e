import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import correlation_length
from spinlens.figures.classify import (
    Prediction,
    draw_attention_distance,
    draw_attention_maps,
    draw_energy_dependence,
    draw_linear_heads,
    draw_posterior,
    draw_pretraining,
    draw_reliability,
)
from spinlens.phases.regions import calibration


@pytest.fixture(scope="module")
def judged(images, belief):
    exact = belief.predict_proba(images.energy)
    labels = [int(np.random.default_rng(place).choice(4, p=row)) for place, row in enumerate(exact)]
    return calibration(labels, exact, exact=exact)


def test_reliability(judged):
    ax = draw_reliability({"vit": judged})
    full = judged.images >= 5
    line = ax.containers[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), judged.confidence[full])
    np.testing.assert_allclose(line.get_ydata(), judged.accuracy[full])
    assert f"{judged.expected_error:.1%}" in ax.get_title(loc="left")
    with pytest.raises(InputError, match="nothing to draw"):
        draw_reliability({})


def test_posterior_panels_show_where_two_regions_meet(images, belief):
    exact = belief.predict_proba(images.energy)
    wrong = exact[:, ::-1]
    figure = draw_posterior(Prediction(images.energy, wrong), belief)
    distance = np.abs(wrong - exact).sum(1).mean() / 2
    assert f"{distance:.1%}" in figure.get_suptitle()
    for edge, ax in enumerate(figure.axes):
        low, high = ax.get_xlim()
        hotter = 1 - belief.predict_proba([low, high]).cumsum(axis=1)[:, edge]
        assert hotter[0] < 0.01 or low < -2
        assert hotter[1] > 0.99
        shown = (images.energy >= low) & (images.energy <= high)
        for label in range(4):
            dots, _, curve = ax.lines[3 * label : 3 * label + 3]
            np.testing.assert_allclose(dots.get_ydata(), wrong[shown, label])
            np.testing.assert_allclose(curve.get_ydata(), belief.predict_proba(curve.get_xdata())[:, label])
    with pytest.raises(InputError, match=r"probability.shape"):
        draw_posterior(Prediction(images.energy, wrong[:, :3]), belief)


def test_attention_maps_lie_over_their_spins(attention):
    figure = draw_attention_maps(attention)
    panels = np.reshape(figure.axes[:12], (3, 4))
    for line, name in ((1, "attention"), (2, "rollout")):
        for column in range(4):
            spins, overlay = panels[line, column].images
            np.testing.assert_array_equal(spins.get_array(), attention["spins"][column] > 0)
            np.testing.assert_allclose(overlay.get_array(), 16 * attention[name][column])
            assert list(overlay.get_extent()) == [-0.5, 7.5, 7.5, -0.5]
    largest = 16 * float(attention["attention"].max())
    assert f"{largest:.3g} times" in figure.get_suptitle()


def test_attention_distance_beside_the_correlation_length(attention):
    ax = draw_attention_distance(attention, lengths=lambda temperature: correlation_length(temperature)[0])
    lines = {str(line.get_label()): line for line in ax.lines}
    exact = lines["exact correlation length"]
    np.testing.assert_allclose(exact.get_ydata(), correlation_length(exact.get_xdata())[0])
    bars = {container.get_label(): container.lines[0].get_ydata() for container in ax.containers}
    for network in ("trained", "untrained"):
        mean = attention["distance"].sel(network=network).mean(("layer", "head"))
        np.testing.assert_allclose(bars[f"{network}, mean of heads"], mean)
    thin = [line for line in ax.lines if line.get_linewidth() == 0.7 and len(line.get_xdata()) == 5]
    assert len(thin) == 6
    assert "uniform attention, 3.1" in lines


def test_probes_show_what_is_left(probes):
    ax = draw_linear_heads(probes)
    drawn = {container.get_label(): container.lines[0].get_ydata() for container in ax.containers}
    np.testing.assert_allclose(drawn["energy"], [0.1, 0.01, 0.001])
    np.testing.assert_allclose(drawn["absolute order parameter"], [0.2, 0.05, 0.03])
    assert "layer 2" in ax.get_title(loc="left")
    assert "0.9990" in ax.get_title(loc="left")
    for share in (0.999, 0.99992):
        ax = draw_linear_heads(probes.assign(r2=probes["r2"] * 0 + share))
        ax.figure.draw_without_rendering()
        assert ax._left_title.get_window_extent().x1 < ax.figure.bbox.x1
    assert "but for 0.008% of its variance" in ax.get_title(loc="left")


def test_energy_dependence(dependence):
    figure = draw_energy_dependence(dependence)
    for pair, ax in enumerate(figure.axes):
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), dependence["difference"][pair])
        np.testing.assert_array_equal(ax.lines[1].get_ydata(), dependence["curve"][pair])
        assert f"{(0.7, 0.8, 0.9)[pair]:.1%}" in ax.get_title(loc="left")
    assert "70.0%" in figure.get_suptitle()


def test_pretraining_beside_its_floor(history):
    ax = draw_pretraining(history, single_spin_loss=0.25, single_spin_error=0.01, single_spin_floor=0.22)
    assert [line.get_ydata()[0] for line in ax.lines[:2]] == [1.0, 1.1]
    assert "0.0300 nats more" in ax.get_title(loc="left")
    assert any(np.allclose(line.get_ydata(), 0.22) for line in ax.lines)
    assert {str(line.get_label()) for line in ax.lines[:2]} == {"training, hidden spins", "held out, hidden spins"}
    within = draw_pretraining(history, single_spin_loss=0.22, single_spin_error=0.01, single_spin_floor=0.221)
    assert "no more than they must" in within.get_title(loc="left")
    alone = draw_pretraining([{"epoch": 1, "loss": 0.7, "hidden_loss": 0.5}])
    assert "0.500 nats" in alone.get_title(loc="left")
    with pytest.raises(InputError, match="history = 0"):
        draw_pretraining([])
