"""Networks that look at configurations as images: transformers and residual networks, their training."""

from spinlens.learning.vision.architecture import NETWORKS, Architecture
from spinlens.learning.vision.attention import attention, attention_distance, hidden_states, rollout
from spinlens.learning.vision.classifier import Classifier
from spinlens.learning.vision.conditional_entropy import single_spin_entropy
from spinlens.learning.vision.estimators import ResNet, VisionTransformer
from spinlens.learning.vision.networks import build
from spinlens.learning.vision.pretraining import Pretraining

__all__ = [
    "NETWORKS",
    "Architecture",
    "Classifier",
    "Pretraining",
    "ResNet",
    "VisionTransformer",
    "attention",
    "attention_distance",
    "build",
    "hidden_states",
    "rollout",
    "single_spin_entropy",
]
