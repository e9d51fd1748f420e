"""Recorded sums with the conditions that they were recorded at: what every statistic starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model, OrderParameter, Stiffness, check_model
from spinlens.statistics.labels import labelled

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SERIES_AXES = ("chain", "recording")
"""The last two axes of sums; named ones may stand anywhere."""


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
    shape : tuple of int
        Lengths of those axes.
    """

    model: Model
    lattice: Lattice
    sums: dict[str, Any]
    temperature: Array
    controls: dict[str, Array]
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]

    @property
    def sites(self) -> int:
        """Number of sites N."""
        return self.lattice.sites

    @property
    def coordinates(self) -> dict[str, Any]:
        """Temperature and controls over the axes that they depend on, as xarray takes them."""
        found: dict[str, Any] = {}
        for name, flat in {**self.controls, "temperature": self.temperature}.items():
            values = flat.reshape(self.shape)
            along = [axis for axis, dim in enumerate(self.dimensions) if dim == name or varies(values, axis)]
            kept = values[tuple(slice(None) if axis in along else 0 for axis in range(values.ndim))]
            found[name] = (tuple(self.dimensions[axis] for axis in along), kept)
        return found

    @property
    def order_parameters(self) -> dict[int, OrderParameter]:
        """Those of the model whose sums were recorded, by their place among all: 0 is the most telling."""
        found = enumerate(self.model.order_parameters(self.lattice))
        return {place: order for place, order in found if all(name in self.sums for name in order.series)}

    @property
    def stiffnesses(self) -> tuple[Stiffness, ...]:
        """Those of the model whose sums were recorded."""
        return tuple(s for s in self.model.stiffnesses(self.lattice) if all(name in self.sums for name in s.series))

    def labelled(self, found: xr.Dataset) -> xr.Dataset:
        """Say of each variable what it is, and of which order parameter those without a prefix are."""
        names = {place: order.name for place, order in self.order_parameters.items()}
        if 0 in names:
            found.attrs["order_parameter"] = names[0]
        return labelled(found, order_parameters=tuple(names.values()), controls=tuple(self.controls))

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
        T > 0 of its conditions; broadcast against the axes before the chains. Of xarray's arrays it is taken from the
        coordinate of that name where it is left out.
    **controls : array
        The same of the model's controls; else the model's default.

    Raises
    ------
    InputError
        If something is missing, shapes do not fit, sums are no whole numbers, or a temperature is not > 0.
    """
    if hasattr(source, "series") and hasattr(source, "model"):
        given = {"model": model, "lattice": lattice, "temperature": temperature, **controls}
        for name, value in given.items():
            if value is not None:
                why = "an ensemble says itself what was recorded where"
                raise InputError(name, " ".join(repr(value).split())[:60], why, "Leave it out, or pass ensemble.series")
        model, lattice, source = source.model, source.lattice, source.series
    if not isinstance(source, Mapping) or not source:
        raise InputError("sums", type(source).__name__, "must be an ensemble, or arrays of sums by their names")
    arrays, dimensions, known = _unlabelled({str(name): values for name, values in source.items()})
    given = {**known, **controls, "temperature": known.get("temperature") if temperature is None else temperature}
    for name, value in (("model", model), ("lattice", lattice), ("temperature", given["temperature"])):
        if value is None:
            raise InputError(name, None, "arrays of sums do not say it", f"Pass {name}=")
    model, lattice = check_model(model), check_lattice(lattice)
    front = _checked_shape(model, lattice, arrays)
    temperatures = given.pop("temperature")
    values = model.values_of_controls({n: v for n, v in given.items() if n in model.controls or n in controls})
    spread = {n: _spread(n, v, dimensions, front) for n, v in {"temperature": temperatures, **values}.items()}
    names = dimensions or _names(spread, len(front))
    flat = {name: value.reshape(-1) for name, value in spread.items()}
    sums = {name: np.reshape(array, (-1, *np.shape(array)[-2:])) for name, array in arrays.items()}
    return Recordings(model, lattice, sums, flat.pop("temperature"), flat, names, front)


def _unlabelled(sums: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...], dict[str, Any]]:
    """Return plain arrays, the names of the axes before the chains, and the coordinates, as far as there are any."""
    first = next(iter(sums.values()))
    if not hasattr(first, "dims"):
        return sums, (), {}
    front = [dim for dim in first.dims if dim not in SERIES_AXES]
    named = len(front) == len(first.dims) - 2
    order = (*front, *SERIES_AXES) if named else first.dims
    for name, values in sums.items():
        if {*getattr(values, "dims", ())} != {*order}:
            raise InputError(f"sums[{name!r}].dims", getattr(values, "dims", None), f"must be {order} like the others")
    arrays = {name: values.transpose(*order).values for name, values in sums.items()}
    coordinates = {str(name): c for name, c in first.coords.items() if not {*c.dims} & {*order[-2:]}}
    return arrays, tuple(map(str, order[:-2])), coordinates


def _checked_shape(model: Model, lattice: Lattice, sums: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape before the chains."""
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
    return tuple(shape[:-2])


def _check_whole(name: str, values: Any) -> None:
    """Refuse sums that were divided by something: cut to whole numbers they would be others."""
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return
    broken = array[array != np.rint(array)] if array.dtype.kind == "f" else array.reshape(-1)
    if broken.size:
        why = "is no total over the lattice: those are whole numbers, not divided by the number of sites"
        raise InputError(f"sums[{name!r}]", broken[0], why)


def _spread(name: str, values: Any, dimensions: tuple[str, ...], shape: tuple[int, ...]) -> Array:
    """Return a condition over all axes before the chains; what has names is laid along the axes of those names."""
    own = tuple(map(str, getattr(values, "dims", ()))) if dimensions else ()
    if any(dim not in dimensions for dim in own):
        raise InputError(f"{name}.dims", own, f"must be among {dimensions}")
    if own:
        values = values.transpose(*[dim for dim in dimensions if dim in own])
    elif name in dimensions and np.ndim(values) == 1:
        own = (name,)
    try:
        array = np.asarray(values, dtype=np.float64)
        if own:
            array = np.expand_dims(array, [axis for axis, dim in enumerate(dimensions) if dim not in own])
        array = np.broadcast_to(array, shape)
    except (TypeError, ValueError):
        raise InputError(f"{name}.shape", np.shape(values), f"must broadcast to {shape}") from None
    wrong = array[~np.isfinite(array) | (array <= 0 if name == "temperature" else False)]
    if wrong.size:
        why = "must be > 0 (k_B = 1, units of abs(J))" if name == "temperature" else "must be a finite number"
        raise InputError(name, float(wrong[0]), why)
    return array


def _names(conditions: Mapping[str, Array], axes: int) -> tuple[str, ...]:
    """Name each axis by the one condition that varies along it and nowhere else, or by its number."""
    names = []
    for axis in range(axes):
        along = [name for name, values in conditions.items() if varies(values, axis)]
        alone = len(along) == 1 and sum(varies(conditions[along[0]], other) for other in range(axes)) == 1
        names.append(along[0] if alone else f"dim_{axis}")
    return tuple(names)


def varies(values: Array, axis: int) -> bool:
    """Return whether numbers differ along an axis."""
    return bool(np.any(values != np.take(values, [0], axis=axis)))
