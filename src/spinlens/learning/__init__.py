"""Networks that look at configurations; the only room that imports PyTorch."""

from spinlens.learning.choices import choose_device
from spinlens.learning.losses import stratified_weights
from spinlens.learning.reconstruct import reconstruct as reconstruction
from spinlens.learning.tcvae import TCVAE, Latents

__all__ = ["TCVAE", "Latents", "choose_device", "reconstruction", "stratified_weights"]
