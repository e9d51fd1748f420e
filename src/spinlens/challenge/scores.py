"""Scores of answers to a number: intervals, coverage, probabilities, each of a truth that may be uncertain itself."""

from __future__ import annotations

from scipy.stats import beta, norm


def interval_score(low: float, high: float, level: float, *, truth: float, error: float = 0.0) -> float:
    """Return the interval score of a central interval: its width, and a penalty for a truth outside of it.

    Parameters
    ----------
    low, high : float
        The interval.
    level : float
        Its probability, for example 0.95.
    truth, error : float
        Mean and standard deviation of what is known; the score is the mean over it.

    Notes
    -----
    (high - low) + 2 / (1 - level) times the distance of the truth from the interval; smaller is better, and nobody can
    expect less than by saying the quantiles that he believes in [1]_.

    References
    ----------
    .. [1] T. Gneiting and A. E. Raftery, J. Am. Stat. Assoc. 102, 359 (2007), doi:10.1198/016214506000001437.
    """
    beyond = _excess(low - truth, error) + _excess(truth - high, error)
    return high - low + 2.0 / (1.0 - level) * beyond


def covered(low: float, high: float, *, truth: float, error: float = 0.0) -> float:
    """Return the probability that the truth lies in an interval: 0 or 1 where it is known exactly."""
    if error == 0:
        return float(low <= truth <= high)
    return float(norm.cdf((high - truth) / error) - norm.cdf((low - truth) / error))


def binomial_band(successes: float, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson for a probability; successes may be a mean, and then no whole number.

    With fewer or more successes than were seen at either end, the one-sided chance is at most (1 - level) / 2.
    """
    tail = (1.0 - level) / 2.0
    low = 0.0 if successes <= 0 else float(beta.ppf(tail, successes, trials - successes + 1))
    high = 1.0 if successes >= trials else float(beta.ppf(1.0 - tail, successes + 1, trials - successes))
    return low, high


def _excess(mean: float, error: float) -> float:
    """Return the mean of the positive part of a Gaussian number."""
    if error == 0:
        return max(0.0, mean)
    z = mean / error
    return float(mean * norm.cdf(z) + error * norm.pdf(z))
