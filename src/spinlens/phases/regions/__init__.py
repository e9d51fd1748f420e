"""Temperature regions: labelled images, the ceiling of every classifier, scores beside it; no torch."""

from spinlens.phases.regions.baseline import LABELS, baseline_scores, features, logistic_regression
from spinlens.phases.regions.calibration import Calibration, calibration
from spinlens.phases.regions.ceiling import Ceiling, ceiling
from spinlens.phases.regions.energies import EnergyDistribution, energy_distribution, torus_distribution
from spinlens.phases.regions.labelled import Labelled
from spinlens.phases.regions.labels import EDGES, REGIONS, bounds, class_counts, region_of, temperatures
from spinlens.phases.regions.posterior import Posterior, posterior
from spinlens.phases.regions.rows import ScoreRow, over_trials
from spinlens.phases.regions.scores import (
    Comparison,
    Scores,
    class_f1,
    compare,
    confusion_matrix,
    macro_f1,
    sampling_error,
    score,
)
from spinlens.phases.regions.splits import Splits, clean_splits, fewer_labels, published_splits

__all__ = [
    "EDGES",
    "LABELS",
    "REGIONS",
    "Calibration",
    "Ceiling",
    "Comparison",
    "EnergyDistribution",
    "Labelled",
    "Posterior",
    "ScoreRow",
    "Scores",
    "Splits",
    "baseline_scores",
    "bounds",
    "calibration",
    "ceiling",
    "class_counts",
    "class_f1",
    "clean_splits",
    "compare",
    "confusion_matrix",
    "energy_distribution",
    "features",
    "fewer_labels",
    "logistic_regression",
    "macro_f1",
    "over_trials",
    "posterior",
    "published_splits",
    "region_of",
    "sampling_error",
    "score",
    "temperatures",
    "torus_distribution",
]
