"""Configurations: TOML in, checked and resolved, TOML out. Data only, never code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import tomli_w
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from spinlens.errors import InputError, did_you_mean
from spinlens.files import write_atomically

MOST_BYTES = 2**20
"""Largest configuration file."""

MOST_VALUES = 1_000_000
"""Longest grid: more values are a slip of the pen."""


def parse_grid(text: object, what: str = "grid") -> tuple[float, ...]:
    """Return the values of a grid.

    Parameters
    ----------
    text : str, number or sequence of numbers
        ``"start:stop:count"`` (both ends included), ``"1,2.5,3"``, one number, or a list.
    what : str
        Its name in an error.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if not isinstance(text, str):
        values = [text] if isinstance(text, int | float) else text
        if not isinstance(values, Sequence) or not all(map(_number, values)):
            raise InputError(what, text, "must be start:stop:count, a comma list or one number")
        return tuple(float(value) for value in values)
    parts = text.split(":")
    try:
        if len(parts) == 3:
            start, stop, count = float(parts[0]), float(parts[1]), int(parts[2])
            if not 1 <= count <= MOST_VALUES or (count == 1 and start != stop):
                raise ValueError
            return tuple(float(value) for value in np.linspace(start, stop, count))
        if len(parts) == 1:
            return tuple(float(part) for part in text.split(","))
    except ValueError:
        pass
    raise InputError(what, repr(text), "must be start:stop:count, a comma list or one number", "For example 1:5:65")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _readable_grid(value: object) -> str:
    """Check a grid and keep it as it was written, which is how people read it."""
    values = parse_grid(value)
    return value if isinstance(value, str) else ",".join(f"{v:g}" if float(f"{v:g}") == v else repr(v) for v in values)


Grid = Annotated[str, BeforeValidator(_readable_grid)]
"""A grid of numbers, kept as text; `parse_grid` gives its values."""


def _readable_sides(value: object) -> object:
    """Take sides as the shell writes them, ``32x32``, or one for a square."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value, value]
    parts = value.split("x") if isinstance(value, str) else []
    return [int(part) for part in parts] if parts and all(part.strip().isdecimal() for part in parts) else value


Sides = Annotated[list[int], BeforeValidator(_readable_sides)]
"""The sides of a lattice: a list, or text such as ``32x32``."""


class Section(BaseModel):
    """A part of a configuration: unknown keys are errors, values are not converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _lay_parts_over_their_defaults(cls, values: Any) -> Any:
        """Let a table that names some keys of a part keep the others of that part's default."""
        if not isinstance(values, Mapping):
            return values
        parts = {
            name: merge(field.default.model_dump(exclude_none=True), values[name])
            for name, field in cls.model_fields.items()
            if isinstance(field.default, Section) and isinstance(values.get(name), Mapping)
        }
        return {**values, **parts}

    @classmethod
    def resolve(cls, values: Mapping[str, Any]) -> Self:
        """Check ``values`` and fill in the defaults.

        Raises
        ------
        InputError
            Naming the first key that is unknown, missing or out of range.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise explain(cls, error) from None


def explain(section: type[BaseModel], error: ValidationError) -> InputError:
    """Turn pydantic's report on the first mistake into one sentence."""
    first = error.errors(include_url=False)[0]
    names = [str(part) for part in first["loc"]]
    where = re.sub(r"\.(\d+)", r"[\1]", ".".join(names))
    if first["type"] == "extra_forbidden":
        known = _keys(section, names[:-1])
        return InputError("key", repr(where), "is unknown", did_you_mean(names[-1], known))
    if first["type"] == "missing":
        return InputError("key", repr(where), "is missing from the configuration")
    if isinstance(cause := first.get("ctx", {}).get("error"), InputError):
        return InputError(where or cause.what, cause.got, cause.why, cause.do)
    if first["type"] == "literal_error":
        known = re.findall(r"'([^']*)'", first["ctx"]["expected"])
        return InputError(where, repr(first["input"]), "is unknown", did_you_mean(str(first["input"]), known))
    message = first["msg"]
    return InputError(where, repr(first["input"]), message[0].lower() + message[1:])


def _keys(section: type[BaseModel], path: Sequence[str]) -> list[str]:
    for name in path:
        inner = section.model_fields[name].annotation
        if not isinstance(inner, type) or not issubclass(inner, BaseModel):
            return []
        section = inner
    return list(section.model_fields)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises
    ------
    InputError
        If it cannot be read or is not TOML.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError("config", path, f"is larger than {MOST_BYTES} bytes, which no configuration is")
        return tomllib.loads(content.decode())
    except OSError as error:
        raise InputError("config", path, f"cannot be read ({error.strerror})") from None
    except RecursionError:
        raise InputError("config", path, "is nested too deeply") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("config", path, f"is not TOML ({error})") from None


def write_toml(path: Path, values: Mapping[str, Any]) -> None:
    """Write a TOML file atomically."""
    write_atomically(path, tomli_w.dumps(dict(values)).encode())


def merge(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` with ``changes`` laid over them, table by table."""
    merged = dict(values)
    for key, change in changes.items():
        both = isinstance(change, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], change) if both else change
    return merged


def parse_assignment(text: str) -> dict[str, Any]:
    """Return ``"training.beta=4"`` as nested tables; the value is read as TOML, or else as text.

    Raises
    ------
    InputError
        If there is no ``=`` or a key is empty.
    """
    path, equals, value = text.partition("=")
    keys = [key.strip() for key in path.split(".")]
    if not equals or not all(keys):
        raise InputError("set", repr(text), "must be key=value", "For example training.beta=4")
    try:
        parsed: Any = tomllib.loads(f"value = {value}")["value"]
    except RecursionError:
        raise InputError("set", f"{text[:40]}...", "is nested too deeply") from None
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    for key in reversed(keys):
        parsed = {key: parsed}
    return dict(parsed)


def differences(asked: Mapping[str, Any], stored: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return the keys in which two configurations differ, each with both values, as text."""
    found = []
    for key in dict.fromkeys([*asked, *stored]):
        new, old = asked.get(key), stored.get(key)
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            found += differences(new, old, f"{prefix}{key}.")
        elif new != old:
            found.append(f"{prefix}{key} (asked {_short(new)}, stored {_short(old)})")
    return found


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
