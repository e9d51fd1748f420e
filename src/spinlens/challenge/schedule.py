"""How long each problem of a challenge is sampled, and at how many temperatures: published with it."""

from __future__ import annotations

from pydantic import Field

from spinlens.config import Section


class Schedule(Section):
    """The same for all problems of a challenge.

    Attributes
    ----------
    sizes : int
        How many sizes a problem has, the smallest ones of its family.
    temperatures : int
        Evenly spaced in ln T.
    chains : int
        At each temperature; of quenched disorder `CHAINS_OF_A_SAMPLE` chains share a sample.
    recordings, interval : int
        Recordings of each chain, and sweeps between two of them.
    draws : int
        Configurations of each chain.
    equilibration : int
        Sweeps before the first recording.
    """

    sizes: int = Field(default=5, ge=2, le=5)
    temperatures: int = Field(default=21, ge=4, le=1000)
    chains: int = Field(default=64, ge=4, le=4096, multiple_of=4)
    recordings: int = Field(default=500, ge=2, le=100_000)
    interval: int = Field(default=4, ge=1, le=1000)
    draws: int = Field(default=2, ge=1, le=100)
    equilibration: int = Field(default=2000, ge=0, le=1_000_000)


CHAINS_OF_A_SAMPLE = 4
