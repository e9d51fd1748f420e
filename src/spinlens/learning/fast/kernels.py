"""Compiled loops of the training step: patches, activations, pixel and latent likelihoods.

Every loop releases the interpreter lock and works on one slice of a batch, so slices run side by side on
threads. Shapes: B configurations, h x w coarse sites, C channels, D latents. All floats are float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types
from numba.extending import overload

Function = TypeVar("Function", bound=Callable[..., Any])
Array = np.ndarray[Any, Any]

SELU_SCALE = 1.0507009873554805
SELU_FLOOR = 1.0507009873554805 * 1.6732632423543772
LOG_TWO_PI = math.log(2.0 * math.pi)


OPTIONS = {
    "nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}  # fmt: skip


def compiled(function: Function) -> Function:
    """Compile a loop; sums may be reordered so that they vectorise, infinities and NaN keep their meaning."""
    return cast(Function, numba.njit(cache=True, **OPTIONS)(function))


def inlined(function: Function) -> Function:
    """Compile what other loops call into each of them.

    A call would find the copy of whichever loop was loaded first, and copies that were optimised in other surroundings
    round differently: a process that compiles would then not train to the bytes of one that finds the loops compiled.
    """
    return cast(Function, numba.njit(forceinline=True, **OPTIONS)(function))


@inlined
def exponential(x: np.float32) -> np.float32:
    """Return exp(x) to a relative (8 + abs(x)) 1e-7 for -87 < x < 88, and less than 2e-38 for x < -87."""
    scaled = max(x * np.float32(1.4426950408889634), np.float32(-126.0))
    whole = np.float32(math.floor(scaled + np.float32(0.5)))
    rest = (scaled - whole) * np.float32(0.6931471805599453)
    power = np.float32(1.0 / 720)
    power = power * rest + np.float32(1.0 / 120)
    power = power * rest + np.float32(1.0 / 24)
    power = power * rest + np.float32(1.0 / 6)
    power = power * rest + np.float32(0.5)
    power = power * rest + np.float32(1.0)
    power = power * rest + np.float32(1.0)
    return power * np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)


def put(row: Array, place: int, value: np.float32) -> None:
    """Store a float32 number in a row of float32, or rounded to bfloat16 in a row of uint16 bit patterns."""
    raise NotImplementedError("only within compiled loops")


@overload(put)
def _put(row: Any, place: Any, value: Any) -> Callable[[Any, Any, Any], None]:  # noqa: ARG001
    def exact(row: Any, place: Any, value: Any) -> None:
        row[place] = value

    def rounded(row: Any, place: Any, value: Any) -> None:
        bits = np.float32(value).view(np.uint32)
        even = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
        row[place] = np.uint16((bits + even) >> np.uint32(16))

    return rounded if row.dtype == types.uint16 else exact


@compiled
def gather(fine: Array, columns: Array) -> None:
    """Lay the 3 x 3 patches of a zero-padded, stride-2 convolution out as rows.

    Parameters
    ----------
    fine : ndarray, float32, (B, 2h, 2w * C)
        The finer side of the layer; channels run fastest.
    columns : ndarray, float32 or uint16 (bfloat16 bits), (B, h, w, 3, 3 * C)
        Overwritten: entry (b, y, x, p, C q + c) is channel c of site (2y + p - 1, 2x + q - 1), zero outside.
    """
    count, height, width, _, run = columns.shape
    channels = run // 3
    if channels == 1:
        gather_one_channel(fine, columns)
        return
    for b in range(count):
        for y in range(height):
            for p in range(3):
                row = 2 * y + p - 1
                for x in range(width):
                    target = columns[b, y, x, p]
                    if row < 0:
                        target[:] = 0
                    elif x == 0:
                        target[:channels] = 0
                        for c in range(2 * channels):
                            put(target, channels + c, fine[b, row, c])
                    else:
                        source = fine[b, row, (2 * x - 1) * channels : (2 * x + 2) * channels]
                        for c in range(run):
                            put(target, c, source[c])


@inlined
def gather_one_channel(fine: Array, columns: Array) -> None:
    """Do `gather` for one channel, five times faster without slices."""
    count, height, width = columns.shape[:3]
    for b in range(count):
        for y in range(height):
            for p in range(3):
                row = 2 * y + p - 1
                if row < 0:
                    for x in range(width):
                        for q in range(3):
                            columns[b, y, x, p, q] = 0
                    continue
                columns[b, y, 0, p, 0] = 0
                put(columns[b, y, 0, p], 1, fine[b, row, 0])
                put(columns[b, y, 0, p], 2, fine[b, row, 1])
                for x in range(1, width):
                    put(columns[b, y, x, p], 0, fine[b, row, 2 * x - 1])
                    put(columns[b, y, x, p], 1, fine[b, row, 2 * x])
                    put(columns[b, y, x, p], 2, fine[b, row, 2 * x + 1])


@compiled
def scatter(columns: Array, fine: Array) -> None:
    """Add the rows of patches back to the sites that they cover: the transpose of `gather`.

    Parameters
    ----------
    columns : ndarray, float32, (B, h, w, 3, 3 * C)
        Patches.
    fine : ndarray, float32, (B, 2h, 2w * C)
        Added to.
    """
    count, height, width, _, run = columns.shape
    channels = run // 3
    for b in range(count):
        for y in range(height):
            for p in range(3):
                row = 2 * y + p - 1
                if row < 0:
                    continue
                for x in range(width):
                    source = columns[b, y, x, p]
                    if x == 0:
                        for c in range(2 * channels):
                            fine[b, row, c] += source[channels + c]
                    elif run == 3:
                        for c in range(3):
                            fine[b, row, 2 * x - 1 + c] += source[c]
                    else:
                        target = fine[b, row, (2 * x - 1) * channels : (2 * x + 2) * channels]
                        for c in range(run):
                            target[c] += source[c]


@compiled
def activate(values: Array) -> None:
    """Apply SELU in place to a flat float32 array."""
    for i in range(values.size):
        x = values[i]
        low = np.float32(SELU_FLOOR) * (exponential(min(x, np.float32(0.0))) - np.float32(1.0))
        values[i] = np.float32(SELU_SCALE) * x if x > 0 else low


@compiled
def activate_backward(gradient: Array, output: Array) -> None:
    """Multiply a flat gradient in place by the slope of SELU, read off its output."""
    for i in range(gradient.size):
        y = output[i]
        gradient[i] *= np.float32(SELU_SCALE) if y > 0 else y + np.float32(SELU_FLOOR)


@compiled
def bernoulli(logits: Array, spins: Array, scale: float) -> float:
    """Return the summed cross-entropy -log p(spins | logits) in nats and leave its gradient.

    Parameters
    ----------
    logits : ndarray, float32, flat
        Overwritten by ``scale`` times the derivative of the sum.
    spins : ndarray, float32, flat
        0 for down, 1 for up.
    scale : float
        Factor of the gradient, not of the returned sum.
    """
    total = 0.0
    block = 1024
    for start in range(0, logits.size, block):
        part = slice(start, start + block)
        total += float(bernoulli_block(logits[part], spins[part], np.float32(scale)))
    return total


@inlined
def bernoulli_block(logits: Array, spins: Array, scale: np.float32) -> np.float32:
    """Do a block of `bernoulli`, short enough for a float32 sum."""
    total = np.float32(0.0)
    for i in range(logits.size):
        x = logits[i]
        small = exponential(-abs(x))
        # log(1 + e) = 2 artanh(e / (2 + e)): the series to the 13th power is exact to 2e-8 for e <= 1.
        s = small / (np.float32(2.0) + small)
        t = s * s
        series = np.float32(1.0 / 13)
        series = series * t + np.float32(1.0 / 11)
        series = series * t + np.float32(1.0 / 9)
        series = series * t + np.float32(1.0 / 7)
        series = series * t + np.float32(1.0 / 5)
        series = series * t + np.float32(1.0 / 3)
        series = series * t + np.float32(1.0)
        total += max(x, np.float32(0.0)) - x * spins[i] + np.float32(2.0) * s * series
        up = (np.float32(1.0) if x >= 0 else small) / (np.float32(1.0) + small)
        logits[i] = scale * (up - spins[i])
    return total


@compiled
def aggregate(
    z: Array,
    mean: Array,
    log_variance: Array,
    log_share: Array,
    first: int,
    joint_factor: float,
    marginal_factor: float,
    grad_z: Array,
    grad_mean: Array,
    grad_log_variance: Array,
) -> tuple[float, float]:
    """Sum log q(z_i) and log prod_d q(z_id) over rows i of a batch, forward and backward in one pass.

    Parameters
    ----------
    z : ndarray, float32, (D, R)
        Latents of the R rows ``first`` to ``first + R`` of the batch.
    mean, log_variance : ndarray, float32, (D, B)
        Posterior of every configuration of the batch.
    log_share : ndarray, float32, (B, B)
        Logarithm of the stratified shares.
    first : int
        The first of the rows.
    joint_factor, marginal_factor : float
        Factors of the two sums in the loss.
    grad_z : ndarray, float32, (D, R)
        Overwritten by the derivative of ``joint_factor * joint + marginal_factor * marginal``.
    grad_mean, grad_log_variance : ndarray, float32, (D, B)
        The same derivatives are added, with z held fixed.

    Returns
    -------
    joint, marginal : float
        The two sums in nats.
    """
    latents, rows = z.shape
    batch = mean.shape[1]
    precision = np.empty((latents, batch), np.float32)
    constant = np.empty((latents, batch), np.float32)
    for d in range(latents):
        for j in range(batch):
            precision[d, j] = exponential(-log_variance[d, j])
            constant[d, j] = log_variance[d, j] + np.float32(LOG_TWO_PI)
    marginals = np.empty((latents, batch), np.float32)
    joints = np.empty(batch, np.float32)
    joint, marginal = 0.0, 0.0
    for i in range(rows):
        shares = log_share[first + i]
        for j in range(batch):
            joints[j] = shares[j]
        for d in range(latents):
            log_density_row(z[d, i], mean[d], precision[d], constant[d], shares, marginals[d], joints)
            marginal += softmax(marginals[d])
        joint += softmax(joints)
        for d in range(latents):
            grad_z[d, i] = spread(
                z[d, i],
                mean[d],
                precision[d],
                joints,
                marginals[d],
                np.float32(joint_factor),
                np.float32(marginal_factor),
                grad_mean[d],
                grad_log_variance[d],
            )
    return joint, marginal


@inlined
def log_density_row(
    z: np.float32,
    mean: Array,
    precision: Array,
    constant: Array,
    shares: Array,
    marginal: Array,
    joint: Array,
) -> None:
    """Write log w_j + log q(z | x_j) of one latent to ``marginal``; add log q(z | x_j) to ``joint``."""
    for j in range(mean.size):
        distance = z - mean[j]
        density = np.float32(-0.5) * (distance * distance * precision[j] + constant[j])
        joint[j] += density
        marginal[j] = density + shares[j]


@inlined
def softmax(values: Array) -> float:
    """Replace the values by their softmax in place and return their log-sum-exp."""
    highest = values[0]
    for j in range(values.size):
        highest = max(highest, values[j])
    total = np.float32(0.0)
    for j in range(values.size):
        values[j] = exponential(values[j] - highest)
        total += values[j]
    share = np.float32(1.0) / total
    for j in range(values.size):
        values[j] *= share
    return float(highest + math.log(total))


@inlined
def spread(
    z: np.float32,
    mean: Array,
    precision: Array,
    joint: Array,
    marginal: Array,
    joint_factor: np.float32,
    marginal_factor: np.float32,
    grad_mean: Array,
    grad_log_variance: Array,
) -> np.float32:
    """Add one latent's share of the derivatives; return the derivative by z."""
    slope = np.float32(0.0)
    for j in range(mean.size):
        share = joint_factor * joint[j] + marginal_factor * marginal[j]
        distance = z - mean[j]
        pull = share * distance * precision[j]
        slope -= pull
        grad_mean[j] += pull
        grad_log_variance[j] += np.float32(0.5) * (pull * distance - share)
    return slope
