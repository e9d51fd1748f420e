"""The lattice-native vision transformer: any space, no resampling, edges as the lattice has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import nn

from spinlens.lattices.boundary import Rule
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.attend import attend, attention_weights
from spinlens.learning.vision.padding import pad
from spinlens.learning.vision.reader import Reader

SPREAD = 0.02
"""Standard deviation of the first weights."""

CONVOLUTIONS = {2: (nn.Conv2d, nn.functional.conv2d), 3: (nn.Conv3d, nn.functional.conv3d)}
"""By the number of sides."""

EPSILON = 1e-12
"""Added to variances by the norms, as published."""


class Stem(nn.Module):
    """A non-linear patch embedding: each site with its neighbours, then patches.

    Parameters
    ----------
    channels : int
        Features of a site.
    width : int
        Features of a patch.
    patch : int
        Sites along a side of a patch.
    rules : pair
        What lies beyond the edges.
    even : bool
        Whether all spins reversed, those beyond the edges too, have the same features.
    seen : int
        Numbers that are seen of a site.
    """

    def __init__(
        self, channels: int, width: int, *, patch: int, rules: Sequence[Rule], even: bool = False, seen: int = 1
    ) -> None:
        super().__init__()
        self.rules, self.even = tuple(rules), even
        convolution, self.convolve = CONVOLUTIONS[len(self.rules)]
        self.sites = convolution(seen, channels, 3)
        self.patches = convolution(channels, width, patch, stride=patch)

    def forward(self, spins: torch.Tensor) -> torch.Tensor:
        """Return (n, width, *patches along each side) of what is seen, (n, channels, *sides)."""
        around = pad(spins, self.rules)
        if self.even:
            assert self.sites.bias is not None
            told, offset = self.convolve(around, self.sites.weight), self.sites.bias.view(-1, *(1,) * len(self.rules))
            sites = nn.functional.gelu(offset + told) + nn.functional.gelu(offset - told)
        else:
            sites = nn.functional.gelu(self.sites(around))
        patches: torch.Tensor = self.patches(sites)
        return patches


class Attention(nn.Module):
    """Each token takes from all tokens, in several heads."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.read, self.write = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return (n, tokens, width)."""
        taken = attend(*self.parts(tokens), dropout=self.dropout if self.training else 0.0)
        written: torch.Tensor = self.write(taken.transpose(1, 2).flatten(2))
        return written

    def parts(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return queries, keys and values, (n, heads, tokens, width of a head) each."""
        query, key, value = self.read(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return query, key, value


class Block(nn.Module):
    """Attention and a perceptron, each on normalised tokens and added to what was there."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(width, eps=EPSILON), nn.LayerNorm(width, eps=EPSILON)
        self.attention = Attention(width, heads, dropout)
        self.perceptron = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return (n, tokens, width)."""
        tokens = tokens + self.dropout(self.attention(self.first(tokens)))
        added: torch.Tensor = self.dropout(self.perceptron(self.second(tokens)))
        return tokens + added

    def weights(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return how much each token takes from each, (n, heads, tokens, tokens)."""
        query, key, _ = self.attention.parts(self.first(tokens))
        return attention_weights(query, key)


class NativeReader(Reader):
    """A vision transformer on spins.

    Parameters
    ----------
    architecture : Architecture
        Its shape.

    Attributes
    ----------
    direction : Tensor, (width,)
        In which a pretraining reads the pooled features, see `MaskedReader.keep_direction`; 0 where there was none.

    References
    ----------
    A. Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021. doi:10.48550/arXiv.2010.11929
    """

    direction: torch.Tensor

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        width, layers, heads = architecture.sizes
        patch, tokens = architecture.patch, 1 + (architecture.side // architecture.patch) ** architecture.axes
        seen, (convolution, _) = architecture.channels, CONVOLUTIONS[architecture.axes]
        self.first_token, self.positions = (nn.Parameter(torch.empty(1, n, width)) for n in (1, tokens))
        self.patches: nn.Module = convolution(seen, width, patch, stride=patch)
        self.blocks = nn.ModuleList(Block(width, heads, architecture.dropout) for _ in range(layers))
        self.norm: nn.Module = nn.LayerNorm(width, eps=EPSILON)
        self.head = nn.Linear(width, architecture.classes)
        self.dropout = nn.Dropout(architecture.dropout)
        self.apply(_begin)
        for parameter in (self.first_token, self.positions):
            nn.init.trunc_normal_(parameter, std=SPREAD)
        if architecture.stem:
            self.patches = Stem(
                architecture.stem, width, patch=patch, rules=architecture.rules, even=architecture.even, seen=seen
            )
        if architecture.pooling == "mean":
            # Were each token normalised, their mean would not be linear in sums over the lattice, such as the energy.
            self.norm = nn.Identity()
        self.register_buffer("direction", torch.zeros(width))

    def embed(
        self, spins: torch.Tensor, *, hidden: torch.Tensor | None = None, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the tokens that the first block sees, (n, 1 + patches, width).

        Parameters
        ----------
        spins : Tensor, (n, 1, L, L)
            Spins +-1, 0 where they are hidden.
        hidden : Tensor, bool, (n, patches), optional
            Patches whose embedding ``mask`` replaces.
        mask : Tensor, (1, 1, width), optional
            What stands for a hidden patch.
        """
        patches = self.patches(spins).flatten(2).transpose(1, 2)
        if hidden is not None and mask is not None:
            patches = torch.where(hidden[..., None], mask.to(patches.dtype), patches)
        tokens = torch.cat([self.first_token.expand(len(spins), -1, -1), patches], dim=1) + self.positions
        embedded: torch.Tensor = self.dropout(tokens)
        return embedded

    def tokens(self, spins: torch.Tensor, **hidden: torch.Tensor) -> torch.Tensor:
        """Return the tokens that leave the last block, (n, 1 + patches, width); arguments as for `embed`."""
        tokens = self.embed(spins, **hidden)
        for block in self.blocks:
            tokens = block(tokens)
        normed: torch.Tensor = self.norm(tokens)
        return normed

    def pool(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return (n, width) of tokens (n, 1 + patches, width)."""
        return tokens[:, 1:].mean(1) if self.architecture.pooling == "mean" else tokens[:, 0]

    def features(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the pooled features (n, width) that the head sees."""
        return self.pool(self.tokens(spins))

    def states(self, spins: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the pooled states (n, width) before each block and after the last one."""
        tokens = self.embed(spins)
        yield self.pool(tokens)
        for block in self.blocks:
            tokens = block(tokens)
            yield self.pool(tokens)

    def attention(self, spins: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the attention map of each block, (n, heads, tokens, tokens)."""
        tokens = self.embed(spins)
        for block in self.blocks:
            assert isinstance(block, Block)
            yield block.weights(tokens)
            tokens = block(tokens)


def _begin(module: nn.Module) -> None:
    """Draw first weights."""
    if isinstance(module, nn.Linear | nn.Conv2d | nn.Conv3d):
        nn.init.normal_(module.weight, std=SPREAD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
