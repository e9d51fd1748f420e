"""The presets of the studies, one TOML file each."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from spinlens.config import merge
from spinlens.errors import InputError, did_you_mean


def read_preset(study: str, name: str) -> dict[str, Any]:
    """Return the configuration of a preset.

    Raises
    ------
    InputError
        If there is no such preset of this study.
    """
    known = preset_names(study)
    if name not in known:
        raise InputError("preset", repr(name), "is unknown", did_you_mean(name, known))
    return tomllib.loads((files(__name__) / f"{study}-{name}.toml").read_text(encoding="utf-8"))


def preset_names(study: str) -> list[str]:
    """Return the presets of a study."""
    found = (item.name for item in files(__name__).iterdir())
    ours = (name for name in found if name.startswith(f"{study}-") and name.endswith(".toml"))
    return sorted(name[len(study) + 1 : -len(".toml")] for name in ours)


def read_plane(name: str, preset: str) -> dict[str, Any]:
    """Return what a plane of its own changes of a preset of the crossover study.

    Its file has a table ``common``, and one for each preset that it has.

    Raises
    ------
    InputError
        If there is no such plane, or it has no such preset.
    """
    known = preset_names("plane")
    if name not in known:
        raise InputError("plane", repr(name), "is unknown", did_you_mean(name, known))
    tables = tomllib.loads((files(__name__) / f"plane-{name}.toml").read_text(encoding="utf-8"))
    common = tables.pop("common")
    if preset not in tables:
        raise InputError("preset", repr(preset), f"is none of the plane {name}", did_you_mean(preset, list(tables)))
    return merge(common, tables[preset])


def planes() -> list[str]:
    """Return the planes that have presets of their own."""
    return preset_names("plane")
