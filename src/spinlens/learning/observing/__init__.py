"""Small networks that look at configurations over a control and find where they change."""

from spinlens.learning.observing.confusion import Confusion
from spinlens.learning.observing.neighbours import Neighbours
from spinlens.learning.observing.observer import indicator_of_trainings, trained
from spinlens.learning.observing.prediction import Prediction

__all__ = ["Confusion", "Neighbours", "Prediction", "indicator_of_trainings", "trained"]
