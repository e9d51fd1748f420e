"""What a table of scores says of one network on the images of one system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from spinlens.statistics import Estimate


def over_trials(values: Sequence[float]) -> Estimate:
    """Return mean and standard deviation over trials, which is 0 for one of them."""
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """Scores of a network's trials, beside the best that is possible and what was published.

    Attributes
    ----------
    system, network, protocol : str
        What was told apart, by what, on images that were drawn how.
    pretrained : str
        What the network began with.
    macro_f1 : Estimate
        On the large test set: mean and spread over trials.
    ceiling : Estimate
        The best possible macro F1.
    labels : int
        Training images; 0 for all.
    macro_f1_trials : list of float
        Of each trial.
    seeds, epochs, seconds : list
        Of each trial.
    test_images, small_test_images : int
        Images of the two test sets.
    small_macro_f1 : Estimate, optional
        On a test set of the published size: mean and spread over trials.
    small_test_error : float, optional
        Standard error that its size alone leaves.
    logistic_regression : float, optional
        Macro F1 of logistic regression on what tells all there is to tell, from as many labels.
    naive_regression : float, optional
        The same on what a first look would take.
    published : Estimate, optional
        The published macro F1, mean and deviation over five trials.
    f1 : dict of str to float
        Of each region, mean over trials.
    confusion : list
        Images by true and predicted region, all trials together.
    """

    system: str
    network: str
    pretrained: str
    protocol: str
    macro_f1: Estimate
    ceiling: Estimate
    labels: int = 0
    trials: int = 1
    macro_f1_trials: Sequence[float] = ()
    seeds: Sequence[int] = ()
    epochs: Sequence[int] = ()
    seconds: Sequence[float] = ()
    test_images: int = 0
    small_test_images: int = 0
    small_macro_f1: Estimate | None = None
    small_test_error: float | None = None
    logistic_regression: float | None = None
    naive_regression: float | None = None
    published: Estimate | None = None
    f1: Mapping[str, float] | None = None
    confusion: Sequence[Sequence[int]] = ()

    @property
    def fraction_of_ceiling(self) -> float:
        """The score over the best possible one."""
        return self.macro_f1.value / self.ceiling.value

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON and tables have it: ``NAME_mean`` and ``NAME_std`` of scores."""
        flat: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ("macro_f1", "small_macro_f1") and value is not None:
                flat |= {f"{item.name}_mean": value.value, f"{item.name}_std": value.error}
            elif item.name == "ceiling":
                flat |= {"ceiling": value.value, "ceiling_error": value.error}
            else:
                flat[item.name] = [value.value, value.error] if isinstance(value, Estimate) else value
        return flat | {"fraction_of_ceiling": self.fraction_of_ceiling}

    @classmethod
    def from_dict(cls, flat: Mapping[str, Any]) -> Self:
        """Undo `to_dict`."""
        found = {item.name: flat[item.name] for item in fields(cls) if item.name in flat}
        for name in ("macro_f1", "small_macro_f1"):
            if f"{name}_mean" in flat:
                found[name] = Estimate(flat[f"{name}_mean"], flat[f"{name}_std"])
        if found.get("published"):
            found["published"] = Estimate(*found["published"])
        return cls(**found | {"ceiling": Estimate(flat["ceiling"], flat["ceiling_error"])})
