"""How the chains of a condition lie in blocks: up to 64 that share a machine word, those of each seed by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from spinlens.errors import InputError

LANES = 64
"""Chains that share a word, or stand side by side."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of some chains.

    Attributes
    ----------
    chains : int
        In all.
    seeds : tuple of int
        They have as many chains each, one after another.

    Raises
    ------
    InputError
        If the seeds cannot share the chains, or the blocks of each would not all be of one size.
    """

    chains: int
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        each, rest = divmod(self.chains, len(self.seeds))
        if rest:
            why = f"must be a multiple of the {len(self.seeds)} seeds that share them"
            raise InputError("chains", self.chains, why)
        if len(self.seeds) > 1 and each > LANES and each % LANES:
            why = f"are {each} for each seed, and of several seeds each has at most {LANES} or a multiple of {LANES}"
            raise InputError("chains", self.chains, why)

    @property
    def lanes(self) -> int:
        """Chains of a block, but for the last one of a single seed, which may have fewer."""
        return min(LANES, self.chains // len(self.seeds))

    def __len__(self) -> int:
        """Return how many there are."""
        return -(-self.chains // self.lanes)

    def chains_of(self, block: int) -> range:
        """Return the chains that a block holds."""
        return range(block * self.lanes, min(self.chains, (block + 1) * self.lanes))

    def origin(self, block: int) -> tuple[int, int]:
        """Return the seed whose streams move the chains of a block, and which of that seed's blocks it is."""
        run, own = divmod(block, len(self) // len(self.seeds))
        return self.seeds[run], own
