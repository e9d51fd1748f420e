"""What an export holds: arrays under the names of their dimensions, and the pieces that they are read in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens import __version__
from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.models.order import OrderParameter
from spinlens.statistics.labels import label

SIDES = ("x", "y", "z")

PIECE_BYTES = 32 * 2**20
"""Of configurations that are in memory at a time, but for a block of 64 chains at one temperature that is larger."""

BLOCK = 64
"""Chains that lie together in the store."""

Piece = tuple[tuple[int | slice, ...], NDArray[Any]]
"""Where in an array some values stand, and these."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An array of an export.

    Attributes
    ----------
    name : str
        What the house calls it.
    dimensions : tuple of str
        Names of its axes.
    shape : tuple of int
        Their lengths.
    dtype : numpy.dtype
        Of its values.
    attributes : dict
        What it is, in words, and its unit.
    """

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    attributes: dict[str, Any] = field(default_factory=dict)


class Contents:
    """An ensemble, or the first of its chains and draws, as arrays that are read piece by piece.

    Parameters
    ----------
    ensemble : Ensemble
        It must be complete.
    chains, draws : int, optional
        How many of the first chains, and of the first draws of each, with the recordings up to there; by default all.

    Raises
    ------
    InputError
        If there are not so many.
    IncompleteError
        If part of it is not sampled yet.
    """

    def __init__(self, ensemble: Ensemble, *, chains: int | None = None, draws: int | None = None) -> None:
        plan = ensemble.plan
        self.ensemble = ensemble
        self.chains, self.draws = at_most("chains", chains, plan.chains), at_most("draws", draws, plan.draws)
        self.recordings = self.draws * plan.recordings_per_draw
        self._grid = tuple(plan.grid)
        # Reading them is what refuses an ensemble that is unfinished.
        self._diagnostics = ensemble.diagnostics

    @property
    def coordinates(self) -> dict[str, NDArray[Any]]:
        """Values along the axes: those of the conditions, and numbers of chains, draws and recordings."""
        counts = {"chain": self.chains, "draw": self.draws, "recording": self.recordings}
        return {**self.ensemble.grid, **{name: np.arange(count) for name, count in counts.items()}}

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every dimension."""
        sides = dict(zip(SIDES, self.ensemble.lattice.shape, strict=False))
        return {**{name: len(values) for name, values in self.coordinates.items()}, **sides}

    @property
    def attributes(self) -> dict[str, str]:
        """Where it all comes from: the sampling plan, versions, fingerprint, as the ensemble itself says it."""
        ensemble = self.ensemble
        return {
            "title": f"{ensemble.model.text}, {ensemble.lattice.text}",
            "fingerprint": ensemble.fingerprint,
            "ensemble": json.dumps(ensemble.description, sort_keys=True),
            "exported_by": f"spinlens {__version__}",
        }

    @cached_property
    def spins(self) -> Variable:
        """The configurations, as values of the model's space."""
        dimensions = (*self._grid, "chain", "draw", *SIDES[: self.ensemble.lattice.axes])
        values = self.ensemble.model.space.values
        said = {"long_name": "value of each site"}
        return self._variable("spins", dimensions, np.asarray(values).dtype, said)

    @cached_property
    def recorded(self) -> tuple[Variable, ...]:
        """What was recorded of every chain: the sums of the terms, exact, then energy and order parameter per site."""
        dimensions = (*self._grid, "chain", "recording")
        series, found = self.ensemble.series, []
        for name in self.ensemble.plan.series:
            attributes = {key: _plain(value) for key, value in series[name].attrs.items()}
            found.append(self._variable(name, dimensions, series[name].dtype, attributes))
        for name in self._derived:
            words, unit = label(name)
            found.append(self._variable(name, dimensions, np.dtype(np.float64), {"long_name": words, "units": unit}))
        return tuple(found)

    @cached_property
    def _derived(self) -> tuple[str, ...]:
        """Names of what is worked out from the sums."""
        series = {*self.ensemble.plan.series}
        spins = ["magnetization"] if "spin_sum" in series else []
        return tuple(dict.fromkeys(["energy", *(order.name for order in self._order), *spins]))

    @cached_property
    def _order(self) -> tuple[OrderParameter, ...]:
        """The model's first order parameter that can be worked out from the sums, or none."""
        ensemble = self.ensemble
        known = ensemble.model.order_parameters(ensemble.lattice)
        return tuple(each for each in known if set(each.series) <= set(ensemble.plan.series))[:1]

    @property
    def judged(self) -> dict[str, tuple[Variable, NDArray[Any]]]:
        """How far each condition is in equilibrium, see `spinlens.Ensemble.diagnostics`."""
        found = {}
        for name, values in self._diagnostics.data_vars.items():
            # Not all formats know truth values, and the verdict says it.
            if values.dtype != np.bool_:
                kind = {"long_name": str(name).replace("_", " ")}
                if str(name) == "verdict":
                    kind["flag_meanings"] = "0: too short to tell, 1: equilibrated, 2: not equilibrated"
                found[str(name)] = self._variable(str(name), self._grid, values.dtype, kind), values.values
        return found

    @property
    def recording_of_draw(self) -> NDArray[np.int64]:
        """Which recording (draw,) each configuration was kept at."""
        every = self.ensemble.plan.recordings_per_draw
        return np.arange(1, self.draws + 1) * every - 1

    def points(self) -> Iterator[tuple[tuple[int, ...], dict[str, NDArray[Any]]]]:
        """Yield the place of each point of the controls, and what was recorded there, (temperature, chain, recording).

        One point at a time is in memory.
        """
        ensemble, lattice = self.ensemble, self.ensemble.lattice
        t = ensemble.temperature[:, None, None]
        for part in ensemble.parts():
            sums = {name: each[:, : self.chains, : self.recordings] for name, each in part.sums.items()}
            total = ensemble.model.energy_total(lattice, sums, temperature=t, **part.controls)
            shape = next(iter(sums.values())).shape
            found = {**sums, "energy": np.broadcast_to(total / lattice.sites, shape)}
            for order in self._order:
                values = order.values(sums, lattice.sites)
                found[order.name] = values[..., 0] if order.components == 1 else np.linalg.norm(values, axis=-1)
            if "spin_sum" in sums:
                found["magnetization"] = sums["spin_sum"] / lattice.sites
            yield ensemble.plan.place(part.point), found

    def pieces(self, variable: Variable) -> Iterator[Piece]:
        """Yield an array in pieces that follow one another in the order of C."""
        if variable.name != "spins":
            for place, found in self.points():
                yield place, found[variable.name]
            return
        for point in range(self.ensemble.plan.points):
            yield from self.configurations_at(self.ensemble.plan.place(point))

    def configurations_at(self, place: tuple[int, ...], *, codes: bool = False) -> Iterator[Piece]:
        """Yield the configurations at one point of the controls, in the order of C: temperatures, or chains of one.

        They are values of the model's space, or its codes 0 to q - 1.
        """
        ensemble, lattice = self.ensemble, self.ensemble.lattice
        one_chain = self.draws * lattice.sites * self.spins.dtype.itemsize
        temperatures, together = len(ensemble.temperature), PIECE_BYTES // (one_chain * self.chains)
        by, chains = (together, self.chains) if together else (1, max(1, PIECE_BYTES // one_chain // BLOCK) * BLOCK)
        controls = dict(zip((name for name in self._grid if name != "temperature"), place, strict=True))
        for start in range(0, temperatures, by):
            for chain in range(0, self.chains, chains):
                here = {
                    "temperature": slice(start, min(start + by, temperatures)),
                    "chain": slice(chain, min(chain + chains, self.chains)),
                }
                read = ensemble.codes if codes else ensemble.spins
                found = read(**controls, **here, draw=slice(0, self.draws))
                yield (*place, *here.values()), found.values

    def _variable(
        self, name: str, dimensions: tuple[str, ...], dtype: np.dtype[Any], attributes: dict[str, Any]
    ) -> Variable:
        return Variable(name, dimensions, tuple(self.sizes[each] for each in dimensions), dtype, attributes)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def at_most(name: str, wanted: int | None, there: int) -> int:
    """Return how many of something are wanted.

    Raises
    ------
    InputError
        If it is no whole number from 1 to as many as there are.
    """
    if wanted is None:
        return there
    if isinstance(wanted, bool) or not isinstance(wanted, int | np.integer) or not 1 <= wanted <= there:
        raise InputError(name, wanted, f"the ensemble has 1 to {there}")
    return int(wanted)
