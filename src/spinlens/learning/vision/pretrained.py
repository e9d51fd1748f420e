"""Networks that begin elsewhere: on the hub, in a folder, in a pretraining; each with its loading report checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch

from spinlens.errors import DamagedError, InputError
from spinlens.learning.checkpoint import digest
from spinlens.learning.folder import MODEL, WEIGHTS, fitting_weights, read_model
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.networks import from_architecture
from spinlens.learning.vision.published import PublishedReader, kind_of, library, published
from spinlens.learning.vision.reader import Reader

Beginning = str | Path | torch.nn.Module
"""A word, a place, or a model of transformers that is already loaded."""

PRETRAINING = "Pretraining"
DIGEST = "sha256:"
"""What the name of weights begins with where a description keeps no path."""

IGNORED = ("pooler.",)
"""Published transformers come with a pooling layer for their own head; the networks here have none."""


def lattice_folder(pretrained: Beginning) -> Path | None:
    """Return the folder of a pretraining on the lattice that ``pretrained`` means, if it does."""
    if isinstance(pretrained, torch.nn.Module):
        return None
    text = str(pretrained)
    if text.startswith(DIGEST):
        why = "these weights are known by their digest alone"
        raise InputError("pretrained", text, why, "Set pretrained to the folder that holds them")
    if text.startswith("lattice:"):
        folder = Path(text.removeprefix("lattice:"))
        if not (folder / MODEL).is_file():
            why = f"{folder} holds no pretraining ({MODEL} is missing)"
            raise InputError("pretrained", text, why, "Make one with spinlens.Pretraining")
        return folder
    return Path(text) if (Path(text) / MODEL).is_file() else None


def identity_of(pretrained: Beginning) -> str:
    """Return what tells weights from others, wherever they lie: a word, a place on the hub, or a SHA-256.

    Raises
    ------
    InputError
        If there are no weights in the folder.
    DamagedError
        If a pretraining on the lattice is damaged.
    """
    if isinstance(pretrained, torch.nn.Module):
        return DIGEST + digest(dict(pretrained.state_dict()))
    text = str(pretrained)
    if text == "none" or text.startswith("hub:"):
        return text
    folder = lattice_folder(pretrained)
    if folder is not None:
        return DIGEST + digest(read_model(folder, PRETRAINING)[0])
    _check_folder(Path(text), text)
    total = hashlib.sha256()
    for file in (Path(text) / "config.json", *sorted(Path(text).glob("*.safetensors"))):
        with file.open("rb") as content:
            total.update(f"{file.name} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return DIGEST + total.hexdigest()


def lattice_architecture(folder: Path) -> Architecture:
    """Return the architecture of a pretraining.

    Raises
    ------
    InputError
        If there is none in the folder.
    DamagedError
        If its files are damaged.
    """
    _, description, _ = read_model(folder, PRETRAINING)
    return stored_architecture(description, folder)


def stored_architecture(description: dict[str, Any], folder: Path) -> Architecture:
    """Return the architecture in a description."""
    try:
        return Architecture(**description["architecture"])
    except (KeyError, TypeError, InputError) as problem:
        raise DamagedError(f"{folder / MODEL} does not describe a network: {problem}") from problem


def first_network(pretrained: Beginning, architecture: Architecture, *, seed: int) -> Reader:
    """Return a network with its first weights.

    Parameters
    ----------
    pretrained : str, path or transformers.PreTrainedModel
        ``none``: drawn from the seed. ``lattice:DIR``: the body of a pretraining on the lattice, with a new head.
        ``hub:ID``: published weights from the Hugging Face hub or its local cache. A folder: a pretraining on the
        lattice, or ``config.json`` and ``model.safetensors`` as transformers writes them. A model that is already
        loaded is copied.
    architecture : Architecture
        What the network must look like.
    seed : int
        Of all weights that are not loaded: the head, or all.

    Returns
    -------
    Reader
        The network.

    Raises
    ------
    InputError
        If the weights are not there, cannot be read, are of another shape, or leave anything but the head unfilled.
    DamagedError
        If a pretraining on the lattice is damaged.

    Notes
    -----
    Weights for colour images see the spins in all three channels alike, -1 as black and +1 as white after the usual
    scaling to the range from -1 to 1; the first layer is used as it was published.
    """
    if isinstance(pretrained, torch.nn.Module):
        return _from_model(pretrained, architecture, seed)
    if str(pretrained) == "none":
        return from_architecture(architecture, seed=seed)
    folder = lattice_folder(pretrained)
    if folder is not None:
        return _from_lattice(folder, architecture, seed)
    return _from_published(str(pretrained), architecture, seed)


def _from_lattice(folder: Path, architecture: Architecture, seed: int) -> Reader:
    tensors, description, _ = read_model(folder, PRETRAINING)
    there = stored_architecture(description, folder)
    if differences := body_differences(there, architecture):
        why = f"were pretrained with {differences}"
        raise InputError("pretrained", f"lattice:{folder}", why, "Ask for the same network")
    network = from_architecture(architecture, seed=seed)
    body = {name.removeprefix("reader."): tensor for name, tensor in tensors.items() if name.startswith("reader.")}
    body = {name: tensor for name, tensor in body.items() if not name.startswith("head.")}
    with fitting_weights(folder):
        report = network.load_state_dict(body, strict=False)
    odd = [*report.unexpected_keys, *sorted(set(report.missing_keys) - {"head.weight", "head.bias"})]
    if odd:
        raise DamagedError(f"{folder / WEIGHTS} does not fit {MODEL}: {', '.join(odd)}")
    return network


def body_differences(there: Architecture, wanted: Architecture) -> str:
    """Return in words how the body of one native transformer differs from that of another, or nothing."""
    names = ("name", "axes", "channels", "side", "patch", "stem", "sizes", "pooling", "even")
    words = {"name": "network", "sizes": "width, layers and heads"}
    pairs = {words.get(name, name): (getattr(there, name), getattr(wanted, name)) for name in names}
    odd = [f"{name} {one} (not {other})" for name, (one, other) in pairs.items() if one != other]
    return ", ".join(odd)


def _from_published(pretrained: str, architecture: Architecture, seed: int) -> Reader:
    _refuse_native(pretrained, architecture)
    place = pretrained.removeprefix("hub:")
    if not pretrained.startswith("hub:"):
        _check_folder(Path(place), pretrained)
    model, report = _load(place, pretrained, architecture, seed)
    _check_report(report, pretrained, "classifier.")
    return _reading(model, architecture, pretrained)


def _from_model(model: torch.nn.Module, architecture: Architecture, seed: int) -> Reader:
    """Return the network of a loaded model: its body copied, its head new."""
    name, configuration = type(model).__name__, getattr(model, "config", None)
    _refuse_native(name, architecture)
    kind = kind_of(architecture)
    if getattr(configuration, "model_type", None) != kind.kind or not hasattr(model, "classifier"):
        raise InputError("pretrained", name, f"is no {kind.classifier}", f"Take a model of {architecture.name}")
    own = replace_labels(deepcopy(configuration), architecture.classes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        copy = getattr(library(), kind.classifier)(own)
    copy.base_model.load_state_dict(model.base_model.state_dict())  # type: ignore[union-attr]
    return _reading(copy.float(), architecture, name)


def _refuse_native(pretrained: str, architecture: Architecture) -> None:
    if architecture.native:
        why = "published weights fit the published layouts, not the lattice-native network"
        raise InputError("pretrained", pretrained, why, "Take size='base', a ResNet, or pretrained='lattice:DIR'")


def _reading(model: Any, architecture: Architecture, pretrained: str) -> PublishedReader:
    """Return a model as a network that reads spins, if it sees them all."""
    side = architecture.side if architecture.residual else model.config.image_size
    if not isinstance(side, int):
        raise InputError("pretrained", pretrained, f"they see {side} pixels, not a square of them")
    if side < architecture.side:
        why = f"they see {side} pixels a side, fewer than the {architecture.side} spins"
        raise InputError("pretrained", pretrained, why, "Take weights for larger images")
    return kind_of(architecture)(architecture, model)


def _check_folder(folder: Path, pretrained: str) -> None:
    if not folder.is_dir():
        why = "is neither 'none', 'lattice:DIR', 'hub:ID' nor a folder that exists"
        raise InputError("pretrained", pretrained, why)
    missing = [name for name in ("config.json", "model.safetensors") if not (folder / name).is_file()]
    if (folder / "model.safetensors.index.json").is_file():
        missing = [name for name in missing if name == "config.json"]
    if missing:
        raise InputError("pretrained", pretrained, f"{' and '.join(missing)} is missing in the folder", "Put it there")


def _load(place: str, pretrained: str, architecture: Architecture, seed: int) -> tuple[Any, dict[str, Any]]:
    transformers, known = library(), kind_of(architecture)
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    kind, word = getattr(transformers, known.classifier), known.kind
    local: dict[str, Any] = {} if pretrained.startswith("hub:") else {"local_files_only": True}
    try:
        configuration = transformers.AutoConfig.from_pretrained(place, trust_remote_code=False, **local)
        if configuration.model_type != word:
            why = f"are of the kind {configuration.model_type!r}, not {word!r}"
            raise InputError("pretrained", pretrained, why, f"Take weights of {architecture.name}")
        with torch.random.fork_rng(devices=[]), _quiet():
            torch.manual_seed(seed)
            found: tuple[Any, dict[str, Any]] = kind.from_pretrained(
                place, config=replace_labels(configuration, architecture.classes), output_loading_info=True,
                use_safetensors=True, ignore_mismatched_sizes=True, dtype=torch.float32, **local,
            )  # fmt: skip
    except SafetensorError as problem:
        raise InputError("pretrained", pretrained, f"cannot be read: {_line(problem)}", "Fetch them again") from problem
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as problem:
        raise _unreachable(pretrained, place, problem) from problem
    except (TypeError, AttributeError, ArithmeticError, LookupError, StrictDataclassError) as problem:
        why = f"their configuration is not one of {word}: {_line(problem)}"
        raise InputError("pretrained", pretrained, why, "Fetch them again") from problem
    return found


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split()).rstrip(".")


def _unreachable(pretrained: str, place: str, problem: Exception) -> InputError:
    if pretrained.startswith("hub:"):
        why = "is neither in the local cache nor within reach"
        do = (
            f"Download config.json and model.safetensors from https://huggingface.co/{place} into a folder and pass "
            "that folder as pretrained"
        )
        return InputError("pretrained", pretrained, why, do)
    return InputError("pretrained", pretrained, f"cannot be loaded: {_line(problem)}")


def _check_report(report: dict[str, Any], pretrained: str, head: str) -> None:
    """Refuse a loading that left more than the head unfilled."""
    groups = {
        "missing": set(report.get("missing_keys", ())),
        "of another shape": {entry[0] for entry in report.get("mismatched_keys", ())},
    }
    for word, names in groups.items():
        odd = sorted(name for name in names if not name.startswith(head))
        if odd:
            raise InputError("pretrained", pretrained, f"{len(odd)} tensors are {word}, the first is {odd[0]!r}")
    unexpected = sorted(
        name for name in report.get("unexpected_keys", ()) if not name.removeprefix("vit.").startswith(IGNORED)
    )
    if unexpected:
        why = f"{len(unexpected)} tensors have no place in the network, the first is {unexpected[0]!r}"
        raise InputError("pretrained", pretrained, why)
    if errors := report.get("error_msgs"):
        raise InputError("pretrained", pretrained, f"cannot be loaded: {errors[0]}")


def replace_labels(configuration: Any, classes: int) -> Any:
    """Return the configuration with another number of labels."""
    configuration.num_labels = classes
    return configuration


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from printing its loading report, which is checked instead."""
    from transformers.utils import logging as library

    logging: Any = library
    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()


def rebuild(description: dict[str, Any], folder: Path) -> Reader:
    """Return the network that a description asks for, with weights still to be loaded."""
    architecture = stored_architecture(description, folder)
    if architecture.native:
        return from_architecture(architecture)
    with torch.random.fork_rng(devices=[]):
        return published(architecture, description["configuration"])
