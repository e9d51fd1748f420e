"""Check the temperatures, fields and couplings that the oracles are asked about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.models import SMALLEST_TEMPERATURE, Model, check_model, refuse_sealed


def check_solvable(model: Any, *, imaginary_time: bool = False) -> Model:
    """Return a model of which exact values may be said.

    Raises
    ------
    InputError
        If it is no model, its unit of energy is hidden, or its configurations are worldlines and the oracle knows of
        none, or the other way round.
    """
    found = check_model(model)
    refuse_sealed(found)
    if found.imaginary_time and not imaginary_time:
        why = "has terms that do not commute, and configurations in imaginary time"
        raise InputError("model", found.text, why, "exact.diagonalise takes it")
    if imaginary_time and not found.imaginary_time:
        raise InputError("model", found.text, "has no terms that do not commute", "exact.enumerate_states takes it")
    return found


def check_temperature(temperature: Any) -> NDArray[np.float64]:
    """Return ``temperature`` as float64 of its own shape.

    Raises
    ------
    InputError
        If it is not numbers, or one of them is not finite and > 0.
    """
    try:
        values = np.asarray(temperature, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("temperature", temperature, "must be one number or an array of numbers") from None
    wrong = np.argwhere(~(np.isfinite(values) & (values > 0)))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        name = "temperature" + (f"[{', '.join(map(str, place))}]" if place else "")
        raise InputError(name, values[place], "must be > 0 (k_B = 1, units of abs(J))")
    return values


def check_coupling(coupling: Any, *, name: str = "coupling") -> float:
    """Return J as a float, or raise InputError if it is not one number, zero or not finite."""
    if not _finite(coupling) or coupling == 0:
        raise InputError(name, _shown(coupling), "must be one finite number other than 0")
    return float(coupling)


def check_field(field: Any) -> float:
    """Return h as a float, or raise InputError if it is not one finite number."""
    if not _finite(field):
        raise InputError("field", _shown(field), "must be a finite number (units of abs(J))")
    return float(field)


def _finite(value: Any) -> bool:
    """Return whether the value is one finite real number."""
    try:
        return np.ndim(value) == 0 and not isinstance(value, str | bytes) and math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return False


def _shown(value: Any) -> object:
    """Return what an error shows of a value on its one line."""
    return value if isinstance(value, int | float) else " ".join(repr(value).split())


def check_condition(temperature: Any, field: float) -> tuple[float, float]:
    """Return one temperature and field as floats, or raise InputError if they are not one allowed number each."""
    return check_one_temperature(temperature), check_field(field)


def check_one_temperature(temperature: Any) -> float:
    """Return one temperature as a float, or raise InputError if it is not one allowed number."""
    values = check_temperature(temperature)
    if values.ndim:
        raise InputError("temperature", temperature, "must be one number here", "Call once per temperature")
    if values < SMALLEST_TEMPERATURE:
        raise InputError("temperature", float(values), f"must be at least {SMALLEST_TEMPERATURE:g}, in units of energy")
    return float(values)


def check_controls(model: Model, controls: Mapping[str, Any]) -> dict[str, float]:
    """Return a value for every control of a model, or raise InputError if one is no finite number or unknown."""
    values = model.values_of_controls(controls)
    for name, value in values.items():
        if not _finite(value):
            raise InputError(name, _shown(value), "must be a finite number")
    return {name: float(value) for name, value in values.items()}
