"""What counts as spins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError


def check_spins(name: str, values: Any, *, dimensions: int | tuple[int, ...]) -> NDArray[np.int8]:
    """Return spins as int8.

    Parameters
    ----------
    name : str
        What they are called in an error.
    values : array
        Spins.
    dimensions : int or tuple of int
        How many axes they may have.

    Raises
    ------
    InputError
        If a value is not +1 or -1, or the number of axes is another one.
    """
    array = np.asarray(values)
    allowed = (dimensions,) if isinstance(dimensions, int) else dimensions
    if array.ndim not in allowed or array.size == 0:
        wanted = " or ".join(map(str, allowed))
        raise InputError(f"{name}.shape", array.shape, f"must have {wanted} dimensions, each at least 1")
    numeric = np.issubdtype(array.dtype, np.number) and not np.issubdtype(array.dtype, np.complexfloating)
    if not numeric or not np.all((array == 1) | (array == -1)):
        example = array.flat[0] if not numeric else array[(array != 1) & (array != -1)][0]
        raise InputError(name, example, "spins are +1 or -1", "Turn zeros and ones n into 2 * n - 1")
    return array.astype(np.int8)
