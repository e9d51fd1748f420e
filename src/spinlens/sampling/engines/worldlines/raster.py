"""Pictures of worldlines: the codes of all sites at evenly spaced imaginary times."""

from __future__ import annotations

from typing import Any

from numba import njit

from spinlens.sampling.engines.worldlines.drawing import BITS


@njit(cache=True, nogil=True, error_model="numpy", boundscheck=False)
def raster(start: Any, first: Any, times: Any, chains: Any, codes: Any) -> None:
    """Fill in the codes of some chains at ticks 0, 2^32 / H, 2 2^32 / H, ..., whole parts of them.

    Parameters
    ----------
    start, first, times : arrays
        Worldlines of all chains, see `spinlens.sampling.engines.worldlines.kernel.swendsen_wang`.
    chains : int64 array, shape (n,)
        Which of them.
    codes : uint8 array, shape (n, H, N)
        Filled; its first slice is what `start` holds.
    """
    height, sites = codes.shape[1], codes.shape[2]
    for n in range(chains.size):
        chain = chains[n]
        for i in range(sites):
            now, kink, end = start[chain, i], first[chain, i], first[chain, i + 1]
            for slice_ in range(height):
                tick = (slice_ << BITS) // height
                while kink < end and times[chain, kink] <= tick:
                    # The code at tick 0 is the one behind a kink there.
                    if times[chain, kink] > 0:
                        now ^= 1
                    kink += 1
                codes[n, slice_, i] = now
