"""A vision transformer that predicts what stands on hidden sites, and the loss of its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import nn

from spinlens.lattices.boundary import Rule
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.descent import INITIAL
from spinlens.learning.vision.networks import from_architecture
from spinlens.learning.vision.padding import pad
from spinlens.learning.vision.transformer import NativeReader
from spinlens.seeds import Purpose, generator


def neighbour_steps(axes: int) -> tuple[tuple[int, ...], ...]:
    """Return the steps to the nearest sites, across corners too: eight on a plane, 26 in space."""
    return tuple(step for step in product((-1, 0, 1), repeat=axes) if any(step))


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network says.

    Attributes
    ----------
    logits : Tensor, (n, channels, *sides)
        Twice the natural parameters eta of p(s) = exp(eta . t(s) - A(eta)), t being what is seen of a site: of two
        states, seen as -1 and +1, the log odds of up.
    coupled : Tensor or None, (n, channels, *sides)
        The same by the couplings that the pooled features name; None without that head.
    bonds : Tensor or None, (n, patches)
        Minus the energy of each patch over twice its sites, see `PatchEnergies`; None without that head.
    """

    logits: torch.Tensor
    coupled: torch.Tensor | None
    bonds: torch.Tensor | None


class MaskedReader(nn.Module):
    """A native vision transformer with a token for hidden patches and a linear decoder for each patch's sites.

    Parameters
    ----------
    architecture : Architecture
        Of the transformer.
    couplings : bool
        Whether the pooled features also name couplings, see `Couplings`.
    bonds : bool
        Whether each token also predicts the energy of its patch.
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
        width, axes = architecture.sizes[0], architecture.axes
        self.mask = nn.Parameter(torch.zeros(1, 1, width))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(heads)
            self.decoder = nn.Linear(width, architecture.channels * self.patch**axes)
            self.bonds = nn.Linear(width, 1) if bonds else None
            self.couplings = Couplings(width, architecture.rules, architecture.channels) if couplings else None

    def forward(self, seen: torch.Tensor, patches: torch.Tensor) -> Predictions:
        """Return predictions for what is seen, (n, channels, *sides), with whole hidden patches (n, P)."""
        states = self.reader.tokens(seen, hidden=patches, mask=self.mask)
        tokens = states[:, 1:]
        coupled = None if self.couplings is None else self.couplings(seen, self.reader.pool(states))
        bonds = None if self.bonds is None else self.bonds(tokens)[..., 0].float()
        return Predictions(self._unfolded(self.decoder(tokens), seen.shape).float(), coupled, bonds)

    def _unfolded(self, decoded: torch.Tensor, shape: torch.Size) -> torch.Tensor:
        """Return what tokens say of their sites, (n, patches, channels * sites), in the shape (n, channels, *sides)."""
        count, channels, *sides = shape
        axes = len(sides)
        blocks = decoded.view(count, *(side // self.patch for side in sides), channels, *(self.patch,) * axes)
        order = [1 + axes, *(place for axis in range(axes) for place in (1 + axis, 2 + axes + axis))]
        return blocks.permute(0, *order).reshape(shape)

    def keep_direction(self, features: torch.Tensor) -> None:
        """Leave in the reader the direction in which this pretraining reads its pooled features.

        It is that of the energy if there is a head for it, or else the one combination of the named couplings that
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


class Couplings(nn.Module):
    """Predict each site from its nearest neighbours by couplings that one code of the whole configuration names.

    Given its neighbours a site has natural parameters that are linear in what is seen of them: of the Ising model the
    log odds are, with couplings over the temperature as factors; so are those of Potts, Blume-Capel and XY models. The
    best prediction therefore makes the pooled features an estimate of that ratio by the pseudo-likelihood: what a head
    needs to tell temperatures apart, learned without knowing any term of the energy. Each neighbour has a matrix of
    factors, channels by channels, and there is a field of its own for each channel.

    Parameters
    ----------
    width : int
        Of the pooled features.
    rules : sequence
        What lies beyond the edges, of each axis.
    channels : int
        Numbers that are seen of a site.

    References
    ----------
    J. Besag, "Statistical analysis of non-lattice data", The Statistician 24, 179 (1975). doi:10.2307/2987782
    """

    def __init__(self, width: int, rules: Sequence[Rule], channels: int = 1) -> None:
        super().__init__()
        self.rules, self.channels = tuple(rules), channels
        self.steps = neighbour_steps(len(self.rules))
        self.read = nn.Linear(width, len(self.steps) * channels**2 + channels)

    def forward(self, seen: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        """Return logits (n, channels, *sides) of what is seen and pooled features (n, width)."""
        count, channels, *sides = seen.shape
        factors, fields = self.read(pooled).float().split([len(self.steps) * channels**2, channels], dim=1)
        matrices = factors.view(count, len(self.steps), channels, channels)
        beyond = pad(seen, self.rules)
        logits: torch.Tensor = fields.view(count, channels, *(1 for _ in sides)).expand(seen.shape)
        for place, step in enumerate(self.steps):
            near = beyond
            for axis, (along, side) in enumerate(zip(step, sides, strict=True), start=2):
                near = near.narrow(axis, 1 + along, side)
            logits = logits + torch.einsum("ncd,nd...->nc...", matrices[:, place], near)
        return logits


def unlikeliness(
    logits: torch.Tensor, seen: torch.Tensor, hidden: torch.Tensor, statistics: torch.Tensor
) -> torch.Tensor:
    """Return minus the log likelihood of each hidden site, A(eta) - eta . t, in nats, (hidden sites,).

    Parameters
    ----------
    logits : Tensor, (n, channels, *sides)
        Twice the natural parameters.
    seen : Tensor, (n, channels, *sides)
        What is true.
    hidden : Tensor, bool, (n, *sides)
        Which sites count; they come in the order of ``hidden.nonzero()``.
    statistics : Tensor, (q, channels)
        What is seen of each state.
    """
    parameters = 0.5 * logits.movedim(1, -1)[hidden]
    partition = torch.logsumexp(parameters @ statistics.to(parameters).T, dim=-1)
    unlike: torch.Tensor = partition - (parameters * seen.movedim(1, -1)[hidden]).sum(-1)
    return unlike


def hidden_loss(
    logits: torch.Tensor, seen: torch.Tensor, hidden: torch.Tensor, statistics: torch.Tensor
) -> torch.Tensor:
    """Return the mean of `unlikeliness`, in nats per hidden site."""
    return unlikeliness(logits, seen, hidden, statistics).mean()
