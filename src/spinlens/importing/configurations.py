"""Configurations of anybody's program as an ensemble, which all that reads ensembles then reads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble, open_ensemble
from spinlens.ensemble.imported import imported_ensemble
from spinlens.errors import InputError
from spinlens.files import PARTIAL, local_path
from spinlens.importing.arranging import SIDES, Arranged, arrange, codes_of, in_order
from spinlens.importing.files import chosen, files_of, read_arrays, source_of
from spinlens.importing.mcising import read_mcising
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model, Unspecified, check_model
from spinlens.sampling import Plan
from spinlens.sampling.algorithms import IMPORTED


def import_configurations(
    source: Any,
    *,
    axes: str | Sequence[str] = (),
    lattice: Lattice | tuple[int, ...] | None = None,
    model: Model | None = None,
    values: Any = None,
    dataset: str | None = None,
    files: str | None = None,
    order: str = "C",
    program: str | None = None,
    out: Path | str | None = None,
    **labels: Any,
) -> Ensemble:
    """Make an ensemble of configurations that another program, or an experiment, made.

    Parameters
    ----------
    source : array, path-like or sequence of path-like
        The configurations, or files: ``.npy``, ``.npz``, text, ``.csv``, grey ``.png``, HDF5 (with h5py), ``.mat``. A
        folder stands for the files in it, by their names.
    axes : str or sequence of str
        What each axis of the array, or of the array in each file, is: a label's name, ``chain`` (independent
        configurations), ``draw`` (successive ones of one chain), ``x``, ``y``, ``z``, or ``site`` for all sides in one.
    lattice : Lattice or tuple of int
        Sides, kind and boundary.
    model : Model, optional
        The Hamiltonian, whose terms are then measured. Without it the ensemble knows values on sites and no energy.
    values : sequence of float or "radians", optional
        The numbers that stand for the values of the model's space, in their order, as in ``values=(0, 1)`` for spins
        down and up; or that they are angles, each of which becomes the nearest one. By default numbers are those of the
        space itself. Without a model: the values that can stand on a site, which must be given.
    dataset : str, optional
        Name of the array in files that hold several; those that labels name are not counted.
    files : str, optional
        What several files follow one another along, as in ``files="temperature"``: one more axis, the first.
    order : {"C", "F"}
        Whether along ``site`` the last side varies fastest, as in C and NumPy, or the first one, as in Fortran, MATLAB
        and Julia.
    program : {"mcising"}, optional
        A program whose files say all of this by themselves, so that nothing else is given but ``out``.
    out : path-like, optional
        A new directory; in memory where left out.
    **labels : float, sequence of float or str
        ``temperature``, which must be there, and the controls of the model (any names without one): one number for all;
        as many as the axis of that name is long; one for each configuration along ``chain`` or ``draw``; or the name of
        an array in the same file that holds them. Controls that are left out have the model's defaults.

    Returns
    -------
    Ensemble
        Its plan says ``imported``: it is never called equilibrated, and never continued or sampled again.

    Raises
    ------
    InputError
        If a file cannot be read, an axis or label is missing or does not fit, a number is no value of the space, or
        ``out`` exists. Nothing is written then.

    Examples
    --------
    >>> import numpy as np
    >>> import spinlens as sl
    >>> spins = np.random.default_rng(1).integers(2, size=(3, 50, 8, 8))
    >>> found = sl.import_configurations(
    ...     spins, axes="temperature chain x y", temperature=[1.5, 2.5, 3.5], lattice=(8, 8), model=sl.Ising(),
    ...     values=(0, 1),
    ... )
    >>> found.spins().shape
    (1, 3, 50, 1, 8, 8)
    """
    out = None if out is None else local_path(out)
    if out is not None and out.exists():
        raise InputError("out", out, "exists already", "Name a new directory")
    if program is not None:
        return _of_program(program, source, out)
    names = tuple(axes.replace(",", " ").split() if isinstance(axes, str) else axes)
    if lattice is None or not names:
        why = "must be given: no file says it for certain"
        raise InputError("axes" if not names else "lattice", None, why, "For example axes='draw x y', lattice=(32, 32)")
    lattice = check_lattice(lattice)
    model = _unspecified(values, labels) if model is None else check_model(model)
    unknown = [name for name in labels if name != "temperature" and name not in model.controls]
    if unknown:
        model.values_of_controls({unknown[0]: 0.0})
    numbers, names, labels, sources = _read(source, names, dataset, files, labels)
    said = {"axes": list(names), "order": order, "sources": sources, "values": _plain(values)}
    codes = codes_of(numbers, model.space, None if isinstance(model, Unspecified) else values)
    arranged = arrange(codes, axes=names, lattice=lattice, order=order, labels=labels)
    return _stored(*_plan(arranged, model, lattice), said, out)


def _plain(values: Any) -> Any:
    return values if values is None or isinstance(values, str) else np.asarray(values).tolist()


def _of_program(program: str, source: Any, out: Path | str | None) -> Ensemble:
    """Import a file that says by itself what it holds."""
    if program != "mcising":
        raise InputError("program", repr(program), "has no files that are known", "Only 'mcising'; or name the axes")
    if not isinstance(source, str | Path):
        (source,) = source if len(source) == 1 else (None,)
    if source is None:
        raise InputError("source", "several files", "each is imported by itself")
    path = Path(source)
    run = read_mcising(path)
    names = ("temperature", "draw", *SIDES[: run.lattice.axes])
    labels = {"temperature": run.temperature, "field": run.field}
    codes = codes_of(run.spins, run.model.space, None)
    arranged = arrange(codes, axes=names, lattice=run.lattice, order="C", labels=labels)
    said = {"program": program, "axes": list(names), "sources": [source_of(path)]}
    return _stored(*_plan(arranged, run.model, run.lattice), said, out)


def _unspecified(values: Any, labels: Mapping[str, Any]) -> Unspecified:
    if values is None or isinstance(values, str):
        why = "must list what can stand on a site, where no model says it"
        raise InputError("values", values, why, "Like values=(-1, 1), or name a model")
    ordered = tuple(sorted(np.asarray(values).tolist()))
    return Unspecified(ordered, tuple(name for name in labels if name != "temperature"))


def _read(
    source: Any, axes: tuple[str, ...], dataset: str | None, files: str | None, labels: Mapping[str, Any]
) -> tuple[NDArray[Any], tuple[str, ...], dict[str, Any], list[dict[str, Any]]]:
    """Return the numbers, their axes, labels as numbers, and what the files were."""
    is_array = hasattr(source, "__array__") or _nested(source)
    if is_array:
        if dataset is not None or files is not None:
            raise InputError("source", "an array", "has no data sets and no files", "Leave dataset and files out")
        if named := [name for name, value in labels.items() if isinstance(value, str)]:
            raise InputError(named[0], repr(labels[named[0]]), "names an array in a file, and there is none")
        return np.asarray(source), axes, dict(labels), []
    paths = files_of(source)
    if len(paths) > 1 and files is None:
        why = "of several files somebody must say what they follow one another along"
        raise InputError("files", None, why, "For example files='temperature'")
    inside = {name: value for name, value in labels.items() if isinstance(value, str)}
    parts, found = [], dict[str, list[NDArray[Any]]]()
    for path in paths:
        arrays = read_arrays(path)
        for name, word in inside.items():
            found.setdefault(name, []).append(np.asarray(chosen(arrays, word, path), dtype=np.float64).reshape(-1))
        other = tuple(inside.values())
        table = dataset is None and path.suffix.lower() == ".csv" and len(arrays) > 1
        columns = [values for name, values in arrays.items() if name not in other]
        parts.append(np.stack(columns, axis=1) if table else chosen(arrays, dataset, path, other=other))
        if parts[-1].shape != parts[0].shape:
            raise InputError(str(path), parts[-1].shape, f"the first file has the shape {parts[0].shape}")
    numbers = parts[0] if files is None else np.stack(parts)
    names = axes if files is None else (files, *axes)
    read = {name: _joined(name, values, files) for name, values in found.items()}
    return numbers, names, {**labels, **read}, [source_of(path) for path in paths]


def _joined(name: str, values: list[NDArray[Any]], files: str | None) -> Any:
    """Return the labels of all files: one a file along the axis of the files, else those of every file, the same."""
    if files == name and all(each.size == 1 for each in values):
        return np.concatenate(values)
    if any(not np.array_equal(each, values[0]) for each in values):
        raise InputError(name, "labels", "differ from file to file", f"Say files={name!r} if files differ by it alone")
    return values[0] if values[0].size > 1 else float(values[0][0])


def _nested(source: Any) -> bool:
    """Tell whether something is lists of numbers, and not names of files."""
    while isinstance(source, list | tuple) and source:
        source = source[0]
    return isinstance(source, int | float | np.number | np.ndarray)


def _plan(arranged: Arranged, model: Model, lattice: Lattice) -> tuple[Plan, NDArray[Any]]:
    """Return the plan of what is there, and its codes over the plan's grid."""
    controls = {name: values for name, values in arranged.grid.items() if name != "temperature"}
    chains, draws = arranged.codes.shape[len(arranged.grid) : len(arranged.grid) + 2]
    plan = Plan(
        model=model, lattice=lattice, temperature=arranged.grid["temperature"], controls=controls, chains=int(chains),
        draws=int(draws), recordings=int(draws), interval=1, equilibration=0, algorithm=IMPORTED, exchange=False,
        start=IMPORTED, engine=IMPORTED,
    )  # fmt: skip
    known = [name for name in plan.grid if name in arranged.grid]
    codes = in_order(arranged, known)
    sizes = [len(values) for values in plan.grid.values()]
    return plan, codes.reshape(*sizes, *codes.shape[len(known) :])


def _stored(plan: Plan, codes: NDArray[Any], said: Mapping[str, Any], out: Path | str | None) -> Ensemble:
    provenance = {"imported": dict(said)}
    if out is None:
        return imported_ensemble(plan, codes, provenance)
    # It appears whole or not at all: half of it could never be completed.
    place = Path(out).resolve()
    unfinished = place.with_name(f".{place.name}.import{PARTIAL}")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        imported_ensemble(plan, codes, provenance, out=unfinished)
        unfinished.rename(place)
    except OSError as error:
        raise InputError("out", out, f"cannot be written to ({error.strerror})", "Choose another place") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return open_ensemble(out)
