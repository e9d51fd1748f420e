import json

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.phases import find_crossover, find_transition
from spinlens.phases.resampling import resampled_profiles
from spinlens.phases.ridge import find_ridge, vertex


@pytest.fixture(scope="module")
def found(make_maps):
    return find_crossover(make_maps(), resamples=100)


def test_planted_ridges_are_recovered(found, true_line):
    for name in ("tau_1", "specific_heat", "susceptibility"):
        known = np.isfinite(found.lines[name].to_numpy())
        assert known.sum() >= 15
        truth = true_line(found.lines["field"].to_numpy())[known]
        off = np.abs(found.lines[name].to_numpy()[known] - truth)
        error = found.lines[f"{name}_error"].to_numpy()[known]
        assert np.mean(off < 3 * error) > 0.85, name
        assert np.median(off / truth) < 0.02, name


def test_errors_cover_at_their_rate(make_maps, true_line):
    scores = []
    for seed in range(8):
        maps = make_maps(seed=seed)
        profiles = resampled_profiles(maps, "tau_1", resamples=100, seed=0)
        lines = find_ridge(maps["temperature"].to_numpy(), profiles)
        scores.append((lines.temperature - true_line(maps["field"].to_numpy())) / lines.error)
    scores = np.abs(np.concatenate(scores))
    assert 0.5 < np.mean(scores < 1) < 0.75
    assert np.mean(scores < 3) > 0.95


def test_a_line_read_at_grid_points_without_a_curve_is_caught(make_maps, true_line, monkeypatch):
    """A planted wrong estimator: the hottest raw grid point."""

    def raw(temperature, profiles):
        return np.stack([vertex(temperature, profile) for profile in profiles])

    maps = make_maps()
    truth = true_line(maps["field"].to_numpy())
    right = find_crossover(maps, resamples=20).lines["tau_1"].to_numpy() - truth
    wrong = raw(maps["temperature"].to_numpy(), maps["tau_1"].to_numpy()[:, None])[:, 0] - truth
    assert np.nanstd(right) < 0.6 * np.nanstd(wrong)


def test_opposite_fields_are_averaged(found):
    lines, pairs = found.lines.set_index(), found.pairs
    assert pairs["strength"].to_numpy().tolist() == sorted(set(np.abs(lines["field"].to_numpy())))
    up, down = (lines["tau_1"].sel(field=h).item() for h in (0.5, -0.5))
    assert pairs["tau_1"].sel(strength=0.5).item() == pytest.approx((up + down) / 2)
    one = lines["tau_1_error"].sel(field=[0.5, -0.5]).to_numpy()
    assert pairs["tau_1_error"].sel(strength=0.5).item() == pytest.approx(np.hypot(*one) / 2)


def test_the_effective_exponent(found):
    x = found.exponent["tau_1"]
    assert abs(x.value - 0.64) < 4 * x.error < 0.2
    assert 0.63 < found.exponent["exact_specific_heat"].value < 0.65
    assert 0.63 - 1e-3 < found.exponent["exact_susceptibility"].value < 0.65


def test_agreement_sees_a_shift(found):
    by_name = {(one.line, one.reference): one for one in found.agreement}
    same = by_name["tau_1", "specific_heat"]
    other = by_name["tau_1", "exact_susceptibility"]
    assert same.rms < 0.03 < other.rms
    assert same.reduced_chi_square < 4 < other.reduced_chi_square
    assert other.bias < 0


def test_summary_is_json_with_the_names_of_the_study(found):
    summary = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert {"value", "error", "exact", "relative_error"} <= set(summary["critical_temperature"])
    assert {
        "explained_variance_ratio",
        "rank_correlation_with_magnetization",
        "correlation_with_magnetization",
    } <= set(summary["nu_0"])
    assert summary["tau_1"]["explained_variance_ratio"] == 0.15
    row = {"field", "temperature", "error", "specific_heat_peak", "susceptibility_peak"}
    assert all(row <= set(line) for line in summary["crossover"])
    assert len(summary["crossover"]) == 17


def test_it_prints_a_table(found):
    text = str(found)
    assert "Tc = 2.2" in text
    assert "0.5" in text
    assert "nan" not in text


def test_a_ridge_outside_the_window_has_a_reason(make_maps):
    found = find_crossover(make_maps(temperature=np.linspace(1.5, 3.2, 40), noise=0.05), resamples=40)
    strongest = found.lines.sel(field=1.0)
    assert np.isnan(strongest["tau_1"])
    assert "nan" not in str(found)
    assert "edge" in str(strongest["tau_1_reason"].item())
    assert found.to_dict()["crossover"][-1]["temperature"] is None


def test_the_antiferromagnet_has_no_exact_lines(make_maps):
    maps = make_maps(noise=0.05)
    maps.attrs["coupling"] = -1.0
    found = find_crossover(maps, resamples=20)
    assert np.isnan(found.lines["exact_specific_heat"]).all()
    assert found.agreement[0].fields == 0
    assert "nan" not in str(found)


def test_one_sided_fields_work(make_maps):
    found = find_crossover(make_maps(field=np.linspace(0, 1, 6), noise=0.1), resamples=40)
    assert found.pairs.sizes["strength"] == 6
    assert found.to_dict()["asymmetry"]["tau_1"] is None


def test_one_field_is_refused_here_but_not_for_the_transition(make_maps):
    maps = make_maps(field=[0.0])
    with pytest.raises(InputError, match=r"^fields = 1: .*find_transition"):
        find_crossover(maps)
    assert find_transition(maps).value > 2
