"""Recorded sums with the conditions that they were recorded at: what every statistic starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model, OrderParameter, check_model

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recordings:
    """Sums of C conditions, each array (C, chain, recording) of whole numbers.

    Attributes
    ----------
    model : Model
        The Hamiltonian.
    lattice : Lattice
        Where the sums were taken.
    sums : dict of str to array
        By the names of the model's terms.
    temperature : ndarray, float64 (C,)
        T > 0.
    controls : dict of str to ndarray, float64 (C,)
        The value of every control.
    dimensions : tuple of str
        Names of the axes that the conditions were laid out on.
    coordinates : dict of str to ndarray
        Values along those axes, as far as they are known.
    shape : tuple of int
        Lengths of those axes.
    """

    model: Model
    lattice: Lattice
    sums: dict[str, Any]
    temperature: Array
    controls: dict[str, Array]
    dimensions: tuple[str, ...]
    coordinates: dict[str, Any]
    shape: tuple[int, ...]

    @property
    def sites(self) -> int:
        """Number of sites N."""
        return self.lattice.sites

    @property
    def order_parameters(self) -> tuple[OrderParameter, ...]:
        """Those of the model whose sums were recorded."""
        found = self.model.order_parameters(self.lattice)
        return tuple(order for order in found if all(name in self.sums for name in order.series))

    def controls_at(self, condition: int) -> dict[str, float]:
        """Return the controls of one condition."""
        return {name: float(values[condition]) for name, values in self.controls.items()}

    def runs(self) -> Iterator[tuple[slice, dict[str, float]]]:
        """Yield stretches of conditions that differ in temperature alone, with their controls."""
        rows = np.array([*self.controls.values()]).T.reshape(len(self.temperature), -1)
        edges = np.flatnonzero(np.any(rows[1:] != rows[:-1], axis=1)) + 1
        for first, stop in zip([0, *edges], [*edges, len(rows)], strict=True):
            yield slice(int(first), int(stop)), self.controls_at(int(first))


def recordings(
    source: Any, *, model: Any = None, lattice: Any = None, temperature: Any = None, **controls: Any
) -> Recordings:
    """Bring recorded sums into one form.

    Parameters
    ----------
    source : ensemble or mapping of str to array, shape (..., chain, recording)
        An ensemble needs nothing else. Arrays may be NumPy's or xarray's; an `xarray.Dataset` is a mapping.
    model : Model, optional
        The Hamiltonian of a mapping.
    lattice : Lattice, optional
        Where its sums were taken.
    temperature : array, optional
        T > 0 of its conditions; broadcast against the axes before the chains.
    **controls : array
        The same of the model's controls.

    Raises
    ------
    InputError
        If something is missing, shapes do not fit, sums are no whole numbers, or a temperature is not > 0.
    """
    if hasattr(source, "series") and hasattr(source, "model"):
        grid = {name: np.asarray(values, dtype=np.float64) for name, values in source.grid.items()}
        axes = np.meshgrid(*grid.values(), indexing="ij")
        named = dict(zip(grid, axes, strict=True))
        sums = {str(name): source.series[name].values for name in source.series}
        return _checked(source.model, source.lattice, sums, named.pop("temperature"), named, tuple(grid), grid)
    if not isinstance(source, Mapping) or not source:
        raise InputError("sums", type(source).__name__, "must be an ensemble, or arrays of sums by their names")
    for name, value in (("model", model), ("lattice", lattice), ("temperature", temperature)):
        if value is None:
            raise InputError(name, None, "arrays of sums do not say it", f"Pass {name}=")
    model = check_model(model)
    first = next(iter(source.values()))
    dimensions = tuple(map(str, getattr(first, "dims", ())))[:-2]
    coordinates = {name: first.coords[name].values for name in dimensions if name in first.coords}
    arrays = {str(name): getattr(values, "values", values) for name, values in source.items()}
    values = model.values_of_controls(controls)
    return _checked(model, check_lattice(lattice), arrays, temperature, values, dimensions, coordinates)


def _checked(
    model: Model, lattice: Lattice, sums: Mapping[str, Any], temperature: Any, controls: Mapping[str, Any],
    dimensions: tuple[str, ...], coordinates: dict[str, Any],
) -> Recordings:  # fmt: skip
    shape = np.shape(next(iter(sums.values())))
    if len(shape) < 2 or 0 in shape:
        raise InputError("sums.shape", shape, "must be (..., chain, recording), each at least 1")
    known = model.tables(lattice).names
    for name, values in sums.items():
        if name not in known:
            raise InputError("sums", repr(name), f"is no sum of {model.name}, which has {', '.join(known)}")
        if np.shape(values) != shape:
            raise InputError(f"sums[{name!r}].shape", np.shape(values), f"must be {shape} like the others")
        _check_whole(name, values)
    front = shape[:-2]
    axes = {name: _spread(name, values, front) for name, values in {"temperature": temperature, **controls}.items()}
    for name, values in axes.items():
        wrong = values[~np.isfinite(values) | (values <= 0 if name == "temperature" else False)]
        if wrong.size:
            why = "must be > 0 (k_B = 1, units of abs(J))" if name == "temperature" else "must be a finite number"
            raise InputError(name, wrong[0], why)
    flat = {name: np.reshape(values, (-1, *shape[-2:])) for name, values in sums.items()}
    temperatures = axes.pop("temperature")
    names = dimensions or tuple(f"dim_{axis}" for axis in range(len(front)))
    return Recordings(model, lattice, flat, temperatures, axes, names, coordinates, front)


def _check_whole(name: str, values: Any) -> None:
    """Refuse sums that were divided by something: cut to whole numbers they would be others."""
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return
    if array.dtype.kind != "f" or not np.array_equal(array, np.rint(array)):
        raise InputError(f"sums[{name!r}]", "an array", "totals over the lattice are wanted, which are whole numbers")


def _spread(name: str, values: Any, shape: tuple[int, ...]) -> Array:
    try:
        return np.broadcast_to(np.asarray(values, dtype=np.float64), shape).reshape(-1)
    except (TypeError, ValueError):
        raise InputError(f"{name}.shape", np.shape(values), f"must broadcast to {shape}") from None
