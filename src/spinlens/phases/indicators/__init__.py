"""What configurations show without a network: principal components, overlaps, energies where the model is known."""

from spinlens.phases.indicators.energies import energies
from spinlens.phases.indicators.latents import latent_orders
from spinlens.phases.indicators.overlaps import pair_overlaps
from spinlens.phases.indicators.principal import PrincipalOrder

__all__ = ["PrincipalOrder", "energies", "latent_orders", "pair_overlaps"]
