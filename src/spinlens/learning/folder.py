"""A folder that holds one trained network: whether it is done, whether it is this one, what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from spinlens.errors import DamagedError, InputError
from spinlens.files import PARTIAL
from spinlens.learning.checkpoint import (
    REMEDY,
    differing,
    make_folder,
    read_json,
    read_tensors,
    write_json,
    write_tensors,
)
from spinlens.learning.continuation import CHECKPOINT
from spinlens.learning.history import HISTORY, Row, read_history, write_history

MODEL, WEIGHTS = "model.json", "weights.safetensors"
OUTCOMES = ("provenance", "result", "configuration")
"""Parts of a description in which two runs of the same training may differ."""


def finished(folder: Path, description: Mapping[str, Any]) -> bool:
    """Tell whether a folder holds this very training, finished.

    Raises
    ------
    InputError
        If it holds another training or something else.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("out", folder, "is not a directory", "Take another one")
    if not folder.exists() or all(file.name.endswith(PARTIAL) for file in folder.iterdir()):
        return False
    if (folder / MODEL).is_file():
        there, done = read_json(folder / MODEL), True
    elif (folder / CHECKPOINT).is_file():
        there, done = read_tensors(folder / CHECKPOINT)[1].get("configuration", {}), False
    elif (folder / WEIGHTS).is_file() or (folder / HISTORY).is_file():
        return False
    else:
        raise InputError("out", folder, "holds something else than a training", "Take another directory")
    keys = [key for key in differing(there, description) if not key.startswith(OUTCOMES)]
    if keys:
        why = f"holds a training with other {', '.join(keys)}"
        raise InputError("out", folder, why, "Take another directory")
    return done


def write_model(
    folder: Path, tensors: dict[str, torch.Tensor], description: dict[str, Any], history: list[Row]
) -> None:
    """Write weights, history and description; the description comes last and says that all is there."""
    make_folder(folder)
    write_tensors(folder / WEIGHTS, tensors, description)
    write_history(folder, history)
    write_json(folder / MODEL, description)
    (folder / CHECKPOINT).unlink(missing_ok=True)


def read_description(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """Read the description of a model; of the ``kind`` of estimator, if one is asked for.

    Raises
    ------
    InputError
        If there is no such model.
    DamagedError
        If the description is damaged.
    """
    if not (folder / MODEL).is_file():
        raise InputError("directory", folder, f"holds no model ({MODEL} is missing)")
    description = read_json(folder / MODEL)
    if kind is not None and description.get("estimator") != kind:
        why = f"holds a {description.get('estimator', 'network of another kind')}, not a {kind}"
        raise InputError("directory", folder, why)
    return description


def read_model(folder: Path, kind: str | None = None) -> tuple[dict[str, torch.Tensor], dict[str, Any], list[Row]]:
    """Read what `write_model` wrote.

    Raises
    ------
    InputError
        If there is no such model.
    DamagedError
        If a file is damaged or missing.
    """
    description = read_description(folder, kind)
    if not (folder / WEIGHTS).is_file():
        raise DamagedError(f"{folder / WEIGHTS} is missing. {REMEDY}")
    tensors, beside = read_tensors(folder / WEIGHTS)
    if keys := differing(description, beside):
        raise DamagedError(f"{folder}: {MODEL} and {WEIGHTS} disagree on {', '.join(keys)}. {REMEDY}")
    return tensors, description, read_history(folder)


@contextmanager
def fitting_weights(folder: Path) -> Iterator[None]:
    """Say in one sentence that the description is of another network than the weights."""
    try:
        yield
    except (KeyError, TypeError, RuntimeError, ValueError) as problem:
        line = str(problem).replace("\n", " ")
        raise DamagedError(f"{folder / WEIGHTS} does not fit {MODEL}: {line}") from problem
