"""A vision transformer that predicts hidden spins, and the loss of its predictions."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.networks import TransformerReader, from_architecture
from spinlens.learning.vision.surroundings import bond_density


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network says.

    Attributes
    ----------
    logits : Tensor, (n, L, L)
        Log odds of spin up.
    bonds : Tensor or None, (n, patches)
        Mean over each patch of the sum of s s' over a site's bonds, halved, -1 to 1; None without that head.
    """

    logits: torch.Tensor
    bonds: torch.Tensor | None


class MaskedReader(nn.Module):
    """A native vision transformer with a token for hidden patches and a linear decoder for each patch's spins.

    Parameters
    ----------
    architecture : Architecture
        Of the transformer.
    bonds : bool
        Whether each token also predicts the bond sum of its patch.
    seed : int
        Of the first weights.
    """

    def __init__(self, architecture: Architecture, *, bonds: bool = False, seed: int = 0) -> None:
        super().__init__()
        reader = from_architecture(architecture, seed=seed)
        assert isinstance(reader, TransformerReader)
        self.reader, self.patch = reader, architecture.patch
        # The head of the classifier plays no part here.
        reader.head.requires_grad_(False)
        width = architecture.sizes[0]
        reader.model.vit.embeddings.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + 1)
            self.decoder = nn.Linear(width, self.patch**2)
            self.bonds = nn.Linear(width, 1) if bonds else None

    def forward(self, spins: torch.Tensor, patches: torch.Tensor) -> Predictions:
        """Return predictions for spins (n, 1, L, L), 0 where hidden, with whole hidden patches named (n, P)."""
        tokens = self.reader.tokens(spins, hidden=patches).last_hidden_state[:, 1:]
        along = spins.shape[-1] // self.patch
        blocks = self.decoder(tokens).view(-1, along, along, self.patch, self.patch)
        logits = blocks.transpose(2, 3).reshape(-1, *spins.shape[-2:])
        return Predictions(logits.float(), None if self.bonds is None else self.bonds(tokens)[..., 0].float())

    def patch_bonds(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the bond sum of each patch, (n, P), over twice its sites, so that it lies between -1 and 1."""
        density = bond_density(spins[:, 0], self.reader.architecture.rules)
        means = nn.functional.avg_pool2d(density[:, None], self.patch)
        return means.flatten(1) / 2


def hidden_loss(logits: torch.Tensor, spins: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    """Return minus the log likelihood of the hidden spins, the mean in nats per hidden spin.

    Parameters
    ----------
    logits : Tensor, (n, L, L)
        Log odds of spin up.
    spins : Tensor, (n, 1, L, L)
        What is true, +-1.
    hidden : Tensor, bool, (n, L, L)
        Which spins count.
    """
    return (unlikeliness(logits, spins) * hidden).sum() / hidden.sum()


def unlikeliness(logits: torch.Tensor, spins: torch.Tensor) -> torch.Tensor:
    """Return minus the log likelihood of each spin (n, 1, L, L) under log odds (n, L, L), in nats, (n, L, L)."""
    return nn.functional.softplus(-spins[:, 0] * logits)
