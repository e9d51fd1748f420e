import numpy as np

from spinlens.figures.palette import diverging


def _lightness(colours):
    """CIE lightness of sRGB colours, between 0 and 100."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(luminance) - 16


def test_lightness_falls_evenly_and_equally_on_both_sides():
    lightness = _lightness(diverging()(np.linspace(0, 1, 257))[:, :3])
    steps = np.diff(lightness)
    left, right = steps[:128], steps[128:]
    assert (left > 0).all()
    assert (right < 0).all()
    assert left.max() < 2 * left.min()
    np.testing.assert_allclose(lightness, lightness[::-1], atol=6)
    assert lightness[128] > 93


def test_the_sides_differ_for_readers_without_red_or_green():
    # Deuteranopes keep the blue-yellow axis: b - (r + g) / 2 has another sign on the two sides.
    low, high = diverging()([0.1, 0.9])[:, :3]
    assert low[2] - (low[0] + low[1]) / 2 > 0.2
    assert high[2] - (high[0] + high[1]) / 2 < -0.2
