"""How the images of a system are sampled: cleanly, or as published."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from spinlens.errors import InputError, did_you_mean
from spinlens.phases.regions.labels import STEP, Counts, temperatures
from spinlens.sampling import Plan
from spinlens.studies.classify.systems import find_system

PROTOCOLS = ("clean", "published")

PUBLISHED_COUNTS: Mapping[str, Counts] = MappingProxyType(
    {"train": (220, 80, 90, 210), "validation": (100, 50, 60, 90), "test": (150, 50, 70, 130)}
)
"""Images of each region in the published sets of each system: 600, 300 and 400."""

PUBLISHED_SWEEPS = 750
"""Sweeps between images, and at a new temperature before the first one."""

_SETTINGS: dict[str, dict[str, Any]] = {
    "clean": {
        "chains": 128, "draws": 4, "recordings": 100, "interval": 8, "equilibration": 3200, "exchange": True,
    },
    "published": {
        "chains": 64, "draws": 11, "recordings": 11, "interval": PUBLISHED_SWEEPS, "equilibration": PUBLISHED_SWEEPS,
        "algorithm": "metropolis", "exchange": False, "start": "heated",
    },
}  # fmt: skip


def sampling_plan(
    system: str, protocol: str = "clean", *, side: int = 100, seed: int = 0, step: float = STEP
) -> Plan:  # fmt: skip
    """Return what to sample for one system of the classification study.

    Parameters
    ----------
    system : str
        A name from `SYSTEMS`.
    protocol : {"clean", "published"}
        ``"clean"``: 128 chains by the system's algorithm (the heat bath in the published systems) with replica
        exchange, all temperatures at once, from ground states.
        The interface that antiperiodic edges and opposite walls force is drawn from its equilibrium at T = 0 (start
        ``"interface"``), because it moves too slowly to find its places.
        ``"published"``: 64 chains heated from one ground state through the temperatures by Metropolis updates, 750
        sweeps at a new temperature and between images, 11 images of each: as many as the critical region needs.
    side : int
        Of the lattice.
    seed : int
        Whole number >= 0.
    step : float
        Distance of the temperatures in (0, 4], or of the values of another control, in the system's unit.

    Returns
    -------
    Plan
        Take `dataclasses.replace` for other numbers of chains, draws or sweeps.

    Raises
    ------
    InputError
        If the system or protocol is unknown, or a parameter cannot be used.
    """
    found = find_system(system)
    if protocol not in PROTOCOLS:
        raise InputError("protocol", repr(protocol), "is unknown", did_you_mean(str(protocol), PROTOCOLS))
    settings = {"algorithm": found.algorithm, "start": found.start, **_SETTINGS[protocol]}
    grid: dict[str, Any] = {"temperature": found.temperature, **found.controls}
    grid[found.axis] = tuple(temperatures(step, unit=found.unit).tolist())
    return Plan(
        model=found.model, lattice=found.lattice(side), temperature=grid.pop("temperature"), controls=grid, seed=seed,
        raster=side if found.raster else None, **settings,
    )  # fmt: skip
