"""Labels for new configurations from a trained classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble import open_ensemble, study_ensemble
from spinlens.errors import InputError
from spinlens.images import find_images, read_images
from spinlens.phases.regions import REGIONS

ENSEMBLE_FILES = ("zarr.json", "log.jsonl")


def predictions(model: Path | str, images: Path | str, *, device: str | None = None) -> list[dict[str, Any]]:
    """Label configurations.

    Parameters
    ----------
    model : path-like
        Directory of a trained classifier.
    images : path-like
        A PNG or npy file, a folder of them, or an ensemble.
    device : str, optional
        Where to run the network.

    Returns
    -------
    list of dict
        For each configuration where it comes from, ``region``, and the probability of each label.

    Raises
    ------
    InputError
        If there is no classifier, there are no images, or they are of another size or no spins.
    """
    from spinlens.learning import choose_device, load

    classifier = load(model)
    if not hasattr(classifier, "predict_proba"):
        raise InputError("model", model, f"holds a {type(classifier).__name__}, not a classifier")
    classifier.set_params(device=str(choose_device(device)))
    side = classifier.network_.architecture.side
    spins, places = _configurations(Path(images), side)
    probability = classifier.predict_proba(spins)
    regions = classifier.classes_.tolist() == list(range(len(REGIONS)))
    names = list(REGIONS) if regions else [str(label) for label in classifier.classes_]
    return [
        {**place, "region": names[int(row.argmax())], **dict(zip(names, row.round(6).tolist(), strict=True))}
        for place, row in zip(places, probability, strict=True)
    ]


def _configurations(path: Path, side: int) -> tuple[Any, list[dict[str, Any]]]:
    place = study_ensemble(path)
    if any((place / name).exists() for name in ENSEMBLE_FILES):
        ensemble = open_ensemble(place)
        axes = [range(ensemble.sizes[name]) for name in (*ensemble.grid, "chain", "draw")]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
        return ensemble, [
            {name: values[i] for (name, values), i in zip(ensemble.plan.grid.items(), place, strict=False)}
            | {"chain": int(place[-2]), "draw": int(place[-1])}
            for place in grid
        ]
    files = find_images(path)
    blocks = [read_images(file, shape=(side, side)) for file in files]
    places = [
        {"file": str(file), "image": number}
        for file, block in zip(files, blocks, strict=True)
        for number in range(len(block))
    ]
    return np.concatenate(blocks), places
