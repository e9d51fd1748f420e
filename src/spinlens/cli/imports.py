"""``spinlens import``: configurations of other programs, from their files to an ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from spinlens.errors import InputError
from spinlens.lattices import parse_boundary


def import_files(
    files: list[Path] = typer.Argument(..., help=".npy .npz .txt .csv .png .h5 .mat files, or folders of them."),
    out: Path = typer.Option(..., help="A new directory for the ensemble."),
    axes: str = typer.Option(
        "", help="What each axis of the array in a file is: 'temperature chain draw x y', or site for all sides."
    ),
    shape: str = typer.Option(None, help="Sides of the lattice, 32x32."),
    label: list[str] = typer.Option(
        [], help="temperature=1.5,2.5 or field=0: one number, one a place of its axis, or one a configuration; "
        "temperature=@NAME reads an array of the same file; repeatable.",
    ),
    model: str = typer.Option(None, help="A name of `spinlens models`; without it energies are not known."),
    values: str = typer.Option(None, help="The numbers that stand for the model's values, 0,1; or radians."),
    dataset: str = typer.Option(None, help="Name of the array in files that hold several."),
    along: str = typer.Option(None, help="What several files follow one another along: a label, chain or draw."),
    order: str = typer.Option("C", help="C: the last side varies fastest along site; F: the first one does."),
    lattice: str = typer.Option("", help="chain, square, triangular, honeycomb or cubic; by default by the sides."),
    program: str = typer.Option(None, help="mcising: its HDF5 files say all of this by themselves."),
    boundary: str = typer.Option("periodic", help="As of `spinlens simulate`."),
) -> None:  # fmt: skip
    """Import configurations: what they are is said here, and never guessed."""
    import spinlens as sl
    from spinlens.models import parse_model

    sides = None if shape is None else _sides(shape)
    found = sl.import_configurations(
        files, axes=axes,
        lattice=None if sides is None else sl.Lattice(sides, boundary=parse_boundary(boundary), kind=lattice),
        model=None if model is None else parse_model(model), values=_values(values), dataset=dataset, files=along,
        order=order, program=program, out=out, **_labels(label),
    )  # fmt: skip
    typer.echo(repr(found))


def _sides(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split("x"))
    except ValueError:
        raise InputError("shape", repr(text), "must be sides with x between them", "For example 32x32") from None


def _numbers(name: str, text: str) -> Any:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(name, repr(text), "must be numbers with commas, or @NAME for an array of the file") from None
    return numbers[0] if len(numbers) == 1 else numbers


def _values(text: str | None) -> Any:
    return text if text is None or text.isalpha() else _numbers("values", text)


def _labels(texts: list[str]) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    for text in texts:
        name, equals, rest = text.partition("=")
        if not equals or not name.isidentifier():
            raise InputError("label", repr(text), "must be a name with numbers", "For example temperature=1.5,2.5")
        if name in labels:
            raise InputError("label", repr(name), "is given twice")
        labels[name] = rest[1:] if rest.startswith("@") else _numbers(name, rest)
    return labels
