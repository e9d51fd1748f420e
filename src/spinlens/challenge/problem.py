"""A problem of a challenge as those see it who have to answer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.challenge.archive import checksum, read_array
from spinlens.challenge.records import read_record
from spinlens.errors import DamagedError, InputError

PROBLEM, PROBLEM_FORMAT = "problem.json", "spinlens-problem-1"

ARRAYS = ("temperature", "energy", "order_parameter", "codes")


class Arrays(Mapping[str, NDArray[Any]]):
    """What was recorded at one size, by name; read when it is asked for, and checked then.

    ``temperature`` float64 (T,), ascending, in the problem's unit of energy (k_B = 1); ``energy`` float32 (T, chain,
    recording), total; ``order_parameter`` float32 (T, chain, recording, d), per site; ``codes`` uint8 (T, chain, draw,
    sides...), configurations.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self._path, self._digest, self._found = path, digest, dict[str, NDArray[Any]]()

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in ARRAYS:
            raise KeyError(name)
        if name not in self._found:
            if not self._found and checksum(self._path) != self._digest:
                raise DamagedError(f"{self._path} is not the file that the problem was made with.")
            self._found[name] = read_array(self._path, name)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(ARRAYS)

    def __len__(self) -> int:
        return len(ARRAYS)


class SealedProblem(Mapping[int, Arrays]):
    """A problem: sizes, and for each of them what was recorded, as in ``problem[16]["energy"]``.

    Attributes
    ----------
    number : int
        Of the problem.
    challenge : str
        Hash of the challenge's secret.
    dimensions : int
        Number of sides of the lattices.
    sizes : tuple of int
        L, ascending.
    sites : dict of int to int
        Number of sites of each size.
    states : int
        States of one site.
    values_of_codes : ndarray, float64 (states,)
        What each code stands for.
    components : int
        Of the order parameter.
    boundary : str
        Of the lattices.
    """

    def __init__(self, folder: Path, values: Mapping[str, Any]) -> None:
        try:
            self.number, self.challenge = int(values["number"]), str(values["challenge"])
            self.dimensions, self.boundary = int(values["dimensions"]), str(values["boundary"])
            self.states, self.components = int(values["states"]), int(values["components"])
            self.values_of_codes: NDArray[Any] = np.array(values["values"], dtype=np.float64)
            rows = [(int(row["length"]), int(row["sites"]), str(row["sha256"])) for row in values["sizes"]]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("problem", folder, f"lacks or has a wrong {error}") from None
        self.folder = folder
        self.sites = {length: sites for length, sites, _ in rows}
        self._arrays = {length: Arrays(folder / file_of(length), digest) for length, _, digest in rows}

    @property
    def sizes(self) -> tuple[int, ...]:
        """L, ascending."""
        return tuple(self._arrays)

    def __getitem__(self, length: int) -> Arrays:
        return self._arrays[length]

    def __iter__(self) -> Iterator[int]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        """Return one line."""
        sizes = ", ".join(map(str, self.sizes))
        return f"<SealedProblem {self.number}: {self.dimensions} dimensions, L = {sizes}, {self.states} states>"


def file_of(length: int) -> str:
    """Return the name of the file of a size."""
    return f"L{length:02}.npz"


def problem(folder: Path | str) -> SealedProblem:
    """Open a problem; its arrays are read when they are asked for.

    Parameters
    ----------
    folder : path-like
        ``problems/NNN`` of a challenge.

    Raises
    ------
    InputError
        If there is no problem in it, or one that is not finished.
    """
    folder = Path(folder)
    do = "Name a folder such as challenge/problems/001"
    return SealedProblem(folder, read_record(folder / PROBLEM, what="problem", form=PROBLEM_FORMAT, do=do))
