"""What each layer of a network knows: linear probes of energy and order on hidden states, beside raw spins."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spinlens.errors import InputError
from spinlens.phases.regions.labelled import Labelled
from spinlens.seeds import Purpose, check_seed, generator

PENALTIES = tuple(10.0**power for power in range(-6, 7))
"""Ridge penalties that leave-one-out chooses from."""

RESAMPLES = 500

Floats = NDArray[np.float64]


def linear_head_report(states: Any, images: Labelled, *, train: Any = None, seed: int = 0) -> xr.Dataset:
    """Ask how much of the energy and of the order can be read off each layer by a linear function.

    Parameters
    ----------
    states : array, shape (layers, n, width)
        Pooled hidden states of the images, see `spinlens.learning.vision.hidden_states`.
    images : Labelled
        The n configurations; the network should not have been trained on them.
    train : array of bool, shape (n,), optional
        Images that the probes are fitted to; they are judged on the others. By default every other chain, so that no
        image to judge by shares a chain with one to fit.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Dataset
        Over (layer, quantity), quantities energy per site and absolute order parameter:

        - ``r2`` and ``r2_error``: share of the variance over the images to judge by that the probe explains, and its
          bootstrap error; negative where it is worse than the mean of the images it was fitted to;
        - ``error``: root mean square error, in units of abs(J) per site and of the order parameter;
        - ``raw_r2``, ``raw_r2_error``, ``raw_error`` (quantity): the same of a probe on the sites themselves;
        - ``train_images``, ``test_images``.

    Raises
    ------
    InputError
        If the shapes do not fit, or one of the two parts has fewer than two images.

    Notes
    -----
    Each probe is ridge regression on standardised features with the penalty that leave-one-out prefers.
    """
    layers = np.asarray(states, dtype=np.float64)
    if layers.ndim != 3 or layers.shape[1] != len(images):
        raise InputError("states.shape", np.shape(states), f"must be (layers, {len(images)}, width)")
    fitted = _fitted(images, train)
    targets = np.stack([images.energy, np.abs(images.magnetization)], axis=1)
    raw = _seen(images).reshape(len(images), -1)
    judged = [_judge(features, targets, fitted, seed) for features in (*layers, raw)]
    r2, r2_error, error = (np.stack(values) for values in zip(*judged, strict=True))
    by_layer = {"r2": r2, "r2_error": r2_error, "error": error}
    return xr.Dataset(
        {name: (("layer", "quantity"), values[:-1]) for name, values in by_layer.items()}
        | {f"raw_{name}": ("quantity", values[-1]) for name, values in by_layer.items()}
        | {"train_images": ((), int(fitted.sum())), "test_images": ((), int((~fitted).sum()))},
        coords={"quantity": ["energy", "order"], "layer": np.arange(len(layers))},
    )


def _seen(images: Labelled) -> Floats:
    """Return what networks see of images: of two states the values, else the statistics of their space."""
    if images.space.states == 2:
        return images.spins.astype(np.float64)
    return images.space.statistics(images.space.codes(images.spins))


def _fitted(images: Labelled, train: Any) -> NDArray[np.bool_]:
    """Return which images the probes are fitted to."""
    if train is None:
        chains = np.unique(images.chain)
        chosen = np.isin(images.chain, chains[::2])
    else:
        chosen = np.asarray(train)
        if chosen.dtype != np.bool_ or chosen.shape != (len(images),):
            raise InputError("train", f"{chosen.dtype} {chosen.shape}", f"must be bool of shape ({len(images)},)")
    for part, name in ((chosen, "fit"), (~chosen, "judge by")):
        if part.sum() < 2:
            raise InputError("images", int(part.sum()), f"to {name} are too few", "Take images of more chains")
    return chosen


def _judge(features: Floats, targets: Floats, fitted: NDArray[np.bool_], seed: int) -> tuple[Floats, Floats, Floats]:
    """Return R^2, its bootstrap error and the root mean square error of a probe of each target."""
    truth = targets[~fitted]
    predicted = np.stack(
        [_probe(features[fitted], values[fitted]).predict(features[~fitted]) for values in targets.T], axis=1
    )
    squares = (predicted - truth) ** 2
    random = generator(check_seed(seed), Purpose.BOOTSTRAP)
    drawn = random.integers(len(truth), size=(RESAMPLES, len(truth)))
    resampled = np.stack([_r2(squares[places], truth[places]) for places in drawn])
    return _r2(squares, truth), resampled.std(axis=0, ddof=1), np.sqrt(squares.mean(axis=0))


def _probe(features: Floats, values: Floats) -> Any:
    # More features than images: leave-one-out by the images' own products, which is as exact and far quicker.
    model = RidgeCV(alphas=PENALTIES, gcv_mode="eigen" if features.shape[1] > len(features) else None)
    return make_pipeline(StandardScaler(), model).fit(features, values)


def _r2(squares: Floats, truth: Floats) -> Floats:
    return np.asarray(1 - squares.mean(axis=0) / truth.var(axis=0))
