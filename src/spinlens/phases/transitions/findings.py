"""What was found in a window: transitions with errors, or none, and how much to believe of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.phases.transitions.evidence import Evidence
from spinlens.phases.transitions.places import Place
from spinlens.phases.transitions.verdict import Verdict
from spinlens.rooms import from_room
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling import FiniteSize

SIGMAS_68, SIGMAS_95 = 1.0, 2.1
"""Half widths of intervals in standard errors; errors that are estimated themselves have heavier tails than a normal
distribution."""


@dataclass(frozen=True)
class PhaseTransition:
    """One transition.

    Attributes
    ----------
    axis : str
        The control along which it was looked for.
    value, error : float
        Where it is in the infinite system, with its standard error: data and choices of method together.
    kind : str
        ``continuous``, ``first_order``, ``bkt`` or ``undecided``.
    kind_probabilities : mapping of str to float
        Of each of them.
    probability : float
        That there is a transition.
    exponents : mapping of str to Estimate or None
        ``nu``, ``beta_over_nu`` and ``gamma_over_nu``; None where they could not be read, and where it is of first
        order.
    by_method : tuple of Place
        What each method alone says.
    statistical, choices, networks : float
        The parts of the error: chains, forms and windows, spread between trainings.
    latent_heat : Estimate or None
        Energy per site that both phases are apart in the infinite system; None where it is not of first order, or no
        two sizes show both phases.
    """

    axis: str
    value: float
    error: float
    kind: str
    kind_probabilities: Mapping[str, float]
    probability: float
    exponents: Mapping[str, Estimate | None]
    by_method: tuple[Place, ...]
    statistical: float
    choices: float
    networks: float = 0.0
    latent_heat: Estimate | None = None

    @property
    def estimate(self) -> Estimate:
        """Value and error."""
        return Estimate(self.value, self.error)

    @property
    def interval_68(self) -> tuple[float, float]:
        """Holds the true value with a probability of 68 %."""
        return self._interval(SIGMAS_68)

    @property
    def interval_95(self) -> tuple[float, float]:
        """Holds it with 95 %."""
        return self._interval(SIGMAS_95)

    def _interval(self, sigmas: float) -> tuple[float, float]:
        return self.value - sigmas * self.error, self.value + sigmas * self.error

    def to_dict(self) -> dict[str, Any]:
        """Return everything by name, for JSON."""
        return {
            "axis": self.axis, "value": self.value, "error": self.error, "interval_68": list(self.interval_68),
            "interval_95": list(self.interval_95), "kind": self.kind,
            "kind_probabilities": dict(self.kind_probabilities), "probability": self.probability,
            "exponents": {name: _plain(each) for name, each in self.exponents.items()},
            "latent_heat": _plain(self.latent_heat),
            "by_method": [
                {"method": place.method, **(_plain(place.estimate) or {"value": None, "error": None}),
                 "reason": place.reason}
                for place in self.by_method
            ],
        }  # fmt: skip

    def __str__(self) -> str:
        """Return one line."""
        known = [f"{name.replace('_over_', '/')} {each}" for name, each in self.exponents.items() if each]
        known += [f"latent heat {self.latent_heat}"] if self.latent_heat else []
        kind = self.kind.replace("_", " ")
        return f"{self.axis} {self.estimate}, {kind}, probability {self.probability:.2f}" + (
            f"; {', '.join(known)}" if known else ""
        )


@dataclass(frozen=True)
class Findings:
    """The answer of a search.

    Attributes
    ----------
    transitions : tuple of PhaseTransition
        Those that are more probable than not; empty where there is none, or where it cannot be told.
    none_probability : float
        That the window holds none. An empty list with about one half means that it cannot be told.
    words : str
        One sentence that says why.
    evidence : Evidence or None
        What it rests on; None where the recordings contradict themselves, or the window was divided.
    nulls : mapping of str to Verdict
        The same search on data without a transition.
    ceiling : mapping of str to float
        ``cramer_rao``: the error with which the recordings of the largest size tell their own temperature, at the
        transition; ``efficiency``: its share of the error that was reached.
    unsound : tuple of str
        Conditions near the transition that are not known to be equilibrated. Where three sizes or more are, these
        alone give the answer.
    details : mapping
        ``timing``, ``provenance`` and whatever else the search adds to its summary.
    study : FiniteSize or None
        The curves of all sizes; None where the recordings contradict themselves.
    parts : tuple of Findings
        The answers of the parts of the window where it was divided, because it holds several transitions; evidence,
        nulls, ceiling and study are theirs then.
    """

    transitions: tuple[PhaseTransition, ...]
    none_probability: float
    words: str
    evidence: Evidence | None
    nulls: Mapping[str, Verdict] = field(default_factory=dict)
    ceiling: Mapping[str, float] = field(default_factory=dict)
    unsound: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    study: FiniteSize | None = field(default=None, repr=False)
    parts: tuple[Findings, ...] = field(default=(), repr=False)

    @property
    def windows(self) -> tuple[Findings, ...]:
        """The answer of each part of the window; this one where it was not divided."""
        return self.parts or (self,)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that the answer rests on."""
        return tuple(sorted({size for each in self.windows if each.study for size in each.study.sizes}))

    @property
    def doubtful(self) -> tuple[str, ...]:
        """The data without a transition in which one was found."""
        return tuple(dict.fromkeys(name for each in self.windows for name, null in each.nulls.items() if null.found))

    def summary(self) -> dict[str, Any]:
        """Return everything as plain numbers and words, for JSON; what is not known is None."""
        found = self.transitions[0] if self.transitions and not self.parts else None
        summary: dict[str, Any] = finite({
            "transitions": [each.to_dict() for each in self.transitions],
            "none_probability": self.none_probability,
            "words": self.words,
            "evidence": self.evidence.to_dict() if self.evidence else None,
            "nulls": [
                {"null": name, "probability": each.probability, "found": each.found, "words": each.words}
                for name, each in self.nulls.items()
            ],
            "budget": {"chains": found.statistical, "networks": found.networks, "choices": found.choices}
            if found else None,
            "ceiling": dict(self.ceiling),
            "unsound": list(self.unsound),
            "sizes": list(self.sizes),
            **({"windows": [each.summary() for each in self.parts]} if self.parts else {}),
            **self.details,
        })  # fmt: skip
        return summary

    def report(self, out: Path | str) -> Any:
        """Write one HTML file with the answer and the curves of all sizes, see `spinlens.report.write_report`."""
        return from_room("report", "write_report")(self, out)

    def __str__(self) -> str:
        """Return the answer in a few lines."""
        lines = [str(each) for each in self.transitions] or ["no transition"]
        lines.append(self.words)
        if self.unsound:
            rests = f"; it rests on L = {', '.join(map(str, self.sizes))}" if self.sizes else ""
            lines.append(f"Not known to be equilibrated near it: {', '.join(self.unsound)}{rests}.")
        if self.doubtful:
            lines.append(f"Do not trust this: a transition was also found in {', '.join(self.doubtful)}.")
        return "\n".join(lines)


def together(parts: Sequence[Findings]) -> Findings:
    """Return the answer of a window from those of its parts.

    They rest on the same methods, perhaps on the same chains, so that together they are no surer of there being any
    transition than the surest one is by itself.
    """
    if len(parts) == 1:
        return parts[0]
    windows = sorted((window for each in parts for window in each.windows), key=_lowest)
    return Findings(
        tuple(transition for each in windows for transition in each.transitions),
        min(each.none_probability for each in windows), " ".join(each.words for each in windows), None,
        unsound=tuple(dict.fromkeys(words for each in parts for words in each.unsound)), parts=tuple(windows),
    )  # fmt: skip


def _lowest(window: Findings) -> float:
    return window.study.scans[-1].low if window.study else -np.inf


def _plain(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else {"value": estimate.value, "error": estimate.error}


def finite(value: Any) -> Any:
    """Return plain numbers, with None for what is no number, which JSON lacks."""
    if isinstance(value, Mapping):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [finite(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
