"""A vision transformer that predicts hidden spins, and the loss of its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from spinlens.lattices.boundary import Rule
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.descent import INITIAL
from spinlens.learning.vision.networks import from_architecture
from spinlens.learning.vision.padding import bond_density, pad
from spinlens.learning.vision.transformer import NativeReader
from spinlens.seeds import Purpose, generator

NEIGHBOURS = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0))
"""Steps to the eight nearest sites."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network says.

    Attributes
    ----------
    logits : Tensor, (n, L, L)
        Log odds of spin up.
    coupled : Tensor or None, (n, L, L)
        Log odds by the couplings that the pooled features name; None without that head.
    bonds : Tensor or None, (n, patches)
        Bond sum of each patch over twice its sites, see `MaskedReader.patch_bonds`; None without that head.
    """

    logits: torch.Tensor
    coupled: torch.Tensor | None
    bonds: torch.Tensor | None


class MaskedReader(nn.Module):
    """A native vision transformer with a token for hidden patches and a linear decoder for each patch's spins.

    Parameters
    ----------
    architecture : Architecture
        Of the transformer.
    couplings : bool
        Whether the pooled features also name couplings, see `Couplings`.
    bonds : bool
        Whether each token also predicts the bond sum of its patch.
    seed : int
        Of the first weights.
    """

    def __init__(
        self, architecture: Architecture, *, couplings: bool = False, bonds: bool = False, seed: int = 0
    ) -> None:
        super().__init__()
        body, heads = (int(generator(seed, Purpose.PRETRAINING, INITIAL, k).integers(2**63)) for k in range(2))
        reader = from_architecture(architecture, seed=body)
        assert isinstance(reader, NativeReader)
        self.reader, self.patch = reader, architecture.patch
        # The head of the classifier plays no part here.
        reader.head.requires_grad_(False)
        width = architecture.sizes[0]
        self.mask = nn.Parameter(torch.zeros(1, 1, width))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(heads)
            self.decoder = nn.Linear(width, self.patch**2)
            self.bonds = nn.Linear(width, 1) if bonds else None
            self.couplings = Couplings(width, architecture.rules) if couplings else None

    def forward(self, spins: torch.Tensor, patches: torch.Tensor) -> Predictions:
        """Return predictions for spins (n, 1, L, L), 0 where hidden, with whole hidden patches named (n, P)."""
        states = self.reader.tokens(spins, hidden=patches, mask=self.mask)
        tokens = states[:, 1:]
        along = spins.shape[-1] // self.patch
        blocks = self.decoder(tokens).view(-1, along, along, self.patch, self.patch)
        logits = blocks.transpose(2, 3).reshape(-1, *spins.shape[-2:])
        coupled = None if self.couplings is None else self.couplings(spins, self.reader.pool(states))
        bonds = None if self.bonds is None else self.bonds(tokens)[..., 0].float()
        return Predictions(logits.float(), coupled, bonds)

    def keep_direction(self, features: torch.Tensor) -> None:
        """Leave in the reader the direction in which this pretraining reads its pooled features.

        It is that of the bond sum if there is a head for it, or else the one combination of the named couplings that
        varies most over configurations: where a system has one temperature, it makes all of them larger or smaller.

        Parameters
        ----------
        features : Tensor, (n, width)
            Of any configurations.
        """
        if self.bonds is not None and self.reader.architecture.pooling == "mean":
            self.reader.direction.copy_(self.bonds.weight.detach()[0])
        elif self.couplings is not None:
            rows = self.couplings.read.weight.detach().double()
            named = (features - features.mean(0)).double() @ rows.T
            strongest = torch.linalg.eigh(named.T @ named).eigenvectors[:, -1]
            self.reader.direction.copy_(rows.T @ strongest)

    def patch_bonds(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the bond sum of each patch, (n, P), over twice its sites: between -1 and 1 where no walls count too.

        Each site has half of the bonds to its neighbours, and the whole of those to a wall.
        """
        density = bond_density(spins[:, 0], self.reader.architecture.rules)
        means = nn.functional.avg_pool2d(density[:, None], self.patch)
        return means.flatten(1) / 2


class Couplings(nn.Module):
    """Predict each spin from its eight neighbours by couplings that one code of the whole configuration names.

    Given its neighbours a spin of the Ising model has log odds that are linear in them, with couplings over the
    temperature as factors. The best prediction therefore makes the pooled features an estimate of that ratio by the
    pseudo-likelihood: what a head needs to tell temperatures apart, learned without knowing any.

    Parameters
    ----------
    width : int
        Of the pooled features.
    rules : pair
        What lies beyond the edges.

    References
    ----------
    J. Besag, "Statistical analysis of non-lattice data", The Statistician 24, 179 (1975). doi:10.2307/2987782
    """

    def __init__(self, width: int, rules: Sequence[Rule]) -> None:
        super().__init__()
        self.rules = tuple(rules)
        self.read = nn.Linear(width, len(NEIGHBOURS) + 1)

    def forward(self, spins: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        """Return log odds of up (n, L, L) of spins (n, 1, L, L), 0 where hidden, and pooled features (n, width)."""
        factors = self.read(pooled).float()[..., None, None]
        beyond, side = pad(spins[:, 0], self.rules), spins.shape[-1]
        odds: torch.Tensor = factors[:, -1].expand(-1, side, side)
        for place, (x, y) in enumerate(NEIGHBOURS):
            odds = odds + factors[:, place] * beyond[:, 1 + x : 1 + x + side, 1 + y : 1 + y + side]
        return odds


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
