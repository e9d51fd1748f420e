"""Temperature regions: systems, labelled images, the ceiling of every classifier, scores; no torch."""

from spinlens.regions.baseline import LABELS, baseline_scores, features, logistic_regression
from spinlens.regions.calibration import Calibration, calibration
from spinlens.regions.ceiling import Ceiling, ceiling
from spinlens.regions.energies import EnergyDistribution, energy_distribution, torus_distribution
from spinlens.regions.labelled import Labelled
from spinlens.regions.labels import EDGES, PUBLISHED_COUNTS, REGIONS, class_counts, region_of, temperatures
from spinlens.regions.posterior import Posterior, posterior
from spinlens.regions.protocols import PROTOCOLS, sampling_plan
from spinlens.regions.scores import (
    Comparison,
    Scores,
    class_f1,
    compare,
    confusion_matrix,
    macro_f1,
    sampling_error,
    score,
)
from spinlens.regions.splits import Splits, clean_splits, fewer_labels, published_splits
from spinlens.regions.systems import PUBLISHED_NETWORKS, SYSTEMS, System, find_system

__all__ = [
    "EDGES",
    "LABELS",
    "PROTOCOLS",
    "PUBLISHED_COUNTS",
    "PUBLISHED_NETWORKS",
    "REGIONS",
    "SYSTEMS",
    "Calibration",
    "Ceiling",
    "Comparison",
    "EnergyDistribution",
    "Labelled",
    "Posterior",
    "Scores",
    "Splits",
    "System",
    "baseline_scores",
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
    "find_system",
    "logistic_regression",
    "macro_f1",
    "posterior",
    "published_splits",
    "region_of",
    "sampling_error",
    "sampling_plan",
    "score",
    "temperatures",
    "torus_distribution",
]
