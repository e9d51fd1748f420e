"""Update probabilities as 64-bit thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from spinlens.models import Ising
from spinlens.sampling.kernels.bitsliced import FAST_BITS

ALGORITHMS = ("heat_bath", "metropolis")
NEIGHBOURS = 4


@dataclass(frozen=True, slots=True)
class Rules:
    """What the kernel needs to know of each condition.

    Attributes
    ----------
    thresholds : numpy.ndarray
        uint64 (conditions, 5): for 0 to 4 up neighbours, 2**64 times the probability of drawing a one: up for the
        heat bath, leaving the favoured state for Metropolis. Rounded down; 1 is stored as 2**64 - 1.
    favoured : numpy.ndarray
        uint64 (conditions, 5): all ones where up has the lower energy, else zero.
    planes : numpy.ndarray
        uint64 (conditions, FAST_BITS, 5): the leading bits of the thresholds, each spread to a whole word.
    metropolis : bool
        The rule.
    """

    thresholds: np.ndarray
    favoured: np.ndarray
    planes: np.ndarray
    metropolis: bool


def rules(model: Ising, temperature: np.ndarray, field: float, algorithm: str) -> Rules:
    """Return the update rules at each temperature (conditions,) in one field."""
    metropolis = algorithm == "metropolis"
    probability = _leave_probability if metropolis else _up_probability
    gaps = [2 * (model.coupling * (2 * n - NEIGHBOURS) + field) for n in range(NEIGHBOURS + 1)]
    thresholds = np.array([[probability(gap, float(t)) for gap in gaps] for t in temperature], dtype=np.uint64)
    ones = ~np.uint64(0)
    favoured = np.where(np.array(gaps) >= 0, ones, np.uint64(0))
    places = np.arange(63, 63 - FAST_BITS, -1, dtype=np.uint64)
    leading = (thresholds[:, None, :] >> places[None, :, None]) & np.uint64(1)
    planes = np.where(leading == 1, ones, np.uint64(0))
    return Rules(thresholds, np.broadcast_to(favoured, thresholds.shape).copy(), planes, metropolis)


def _up_probability(gap: float, temperature: float) -> int:
    """Heat bath: p = 1 / (1 + exp(-gap / T)), where gap = E(down) - E(up)."""
    with localcontext(prec=60):
        return _threshold(1 / (1 + (-Decimal(gap) / Decimal(temperature)).exp()))


def _leave_probability(gap: float, temperature: float) -> int:
    """Metropolis: exp(-abs(gap) / T), the probability of accepting the move uphill."""
    with localcontext(prec=60):
        return _threshold((-abs(Decimal(gap)) / Decimal(temperature)).exp())


def _threshold(probability: Decimal) -> int:
    return min(int(probability * 2**64), 2**64 - 1)
