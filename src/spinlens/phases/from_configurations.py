"""A transition from configurations and the values of a control alone: no Hamiltonian, no energy, no exact input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.phases.averaging import average
from spinlens.phases.indicators.overlaps import pair_overlaps
from spinlens.phases.indicators.principal import PrincipalOrder
from spinlens.statistics import Configurations, Estimate
from spinlens.statistics.scaling import Extrapolation, FiniteSize

Array = NDArray[np.float64]

TRAININGS = 5
"""Of each network, which the spread between trainings rests on."""


class Observer(Protocol):
    """What makes a number, or a vector, of each draw, after it has seen others; scikit-learn's conventions."""

    def fit(self, X: Configurations) -> Self:
        """Learn from configurations."""

    def transform(self, X: Configurations) -> Array:
        """Return float64 (C, chain, draw), with an axis more of a vector."""


class Overlaps:
    """Overlaps of pairs of chains as an observer, which has nothing to learn."""

    def fit(self, X: Configurations) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def transform(self, X: Configurations) -> Array:
        """Return `pair_overlaps`."""
        return pair_overlaps(X)


@dataclass(frozen=True)
class Finding:
    """What one observable says.

    Attributes
    ----------
    observable : str
        Which one, and what of it.
    limit : Extrapolation
        Where the infinite system has its transition.
    networks : float
        Standard deviation between trainings; zero where nothing was trained.
    weight : float
        Its share in the result.
    """

    observable: str
    limit: Extrapolation
    networks: float
    weight: float

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.weight:6.1%}  {self.observable}: {self.limit}"


@dataclass(frozen=True)
class FoundTransition:
    """A critical value of a control, from configurations alone.

    Attributes
    ----------
    control : str
        What was varied.
    value : float
        The weighted mean of all findings.
    chains : float
        Standard error from whole chains that are left out.
    networks : float
        Spread between trainings.
    choices : float
        Spread of observables, forms of extrapolation and windows.
    findings : tuple of Finding
        What went in, the heaviest first.
    """

    control: str
    value: float
    chains: float
    networks: float
    choices: float
    findings: tuple[Finding, ...]

    @property
    def error(self) -> float:
        """Chains, networks and choices together, in squares."""
        return float(np.sqrt(self.chains**2 + self.networks**2 + self.choices**2))

    @property
    def estimate(self) -> Estimate:
        """Value and error."""
        return Estimate(self.value, self.error)

    def __str__(self) -> str:
        """Print value and error."""
        return str(self.estimate)

    def table(self) -> str:
        """Return a line for each finding."""
        return "\n".join(map(str, self.findings))


def transition_from_configurations(
    sizes: Sequence[Configurations], *, observers: Mapping[str, Observer] | None = None, trainings: int = TRAININGS,
    reading: float = 0.5, between: tuple[float, float] | None = None,
) -> FoundTransition:  # fmt: skip
    """Find a continuous transition.

    Parameters
    ----------
    sizes : sequence of Configurations
        Several sizes over the same control, each of at least 16 chains that are read and 7 values of the control.
    observers : mapping of str to Observer, optional
        What makes order parameters of draws: they fluctuate round zero on one side of the transition. By default
        `PrincipalOrder` of a cell of 2 sites, and overlaps of pairs of chains. Each learns from the largest size and
        reads every size.
    trainings : int
        Of each observer that has a ``seed``, which is a network: it learns from some chains and reads the others.
    reading : float
        Share of the chains that networks read.
    between : (float, float), optional
        Where to look.

    Returns
    -------
    FoundTransition
        The critical value, extrapolated from crossings of the cumulants, with an error of chains, networks and choices.

    Raises
    ------
    InputError
        If there are fewer than two sizes, or no observable has a crossing.

    Notes
    -----
    Observers are averaged as methods are, see `spinlens.phases.averaging`: their spread enters the error, for they read
    the same chains. Blocks of one size in place of sizes (`Configurations.blocks`) sit within an environment that
    knows the size of the whole: where theirs cross is off by a share of about 1 / L that no window of blocks shows, and
    the error does not hold it.
    """
    if len(sizes) < 2:
        raise InputError(
            "sizes", len(sizes), "a transition is read from at least two sizes",
            "Simulate another size, or see transition_of_local_model for one",
        )  # fmt: skip
    ordered = sorted(sizes, key=lambda each: each.length)
    if observers is None:
        observers = {"principal order": PrincipalOrder(), "overlap": Overlaps()}
    limits, problems = [], []
    look = (-np.inf, np.inf) if between is None else between
    for name, observer in observers.items():
        try:
            found = [
                FiniteSize.from_configurations(ordered, [{"order": each} for each in numbers]).critical_temperature(
                    between=look
                )
                for numbers in observed(observer, ordered, trainings=trainings, reading=reading)
            ]
        except InputError as problem:
            problems.append(f"{name}: {problem}")
            continue
        values = np.array([each.value for each in found])
        spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        central = found[int(np.argmin(np.abs(values - np.median(values))))]
        limits.append((name, central, float(values.mean()), spread))
    if not limits:
        raise InputError("observers", ", ".join(observers), f"show no transition: {' '.join(problems)}")
    return _together(ordered[0].control, limits)


def observed(
    observer: Any, sizes: Sequence[Configurations], *, trainings: int = TRAININGS, reading: float = 0.5
) -> list[list[Array]]:
    """Return what an observer makes of every size, of each of its trainings.

    An observer without a seed has a few numbers to learn at most, and reads the chains that it learned from; a network
    never does.
    """
    parameters = observer.get_params() if hasattr(observer, "get_params") else {}
    if "seed" not in parameters:
        learned = observer.fit(sizes[-1])
        return [[learned.transform(each) for each in sizes]]
    parts = [each.split(reading) for each in sizes]
    found = []
    for seed in range(trainings):
        fresh = type(observer)(**{**parameters, "seed": parameters["seed"] + seed}).fit(parts[-1][0])
        found.append([fresh.transform(kept) for _, kept in parts])
    return found


def _together(control: str, limits: Sequence[tuple[str, Extrapolation, float, float]]) -> FoundTransition:
    found = [limit for _, limit, _, _ in limits]
    spreads = [spread for *_, spread in limits]
    whole = average(
        [value for _, _, value, _ in limits],
        [float(np.hypot(limit.error, spread)) for limit, spread in zip(found, spreads, strict=True)],
    )
    findings = [
        Finding(name, limit, spread, float(share))
        for (name, limit, _, spread), share in zip(limits, whole.weights, strict=True)
    ]
    findings.sort(key=lambda each: -each.weight)
    return FoundTransition(
        control, whole.mean, whole.part([limit.statistical for limit in found]), whole.part(spreads),
        whole.spread([limit.choices for limit in found]), tuple(findings),
    )  # fmt: skip
