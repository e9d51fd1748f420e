"""Read ensembles: lazily, by name, with physical units on top of the stored integers."""

from __future__ import annotations

import json
import operator
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.storage import LocalStore

from spinlens.ensemble import layout
from spinlens.ensemble.intact import read_intact
from spinlens.ensemble.journal import Entry, Journal
from spinlens.ensemble.writer import diagnostics_name, read_plan, unit_name
from spinlens.errors import IncompleteError
from spinlens.lattice import Lattice
from spinlens.models import Ising, lattice_gas
from spinlens.sampling import Plan, units
from spinlens.statistics.fluctuations import observables

Index = int | slice | None


class Ensemble:
    """All draws over a grid of conditions, with their observables and provenance.

    Dimensions are named ``field, temperature, chain, draw, x, y``. Configurations are read from the disk when they
    are asked for; energies and magnetizations are small and read once.

    Parameters
    ----------
    group : zarr.Group
        The stored arrays; see `spinlens.ensemble.layout`.
    plan : Plan
        What was sampled.
    path : pathlib.Path, optional
        Where it lies; None in memory.
    """

    def __init__(self, group: zarr.Group, plan: Plan, path: Path | None = None) -> None:
        self._group, self.plan, self.path = group, plan, path
        self._entries: dict[str, Entry] = {}

    @property
    def model(self) -> Ising:
        """The Hamiltonian."""
        return self.plan.model

    @property
    def lattice(self) -> Lattice:
        """The lattice."""
        return self.plan.lattice

    @property
    def temperature(self) -> np.ndarray:
        """Temperatures (T,), ascending, k_B = 1."""
        return np.array(self.plan.temperature)

    @property
    def field(self) -> np.ndarray:
        """Fields (F,), ascending."""
        return np.array(self.plan.field)

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every dimension of the configurations."""
        height, width = self.lattice.shape
        return {
            "field": len(self.plan.field), "temperature": len(self.plan.temperature), "chain": self.plan.chains,
            "draw": self.plan.draws, "x": height, "y": width,
        }  # fmt: skip

    @property
    def configuration(self) -> dict[str, Any]:
        """The resolved sampling plan as JSON types."""
        return self.plan.to_dict()

    @property
    def fingerprint(self) -> str:
        """A digest of the plan."""
        return layout.fingerprint(self.configuration)

    @property
    def missing(self) -> list[str]:
        """Names of the units of work that are not sampled yet; always empty in memory."""
        if self.path is None:
            return []
        names = [unit_name(unit) for unit in units(self.plan)]
        names += [diagnostics_name(field) for field in range(len(self.plan.field))]
        if any(name not in self._entries for name in names):
            self._entries = Journal(self.path).read()
        return [name for name in names if name not in self._entries]

    @property
    def complete(self) -> bool:
        """Whether everything that was planned is sampled."""
        return not self.missing

    @property
    def algorithm(self) -> xr.DataArray:
        """The update of each condition, str (field, temperature): for ``"auto"`` what was chosen then."""
        names = self._group.attrs["algorithms"] if self.plan.algorithm == "auto" else self.plan.algorithms
        return xr.DataArray(np.array(names), self._grid, ("field", "temperature"), name="algorithm")

    @property
    def algorithm_reasons(self) -> list[str]:
        """Which update was taken where and why, one sentence for each distinct choice; empty unless ``"auto"``."""
        if self.plan.algorithm != "auto":
            return []
        reasons: Any = self._group.attrs["algorithm_reasons"]
        return list(reasons)

    def packed(self, *, chain: slice = slice(None)) -> np.ndarray:
        """Return configurations as they are stored.

        Parameters
        ----------
        chain : slice
            Which chains.

        Returns
        -------
        numpy.ndarray
            uint8 (field, temperature, chain, draw, x, ceil(Ly / 8)): ``numpy.packbits(up, axis=-1,
            bitorder="little")``.

        Raises
        ------
        IncompleteError
            If part of the ensemble is not sampled yet.
        DamagedError
            If a stored chunk is missing or does not match its checksum.
        """
        return self._read("spins", (slice(None), slice(None), chain))

    def spins(
        self, *, field: Index = None, temperature: Index = None, chain: Index = None, draw: Index = None
    ) -> xr.DataArray:
        """Return configurations as spins.

        Parameters
        ----------
        field, temperature, chain, draw : int or slice, optional
            Positions to read; an integer drops its dimension. Only the chunks that hold them are read.

        Returns
        -------
        xarray.DataArray
            int8 +-1 over (field, temperature, chain, draw, x, y).

        Raises
        ------
        IncompleteError, DamagedError
            As `packed`.
        """
        index = tuple(map(_position, (field, temperature, chain, draw)))
        names = ("field", "temperature", "chain", "draw")
        coordinates = {name: self._coordinates[name][i] for name, i in zip(names, index, strict=True)}
        bits = np.unpackbits(
            self._read("spins", index), axis=-1, count=self.lattice.shape[1], bitorder="little"
        )  # fmt: skip
        spins = (2 * bits.view(np.int8) - 1).astype(np.int8, copy=False)
        kept = [name for name, i in zip(names, index, strict=True) if isinstance(i, slice)]
        return xr.DataArray(spins, dims=(*kept, "x", "y"), coords=_with_dimensions(coordinates), name="spins")

    @cached_property
    def series(self) -> xr.Dataset:
        """Bond sums and spin sums at every recording, int32 (field, temperature, chain, recording).

        Where the model needs them also ``bond_sum_x`` and ``staggered_sum``; see `spinlens.sampling.Plan.series`.
        """
        dimensions = ("field", "temperature", "chain", "recording")
        arrays = {name: (dimensions, self._read(name, ...)) for name in self.plan.series}
        coordinates = {name: self._coordinates[name] for name in dimensions[:3]}
        return xr.Dataset(arrays, coords=coordinates)

    @property
    def bond_sum(self) -> xr.DataArray:
        """Sum of s s' over the bonds of each draw, int32 (field, temperature, chain, draw), exact."""
        return self._at_draws("bond_sum")

    @property
    def spin_sum(self) -> xr.DataArray:
        """Sum of the spins of each draw, int32 (field, temperature, chain, draw), exact."""
        return self._at_draws("spin_sum")

    @property
    def energy(self) -> xr.DataArray:
        """Energy per site of each draw, field term included, float64 (field, temperature, chain, draw)."""
        total: xr.DataArray = self.model.energy_total(field=self.bond_sum["field"], **self._sums_at_draws)
        return (total / self.lattice.sites).transpose("field", "temperature", "chain", "draw").rename("energy")

    @property
    def magnetization(self) -> xr.DataArray:
        """Magnetization per site of each draw, float64 (field, temperature, chain, draw)."""
        return (self.spin_sum / self.lattice.sites).rename("magnetization")

    @property
    def staggered_magnetization(self) -> xr.DataArray:
        """Staggered magnetization (1/N) sum (-1)^(x + y) s of each draw, float64 (field, temperature, chain, draw).

        From the recorded sums where the plan has them (antiferromagnets, staggered fields), else from the
        configurations.
        """
        if "staggered_sum" in self.plan.series:
            total = self._at_draws("staggered_sum")
        else:
            total = (self.spins() * self.lattice.sublattice).sum(("x", "y"))
        return (total / self.lattice.sites).rename("staggered_magnetization")

    def occupation(
        self, *, field: Index = None, temperature: Index = None, chain: Index = None, draw: Index = None
    ) -> xr.DataArray:
        """Return configurations as a lattice gas, n = (s + 1) / 2; parameters and errors as `spins`.

        Returns
        -------
        xarray.DataArray
            uint8 0 or 1 over (field, temperature, chain, draw, x, y).
        """
        spins = self.spins(field=field, temperature=temperature, chain=chain, draw=draw)
        return ((spins + 1) // 2).astype(np.uint8).rename("occupation")

    @property
    def density(self) -> xr.DataArray:
        """Occupied share (1 + m) / 2 of the sites of each draw, float64 (field, temperature, chain, draw)."""
        return ((1 + self.magnetization) / 2).rename("density")

    @property
    def chemical_potential(self) -> np.ndarray:
        """The chemical potential of the lattice gas at each field, float64 (F,); see `spinlens.models.LatticeGas`.

        Raises
        ------
        InputError
            If it would differ from site to site.
        """
        return np.array([lattice_gas(self.model, self.lattice, field).chemical_potential for field in self.field])

    @cached_property
    def diagnostics(self) -> xr.Dataset:
        """Convergence of every condition: r_hat, effective_sample_size, equilibrated, over (field, temperature)."""
        names = ("r_hat", "effective_sample_size", "equilibrated")
        arrays = {name: (("field", "temperature"), self._read(name, ...)) for name in names}
        return xr.Dataset(arrays, coords=self._grid)

    @cached_property
    def exchange_acceptance(self) -> xr.DataArray:
        """Share of accepted swaps of each pair of neighbouring temperatures, (field, pair), equilibration included."""
        intervals = -(-self.plan.equilibration // self.plan.interval) + self.plan.recordings
        accepted = self._read("exchange_accepted", ...).sum(axis=1)[:, : len(self.plan.temperature) - 1]
        offered = intervals * self.plan.chains if self.plan.exchange else np.nan
        return xr.DataArray(
            accepted / offered,
            dims=("field", "pair"),
            coords={"field": self.field},
            name="exchange_acceptance",
        )

    @cached_property
    def round_trips(self) -> xr.DataArray:
        """Journeys of replicas from the coldest temperature to the hottest and back, (field, chain)."""
        return xr.DataArray(self._read("round_trips", ...), dims=("field", "chain"), coords={"field": self.field})

    def observables(self) -> xr.Dataset:
        """Return thermal averages of every condition, each with its standard error ``NAME_error``.

        Returns
        -------
        xarray.Dataset
            Over (field, temperature), per site: energy, magnetization, absolute_magnetization, specific_heat,
            susceptibility, susceptibility_absolute,
            binder_cumulant; see `spinlens.statistics.fluctuations.observables`. Every recording is used, also
            between the kept draws.
        """
        return self._observables

    @cached_property
    def _observables(self) -> xr.Dataset:
        values = observables(
            **{name: self.series[name].values for name in self.plan.series}, model=self.model,
            temperature=self.temperature, field=self.field, sites=self.lattice.sites,
            symmetric_at_zero=not self.lattice.walled,
        )  # fmt: skip
        return xr.Dataset({name: (("field", "temperature"), array) for name, array in values.items()}, self._grid)

    def to_xarray(self) -> xr.Dataset:
        """Return energies, magnetizations, sums and diagnostics as one dataset; configurations stay on the disk."""
        return xr.Dataset(
            {
                "bond_sum": self.bond_sum, "spin_sum": self.spin_sum, "energy": self.energy,
                "magnetization": self.magnetization, **self.diagnostics.data_vars,
            },
            attrs={"configuration": json.dumps(self.configuration), "fingerprint": self.fingerprint},
        )  # fmt: skip

    def __repr__(self) -> str:
        """Return one line."""
        counts = " x ".join(f"{length} {name}" for name, length in self.sizes.items() if name not in ("x", "y"))
        state = "" if self.complete else f", {len(self.missing)} units missing"
        place = str(self.path) if self.path else "in memory"
        model = f"{self.model.text}, {'x'.join(map(str, self.lattice.shape))}, {self.lattice.boundary_text}"
        return f"<Ensemble: {model}, {counts}{state}, {place}>"

    def _repr_html_(self) -> str:
        rows = {
            "model": self.model.text,
            "lattice": f"{' x '.join(map(str, self.lattice.shape))}, {self.lattice.boundary_text}",
            "temperature": _range(self.temperature),
            "field": _range(self.field),
            "chains x draws": f"{self.plan.chains} x {self.plan.draws}",
            "algorithm": f"{self.plan.algorithm}, {self.plan.equilibration} sweeps to equilibrate, "
            f"{self.plan.interval} between recordings, {'with' if self.plan.exchange else 'without'} exchange",
            "seed": str(self.plan.seed),
            "state": "complete" if self.complete else f"{len(self.missing)} units missing",
            "place": str(self.path) if self.path else "in memory",
        }
        body = "".join(
            f"<tr><th style='text-align:left'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows.items()
        )
        return f"<table><caption>Ensemble {escape(self.fingerprint)}</caption>{body}</table>"

    @property
    def _coordinates(self) -> dict[str, np.ndarray]:
        return {
            "field": self.field, "temperature": self.temperature, "chain": np.arange(self.plan.chains),
            "draw": np.arange(self.plan.draws),
        }  # fmt: skip

    @property
    def _grid(self) -> dict[str, np.ndarray]:
        return {"field": self.field, "temperature": self.temperature}

    @property
    def _sums_at_draws(self) -> dict[str, xr.DataArray]:
        return {name: self._at_draws(name) for name in self.plan.series}

    def _at_draws(self, name: str) -> xr.DataArray:
        assert self.plan.thin is not None
        kept = self.series[name].isel(recording=slice(self.plan.thin - 1, None, self.plan.thin))
        return kept.rename(recording="draw").assign_coords(draw=np.arange(self.plan.draws))

    def _read(self, name: str, index: Any) -> np.ndarray:
        if missing := self.missing:
            raise IncompleteError(
                f"{self.path} lacks {len(missing)} units of work, the first is {missing[0]!r}. Run the command that "
                "made it again to continue."
            )
        if self.path is None:
            return np.asarray(self._group[name][index])
        return read_intact(self._group, name, index, path=self.path, plan=self.plan, entries=self._entries)


def _position(index: Index) -> int | slice:
    if index is None:
        return slice(None)
    return index if isinstance(index, slice) else operator.index(index)


def _with_dimensions(coordinates: dict[str, Any]) -> dict[str, Any]:
    return {name: (name, values) if np.ndim(values) else values for name, values in coordinates.items()}


def _range(values: np.ndarray) -> str:
    return f"{values[0]:g} to {values[-1]:g}, {values.size} values" if values.size > 1 else f"{values[0]:g}"


def open_ensemble(path: Path | str) -> Ensemble:
    """Open the ensemble in a directory; nothing is read but its description.

    Parameters
    ----------
    path : path-like
        The directory.

    Raises
    ------
    InputError
        If there is no ensemble of a known format version.
    DamagedError
        If its description was altered.
    """
    path = Path(path)
    plan = read_plan(path)
    group = zarr.open_group(store=LocalStore(path, read_only=True), mode="r", zarr_format=3)
    return Ensemble(group, plan, path)
