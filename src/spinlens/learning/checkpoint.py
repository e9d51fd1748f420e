"""Tensors on disk: safetensors with a JSON description, whole or not at all, never a pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from spinlens.errors import DamagedError, InputError, SpinlensError
from spinlens.files import write_atomically

Description = dict[str, Any]
ENTRY = "spinlens"
"""Key of the metadata in a safetensors file."""

REMEDY = "Restore it from a copy or train again."


@contextmanager
def plain_disk_errors(path: Path) -> Iterator[None]:
    """Say in one sentence that a disk is full or read-only."""
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or problem
        message = f"{path} cannot be written: {reason}. Make room or take another directory; the same call continues."
        raise SpinlensError(message) from problem


def write_file(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Raises
    ------
    SpinlensError
        If the disk is full or read-only.
    """
    with plain_disk_errors(path):
        write_atomically(path, data)


def make_folder(path: Path) -> None:
    """Make a directory with all above it.

    Raises
    ------
    InputError
        If that is not allowed.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        why = f"cannot be written to ({problem.strerror})"
        raise InputError("out", path, why, "Choose another place") from problem


def write_json(path: Path, content: object) -> None:
    """Write indented JSON, whole or not at all."""
    write_file(path, (json.dumps(content, indent=2) + "\n").encode())


def digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """Return the SHA-256 of names, types, shapes and values."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor], description: Description) -> None:
    """Write tensors and what describes them to one safetensors file.

    Parameters
    ----------
    path : Path
        The file; replaced in one move.
    tensors : mapping of str to Tensor
        Contents.
    description : dict
        Anything that JSON holds; kept in the file's metadata, with the digest of the tensors.
    """
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    # A single entry: safetensors keeps several in a random order, and equal files should be equal byte by byte.
    metadata = {ENTRY: json.dumps({"digest": digest(plain), "description": description})}
    write_file(path, save(plain, metadata))


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], Description]:
    """Read what `write_tensors` wrote.

    Raises
    ------
    InputError
        If there is no such file.
    DamagedError
        If the file is not safetensors or its tensors do not match their digest.
    """
    if not path.is_file():
        raise InputError("path", path, "there is no such file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        entry = json.loads(metadata[ENTRY])
        expected, description = entry["digest"], entry["description"]
    except (SafetensorError, KeyError, ValueError, TypeError) as problem:
        raise DamagedError(f"{path} cannot be read: {problem}. Restore it from a copy or train again.") from problem
    if digest(tensors) != expected:
        raise DamagedError(f"{path} is damaged: its weights do not match their checksum. Restore it or train again.")
    return tensors, description


def read_json(path: Path) -> Description:
    """Read a JSON object.

    Raises
    ------
    InputError
        If there is no such file.
    DamagedError
        If it is not a JSON object.
    """
    if not path.is_file():
        raise InputError("path", path, "there is no such file")
    try:
        content = json.loads(path.read_text())
    except ValueError as problem:
        raise DamagedError(f"{path} is not JSON: {problem}. {REMEDY}") from problem
    if not isinstance(content, dict):
        raise DamagedError(f"{path} does not hold a JSON object. {REMEDY}")
    return content


def differing(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return the dotted keys in which two nested mappings differ."""
    keys: list[str] = []
    for key in sorted(set(one) | set(other)):
        a, b = one.get(key), other.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            keys += differing(a, b, f"{prefix}{key}.")
        elif a != b:
            keys.append(prefix + key)
    return keys
