"""Files of mcising: HDF5, one group a temperature, which say of themselves all that others have to be asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.importing.files import hdf5
from spinlens.lattices import Lattice
from spinlens.lattices.lattice import AXES
from spinlens.models import Ising

SCHEMA = 3
"""The newest layout that is known; schema 1 and 2 name these groups alike."""

DIGITS = 1e-9
"""To which the energies in the file must be those of the model."""


@dataclass(frozen=True, eq=False)
class Run:
    """A run of mcising.

    Attributes
    ----------
    spins : ndarray, int8 (temperature, draw, *sides)
        Of the one chain of each temperature.
    temperature : ndarray, float64 (T,)
        As in the file.
    lattice : Lattice
        Periodic.
    model : Ising
        With the coupling of the file.
    field : float
        Of the file.
    """

    spins: NDArray[np.int8]
    temperature: NDArray[np.float64]
    lattice: Lattice
    model: Ising
    field: float


def read_mcising(path: Path) -> Run:
    """Read a run, and see that its energies are those of the configurations in it.

    Raises
    ------
    InputError
        If it is no such file, has no configurations or unequally many, or its lattice has two sites in a cell or
        couplings between further neighbours.
    """
    with hdf5(path) as file:
        settings = _settings(file, path)
        groups = [group for name, group in file.items() if name.startswith("T=")]
        if not groups or any("configurations" not in group for group in groups):
            raise InputError("file", path, "holds no configurations", "Run mcising with store_configs")
        temperature = np.array([float(group.attrs["temperature"]) for group in groups])
        parts = [np.asarray(group["configurations"]) for group in groups]
        energies = [np.asarray(group["energy"]) for group in groups]
    if len({part.shape for part in parts}) > 1:
        counts = ", ".join(str(len(part)) for part in parts)
        raise InputError("configurations", counts, "all temperatures need equally many", "Run mcising without adaptive")
    spins, kind, field = np.stack(parts), settings["lattice_type"], float(settings["h"])
    if settings["j2"] or settings["j3"] or kind not in AXES or spins.ndim != 2 + AXES[kind]:
        raise InputError("file", path, f"a {kind} lattice with these couplings is stored in a way that is not read")
    run = Run(spins, temperature, Lattice(spins.shape[2:], kind=kind), Ising(float(settings["j1"])), field)
    _check_energies(run, np.stack(energies), path)
    return run


def _settings(file: Any, path: Path) -> dict[str, Any]:
    try:
        about = file["metadata"].attrs
        schema = int(about.get("schema_version", 1))
        settings = dict(json.loads(about["config_json"])["lattice"])
        settings = {"j2": 0.0, "j3": 0.0, "h": 0.0, **settings}
    except (KeyError, ValueError, TypeError):
        raise InputError("file", path, "is no result of mcising") from None
    if schema > SCHEMA:
        raise InputError("file", path, f"has schema {schema} of mcising, up to {SCHEMA} is known")
    return settings


def _check_energies(run: Run, stored: NDArray[Any], path: Path) -> None:
    """See that the file's own energies are those of its configurations, which shows that it is read rightly."""
    tables = run.model.tables(run.lattice)
    sums = dict(zip(tables.names, tables.sums((run.spins > 0).astype(np.int64)), strict=True))
    energy = run.model.energy_total(run.lattice, sums, field=run.field) / run.lattice.sites
    if stored.shape != energy.shape or not np.allclose(stored, energy, rtol=0, atol=DIGITS):
        raise InputError("file", path, "its energies are not those of its configurations, so it is not what it seems")
