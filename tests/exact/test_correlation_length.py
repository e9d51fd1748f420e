import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import correlation_length, critical_temperature


def strip_gaps(temperature, width):
    """Return ln of the largest over the next eigenvalue of a periodic strip's transfer matrix: odd and even states."""
    states = 1 - 2 * ((np.arange(2**width)[:, None] >> np.arange(width)) & 1)
    within = np.exp((states * np.roll(states, 1, axis=1)).sum(axis=1) / (2 * temperature))
    matrix = within[:, None] * np.exp(states @ states.T / temperature) * within
    # Every state and its reversal: even and odd combinations do not mix.
    half = 2 ** (width - 1)
    same, reverse = matrix[:half, :half], matrix[:half, : half - 1 : -1]
    even, odd = (np.sort(np.linalg.eigvalsh(same + sign * reverse))[::-1] for sign in (1, -1))
    return np.log(even[0] / odd[0]), np.log(even[0] / even[1])


@pytest.mark.parametrize("temperature", [3.2, 4.0, 6.0])
def test_above_the_transition_it_is_the_gap_of_a_strip(temperature):
    gap, _ = strip_gaps(temperature, 10)
    # The strip's length differs from that of the plane by exp(-width / length).
    assert correlation_length(temperature)[0] == pytest.approx(
        1 / gap, rel=2 * np.exp(-10 / correlation_length(temperature)[0])
    )


@pytest.mark.parametrize("temperature", [1.4, 1.7])
def test_below_it_is_the_gap_of_two_walls_on_a_wide_strip(temperature):
    widths = np.array([6, 8, 10])
    gaps = [strip_gaps(temperature, int(width))[1] for width in widths]
    # Two walls with opposite momenta: the gap falls to its limit in powers of 1 / width^2.
    limit = np.linalg.solve(np.vander(1.0 / widths**2, increasing=True), gaps)[0]
    assert 1 / limit == pytest.approx(correlation_length(temperature)[0], rel=5e-3)


def test_limits_scale_and_sign():
    assert correlation_length(critical_temperature())[0] == np.inf
    near = critical_temperature() * (1 + np.array([-1e-4, 1e-4]))
    below, above = correlation_length(near)[0]
    assert above / below == pytest.approx(2, rel=1e-3)
    assert correlation_length(6.0, couplings=(-3.0, -3.0))[0] == pytest.approx(correlation_length(2.0)[0])
    assert correlation_length(1e8)[0] == pytest.approx(1 / np.log(1e8), rel=1e-6)
    assert correlation_length(0.001)[0] == pytest.approx(0.00025)
    assert correlation_length([2.0, 3.0])[0].shape == (2,)


@pytest.mark.parametrize("temperature", [0.0, np.nan, "warm"])
def test_refuses_what_is_no_temperature(temperature):
    with pytest.raises(InputError, match="temperature"):
        correlation_length(temperature)
