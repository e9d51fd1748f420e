"""Numbers for a page: little-endian arrays, deflated, in letters; the browser inflates them by itself."""

from __future__ import annotations

import base64
import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES = {"float32": "<f4", "uint8": "u1", "uint16": "<u2", "int32": "<i4"}
"""By their names in the page: those that a typed array of JavaScript can have."""


def encoded(values: Any, kind: str = "float32") -> dict[str, Any]:
    """Return an array as JSON types: its type, its shape, and its bytes by raw deflate and base 64.

    Parameters
    ----------
    values : array
        Numbers.
    kind : str
        One of `TYPES`; what is no number stays NaN in the only one that has it.
    """
    array = np.ascontiguousarray(np.asarray(values), dtype=TYPES[kind])
    pressed = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    data = pressed.compress(array.tobytes()) + pressed.flush()
    return {"type": kind, "shape": list(array.shape), "data": base64.b64encode(data).decode("ascii")}


def decoded(stored: dict[str, Any]) -> NDArray[Any]:
    """Undo `encoded`."""
    data = zlib.decompress(base64.b64decode(stored["data"]), wbits=-zlib.MAX_WBITS)
    return np.frombuffer(data, dtype=TYPES[stored["type"]]).reshape(stored["shape"])


def finite(value: Any) -> Any:
    """Return JSON types, with None for numbers that JSON lacks."""
    if isinstance(value, dict):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    if isinstance(value, np.ndarray | np.generic):
        return finite(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
