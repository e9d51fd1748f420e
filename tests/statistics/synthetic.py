"""Series whose exact averages and autocorrelations are known."""

from __future__ import annotations

import numpy as np


def sticky(generator, shape, draw, *, stay):
    """Chains that repeat the last value with probability ``stay``, else draw afresh: rho(t) = stay^t."""
    fresh = draw(generator, shape)
    repeats = generator.random(shape) < stay
    repeats[..., 0] = False
    source = np.where(repeats, 0, np.arange(shape[-1]))
    return np.take_along_axis(fresh, np.maximum.accumulate(source, axis=-1), axis=-1)
