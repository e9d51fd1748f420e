"""The scalar twin and definition of the kernels: one lane at a time; fed the same words it agrees exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.sampling.engines.clock.kernel import ARCTANGENT
from spinlens.sampling.engines.clock.place import Heat, Place
from spinlens.sampling.engines.table.exponential import reference_exponential
from spinlens.sampling.engines.table.reference import random_words

Codes = NDArray[Any]


def metropolis(codes: Codes, stream: NDArray[np.uint64], place: Place, heat: Heat, count: int) -> None:
    """Sweep chains (N, 64) as `spinlens.sampling.engines.clock.kernel.metropolis` does."""
    for lane in range(codes.shape[1]):
        words, own, word = random_words(stream, lane), codes[:, lane], 0
        for step in range(len(codes) * count):
            word = next(words) if step % 2 == 0 else word >> 32
            i, size = place.order[step % len(codes)], (word >> 1 & 0x7FFF) * (heat.reach + 1) >> 15
            new = (int(own[i]) + (size if word & 1 else -size)) % place.states
            if _accepted(own, i, new, word >> 16 & 0xFFFF, place, heat, words):
                own[i] = new


def reflections(codes: Codes, stream: NDArray[np.uint64], place: Place, heat: Heat, count: int) -> None:
    """Sweep chains (N, 64) as `spinlens.sampling.engines.clock.kernel.reflections` does."""
    for lane in range(codes.shape[1]):
        words, own, word = random_words(stream, lane), codes[:, lane], 0
        for step in range(len(codes) * count):
            word = next(words) if step % 4 == 0 else word >> 16
            i = place.order[step % len(codes)]
            new = (axis_of(own, i, place) - int(own[i])) % place.states
            if _accepted(own, i, new, word & 0xFFFF, place, heat, words):
                own[i] = new


def axis_of(codes: Codes, i: int, place: Place) -> int:
    """Return twice the direction of the local field of a site of one chain (N,), in codes."""
    x, y = place.fields[place.kind[i]]
    for slot in range(place.begins[i], place.begins[i + 1]):
        code = (int(codes[place.neighbour[slot]]) + place.shift[slot]) % place.states
        x, y = x + place.cosines[code], y + place.sines[code]
    wide, high = abs(x), abs(y)
    a = min(wide, high) / max(wide, high, np.float32(1e-30))
    angle = np.float32(0.0)
    for coefficient in reversed(ARCTANGENT):
        angle = coefficient + a * a * angle
    angle = a * angle
    if high > wide:
        angle = np.float32(np.pi / 2) - angle
    if x < 0:
        angle = np.float32(np.pi) - angle
    if y < 0:
        angle = -angle
    scale = np.float32(place.states) / np.float32(np.pi)
    return int(angle * scale + np.float32(2 * place.states + 0.5)) % place.states


def exact_change(codes: Codes, i: int, new: int, place: Place, heat: Heat) -> float:
    """Return by how much ln p of one chain (N,) rises where a site takes another angle."""
    old, kind, q = int(codes[i]), place.kind[i], place.states
    bonds = int(place.walls[kind, new] - place.walls[kind, old])
    for slot in range(place.begins[i], place.begins[i + 1]):
        beside = int(codes[place.neighbour[slot]]) + int(place.shift[slot])
        bonds += int(place.row[(beside - new) % q] - place.row[(beside - old) % q])
    return heat.bond * bonds + heat.site * int(place.sites[kind, new] - place.sites[kind, old])


def _accepted(
    codes: Codes, i: int, new: int, digit: int, place: Place, heat: Heat, words: Iterator[int]
) -> bool:  # fmt: skip
    weight = float(reference_exponential(min(exact_change(codes, i, new, place, heat), 0.0))) * 65536.0
    if digit == int(weight):
        return (next(words) >> 11) * 2.0**-53 < weight - int(weight)
    return digit < int(weight)


def _held(gain: float, words: Iterator[int]) -> bool:
    return gain > 0 and bool((next(words) >> 11) * 2.0**-53 < 1.0 - reference_exponential(-gain))


def _bond_gain(one: int, two: int, m: int, place: Place, heat: Heat) -> float:
    q = place.states
    return heat.bond * int(place.row[(two - one) % q] - place.row[(two - (m - one)) % q])


def _site_gain(kind: int, code: int, m: int, place: Place, heat: Heat) -> float:
    image = (m - code) % place.states
    walls = int(place.walls[kind, code] - place.walls[kind, image])
    return heat.bond * walls + heat.site * int(place.sites[kind, code] - place.sites[kind, image])


def swendsen_wang(chains: Codes, stream: NDArray[np.uint64], place: Place, heat: Heat, count: int) -> None:
    """Update all clusters of chains (64, N) as `spinlens.sampling.engines.clock.clusters.swendsen_wang` does."""
    bonds = list(zip(place.first.tolist(), place.second.tolist(), place.bond_shift.tolist(), strict=True))
    for lane, codes in enumerate(chains):
        words = random_words(stream, lane)
        for _ in range(count):
            m, label = int(place.axes[next(words) * len(place.axes) >> 64]), list(range(len(codes)))
            for i, j, shift in bonds:
                if _held(_bond_gain(int(codes[i]), int(codes[j]) + shift, m, place, heat), words):
                    low, high = sorted((label[i], label[j]))
                    label = [low if k == high else k for k in label]
            kinds = zip(label, place.kind.tolist(), codes.tolist(), strict=True)
            tied = {k for k, kind, c in kinds if _held(_site_gain(kind, c, m, place, heat), words)}
            change = {k: k not in tied and next(words) >> 63 == 1 for k in sorted(set(label))}
            moved = zip(codes.tolist(), label, strict=True)
            codes[:] = [(m - c) % place.states if change[k] else c for c, k in moved]


def wolff(chains: Codes, stream: NDArray[np.uint64], place: Place, heat: Heat, count: int) -> int:
    """Grow clusters of chains (64, N) as `spinlens.sampling.engines.clock.wolff.wolff`; return sites reached."""
    reached = 0
    for lane, codes in enumerate(chains):
        words = random_words(stream, lane)
        for _ in range(count + (next(words) >> 63)):
            m = int(place.axes[next(words) * len(place.axes) >> 64])
            cluster, free = [next(words) * len(codes) >> 64], True
            for i in cluster:
                if _held(_site_gain(place.kind[i], int(codes[i]), m, place, heat), words):
                    free = False
                    break
                for slot in range(place.begins[i], place.begins[i + 1]):
                    j, beside = int(place.neighbour[slot]), int(codes[place.neighbour[slot]]) + int(place.shift[slot])
                    if j not in cluster and _held(_bond_gain(int(codes[i]), beside, m, place, heat), words):
                        cluster.append(j)
            if free:
                codes[cluster] = (m - codes[cluster].astype(np.int64)) % place.states
            reached += len(cluster)
    return reached
