"""Pictures of the classification study."""

from spinlens.figures.classify.attention import draw_attention_distance, draw_attention_maps
from spinlens.figures.classify.calibration import Prediction, draw_posterior, draw_reliability
from spinlens.figures.classify.confusion import draw_confusion
from spinlens.figures.classify.dependence import draw_energy_dependence
from spinlens.figures.classify.disturbances import draw_disturbances
from spinlens.figures.classify.efficiency import draw_label_efficiency
from spinlens.figures.classify.linear_heads import draw_linear_heads
from spinlens.figures.classify.microstates import Microstate, Row, draw_microstates, ground_and_hot, microstates
from spinlens.figures.classify.pretraining import draw_pretraining
from spinlens.figures.classify.scores import draw_scores

__all__ = [
    "Microstate",
    "Prediction",
    "Row",
    "draw_attention_distance",
    "draw_attention_maps",
    "draw_confusion",
    "draw_disturbances",
    "draw_energy_dependence",
    "draw_label_efficiency",
    "draw_linear_heads",
    "draw_microstates",
    "draw_posterior",
    "draw_pretraining",
    "draw_reliability",
    "draw_scores",
    "ground_and_hot",
    "microstates",
]
