"""The scalar twin and definition of the kernels: one lane at a time; fed the same words it agrees exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.sampling.engines.table.exponential import reference_exponential
from spinlens.sampling.engines.table.slots import Slots, Weights
from spinlens.sampling.engines.table.tables import NarrowRules

Codes = NDArray[Any]

AHEAD = 8
"""The narrow kernel draws words for so many sites at once; those left over at the end of a call are not used."""

_MASK = (1 << 64) - 1


def random_words(stream: NDArray[np.uint64], lane: int) -> Iterator[int]:
    """Yield the words of one lane of a stream (4, lanes), xoshiro256++; the stream is advanced in place."""

    def rotate(x: int, k: int) -> int:
        return (x << k | x >> (64 - k)) & _MASK

    while True:
        a, b, c, d = (int(word) for word in stream[:, lane])
        result = (rotate((a + d) & _MASK, 23) + a) & _MASK
        shifted = b << 17 & _MASK
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        stream[:, lane] = a, b, c, rotate(d, 45)
        yield result


def narrow_sweep(codes: Codes, stream: NDArray[np.uint64], rules: NarrowRules, temperature: int, count: int) -> None:
    """Sweep chains (N, 64) at one temperature as `spinlens.sampling.engines.table.narrow.sweep` does."""
    sites, table = len(codes), rules.tables[temperature]
    for lane in range(codes.shape[1]):
        words = random_words(stream, lane)
        for step in range(sites * count):
            i = step % sites
            around = codes[rules.neighbour[i], lane].astype(int)
            place = int(rules.begins[rules.kind[i]] + (rules.multipliers[rules.kind[i]].astype(int) * around).sum())
            word = next(words)
            column = word >> (64 - rules.bits)
            entry = int(table[place + column])
            codes[i, lane] = column if word >> 8 < entry >> 8 else entry & 255
        for _ in range(-(sites * count) % AHEAD):
            next(words)


def wide_sweep(
    codes: Codes, stream: NDArray[np.uint64], factor: float, slots: Slots, weights: Weights, count: int, *,
    metropolis: bool, products: bool,
) -> None:  # fmt: skip
    """Sweep chains (N, 64) at one temperature as `spinlens.sampling.engines.table.wide.sweep` does; factor is 1 / T."""
    for lane in range(codes.shape[1]):
        words = random_words(stream, lane)
        for _ in range(count):
            for i in range(len(codes)):
                own = weights.site_weights[weights.kind[i]]
                rows = [
                    slots.rows[d, codes[j, lane]]
                    for j, d in zip(slots.neighbour[i], slots.which[i], strict=True)
                    if d >= 0
                ]
                if metropolis:
                    codes[i, lane] = _tried(int(codes[i, lane]), next(words), factor, own, rows)
                else:
                    codes[i, lane] = _chosen([own, *rows], next(words), factor, products=products)


def _chosen(rows: list[NDArray[np.float64]], word: int, factor: float, *, products: bool) -> int:
    if products:
        weight = np.ones_like(rows[0])
        for row in rows:
            weight = weight * reference_exponential((row - row.max()) * factor)
    else:
        added = np.zeros_like(rows[0])
        for row in rows:
            added = added + row
        weight = reference_exponential((added - added.max()) * factor)
    total = np.cumsum(weight)
    return int((total <= (word >> 11) * 2.0**-53 * total[-1]).sum())


def _tried(
    own: int, word: int, factor: float, site_weight: NDArray[np.float64], rows: list[NDArray[np.float64]]
) -> int:
    step, left = divmod(word * (len(site_weight) - 1), 1 << 64)
    new = (own + 1 + step) % len(site_weight)
    change = site_weight[new] - site_weight[own]
    for row in rows:
        change += row[new] - row[own]
    change *= factor
    return new if (left >> 11) * 2.0**-53 < reference_exponential(min(change, 0.0)) else own


def _holds(gain: float, words: Iterator[int]) -> bool:
    probability = 1.0 - reference_exponential(min(-gain, 0.0))
    return bool(probability > 0 and (next(words) >> 11) * 2.0**-53 < probability)


def swendsen_wang(
    chains: Codes,
    stream: NDArray[np.uint64],
    factor: float,
    weights: Weights,
    involutions: NDArray[np.int64],
    count: int,
) -> None:
    """Update all clusters of chains (64, N) as `spinlens.sampling.engines.table.clusters.swendsen_wang` does."""
    bonds = list(zip(weights.first.tolist(), weights.second.tolist(), weights.which.tolist(), strict=True))
    for lane, codes in enumerate(chains):
        words = random_words(stream, lane)
        for _ in range(count):
            image = involutions[next(words) * len(involutions) >> 64]
            label = list(range(len(codes)))
            for i, j, m in bonds:
                matrix = weights.matrices[m]
                if _holds((matrix[codes[i], codes[j]] - matrix[image[codes[i]], codes[j]]) * factor, words):
                    low, high = sorted((label[i], label[j]))
                    label = [low if k == high else k for k in label]
            own = weights.site_weights[weights.kind]
            tied = {
                label[i] for i, c in enumerate(codes) if _holds((own[i, c] - own[i, image[c]]) * factor, words)
            }  # fmt: skip
            change = {k: k not in tied and next(words) >> 63 == 1 for k in sorted(set(label))}
            codes[:] = [image[c] if change[k] else c for c, k in zip(codes, label, strict=True)]


def wolff(
    chains: Codes, stream: NDArray[np.uint64], factor: float, slots: Slots, weights: Weights,
    involutions: NDArray[np.int64], count: int,
) -> int:  # fmt: skip
    """Grow clusters of chains (64, N) as `spinlens.sampling.engines.table.clusters.wolff`; return sites reached."""
    reached = 0
    for lane, codes in enumerate(chains):
        words = random_words(stream, lane)
        for _ in range(count + (next(words) >> 63)):
            image = involutions[next(words) * len(involutions) >> 64]
            cluster, free = [next(words) * len(codes) >> 64], True
            for i in cluster:
                own = weights.site_weights[weights.kind[i]]
                if _holds((own[codes[i]] - own[image[codes[i]]]) * factor, words):
                    free = False
                    break
                for j, d in zip(slots.neighbour[i].tolist(), slots.which[i].tolist(), strict=True):
                    if j >= 0 and j not in cluster:
                        row, other = slots.rows[d, codes[j]], slots.rows[d, image[codes[j]]]
                        if _holds((row[codes[i]] - other[codes[i]]) * factor, words):
                            cluster.append(j)
            if free:
                codes[cluster] = image[codes[cluster]]
            reached += len(cluster)
    return reached
