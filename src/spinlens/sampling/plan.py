"""What to sample: the model, the grid of conditions, the schedule. Checked once, here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from spinlens.errors import InputError, did_you_mean
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model, check_model, model_from_dict
from spinlens.sampling.algorithms import IMPORTED, PAST, check_algorithm, updates_of
from spinlens.sampling.blocks import LANES, Blocks
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines import Engine, engine_for, engine_named
from spinlens.sampling.grids import ascending_grid, ascending_temperatures
from spinlens.seeds import check_seeds

STARTS = ("ground", "random", "dispersed", "interface", "heated")

RECORDINGS = 64
"""Of each chain by default: 512 sweeps, over which chains forget where ``"auto"`` knows what to do, so that
equilibrium can be judged, see `spinlens.sampling.convergence`."""

EQUILIBRATION, SHORT_EQUILIBRATION = 4096, 1024
"""Sweeps before the first recording by default; the latter where the physics is known to forget much faster."""

MOST = 2**40
"""Larger counts of chains, draws, recordings or sweeps are mistakes."""

MOST_UNITS = 2**20
"""Points of the other controls times blocks of chains, of one ensemble: each is files and lines of its own."""

FIRST_SUMS = ("bond_sum", "spin_sum", "bond_sum_x", "staggered_sum")
"""The sums that ensembles of the first format may hold."""


@dataclass(frozen=True, init=False)
class Plan:
    """A grid of conditions and how long to sample each.

    Parameters
    ----------
    model : Model
        The Hamiltonian.
    lattice : Lattice
        Sides, kind and boundary.
    temperature : sequence of float
        Ascending, > 0, in units of energy (k_B = 1).
    controls : mapping of str to sequence of float
        The other axes of the grid by the names of the model's controls, each ascending; those left out have one value,
        the model's default. They may also be given as keywords: ``field=(0.0, 0.5)``.
    chains : int
        Independent Markov chains at each condition.
    draws : int
        Configurations kept of each chain.
    recordings : int, optional
        Recordings of the model's sums in each chain, a multiple of the draws: the last of each stretch of them is kept
        as a draw. By default as few as are at least `RECORDINGS`.
    interval : int
        Sweeps between recordings; replicas are exchanged as often.
    equilibration : int, optional
        Sweeps before the first recording of a temperature, rounded up to whole intervals. By default `EQUILIBRATION`,
        or `SHORT_EQUILIBRATION` from the ground state where ``"auto"`` knows at every condition how far correlations
        reach, and no boundary forces an interface.
    algorithm : str
        ``"auto"``: what suits each condition, see `algorithms` and `spinlens.sampling.engines`.
        ``"heat_bath"`` or ``"metropolis"``: site after site. The latter, with two states, is refused where moves that
        are certain would trap or reverse the chains: flips that cost nothing on chains and where a side is below 4, and
        temperatures far above the couplings. ``"swendsen_wang"`` or ``"wolff"``: clusters, in any field and at any
        boundary, the field and the walls as one bond of each site to a ghost; right everywhere, of use where no field
        competes with the couplings. A sweep of Swendsen-Wang is one update of all clusters, a sweep of Wolff a fixed
        number of clusters that reaches every site once on average, and by a fair coin of each chain and interval one
        more; it is measured while the chains equilibrate, separately for each condition and block of 64 chains.
        ``"seeded_clusters"``: the clusters of some random sites, of two states with couplings of one size in each
        direction, of colours that attract, or of spins -1, 0, 1 between other sweeps; a sweep of it is one update,
        which leaves most small clusters alone and costs as much as several local sweeps. Updates with plus signs
        between them follow one another in turn, each for one sweep or as many as
        stand before it: ``"seeded_clusters + 3 metropolis"``. Such a mixture is exact, and forgets what any of its
        updates forgets, see `spinlens.sampling.algorithms`. ``"from_the_past"``: every recording a draw of its own that
        is exact beyond doubt, by coupling from the past, of two states that attract each other in any fields; an oracle
        for small lattices above their transition or in a field, since it takes as long as the slowest memory.
    exchange : bool
        Whether to swap replicas between neighbouring temperatures of one point of the other controls.
    start : str
        ``"ground"``: states of low energy, see `spinlens.models.Model.ground_states`, a random one for each chain where
        there are several; ``"random"``: independent sites; ``"dispersed"``: these two for even and odd chains, which
        shows whatever was not forgotten, also phases that chains from one start would never reach; ``"interface"``: any
        of the ground states, where the boundary forces an interface; ``"heated"``: the temperatures one after another,
        the first from the ground state, each of the others from where the one below ended. It needs
        ``exchange=False``.
    seed : int or sequence of int
        Whole number >= 0. Of several, all different, each has as many of the chains, at most 64 or a multiple of 64:
        those that a run of that seed alone would have, one run after another.
    engine : str, optional
        The family of kernels; by default the first that does not refuse.
    recorded : tuple of str, optional
        Names of the sums that are recorded; by default all of the model's.
    raster : int, optional
        Of models in imaginary time: how many evenly spaced imaginary times, from 0 on, a draw shows along its first
        axis, as a picture of the worldlines. By default it shows imaginary time 0 alone.

    Raises
    ------
    InputError
        With the name of the first parameter that cannot be used.
    """

    model: Model
    lattice: Lattice
    temperature: tuple[float, ...]
    controls: Mapping[str, tuple[float, ...]]
    chains: int = 64
    draws: int = 1
    recordings: int = RECORDINGS
    interval: int = 8
    equilibration: int = EQUILIBRATION
    algorithm: str = "auto"
    exchange: bool = True
    start: str = "ground"
    seed: int | tuple[int, ...] = 0
    engine: str = ""
    recorded: tuple[str, ...] | None = None
    raster: int | None = None

    def __init__(
        self, *, model: Model, lattice: Lattice, temperature: Any, controls: Mapping[str, Any] | None = None,
        chains: int = 64, draws: int = 1, recordings: int | None = None, interval: int = 8,
        equilibration: int | None = None, algorithm: str = "auto", exchange: bool = True, start: str = "ground",
        seed: int | Sequence[int] = 0, engine: str = "",
        recorded: Sequence[str] | None = None, raster: int | None = None, **axes: Any,
    ) -> None:  # fmt: skip
        model, lattice = check_model(model), check_lattice(lattice)
        algorithm = check_algorithm(algorithm)
        if (algorithm == IMPORTED) != (engine == IMPORTED):
            why = "draws that were imported are not sampled"
            raise InputError("algorithm", repr(algorithm), why, "Use import_configurations")
        if start not in STARTS and engine != IMPORTED:
            raise InputError("start", repr(start), "is unknown", did_you_mean(str(start), STARTS))
        if not isinstance(exchange, bool | np.bool_):
            raise InputError("exchange", exchange, "must be true or false")
        if exchange and start == "heated":
            why = "with start 'heated' the temperatures come one after another and cannot swap replicas"
            raise InputError("exchange", True, why, "Set it to false (--no-exchange)")
        longest = 0 if algorithm == PAST else EQUILIBRATION
        whole = {
            "chains": _whole("chains", chains, 1), "draws": _whole("draws", draws, 1),
            "interval": _whole("interval", interval, 1),
            "equilibration": _whole("equilibration", longest if equilibration is None else equilibration, 0),
        }  # fmt: skip
        if recordings is None:
            recordings = whole["draws"] * math.ceil(RECORDINGS / whole["draws"])
        if _whole("recordings", recordings, 1) % whole["draws"]:
            why = f"must be a multiple of the draws, {whole['draws']}: each is kept after equally many recordings"
            raise InputError("recordings", recordings, why)
        values = model.values_of_controls({**(controls or {}), **axes})
        found: dict[str, Any] = {
            "model": model, "lattice": lattice, "temperature": ascending_temperatures(temperature),
            "controls": {name: ascending_grid(name, value) for name, value in values.items()},
            **whole, "recordings": int(recordings), "algorithm": algorithm, "exchange": bool(exchange), "start": start,
            "seed": check_seeds(seed), "engine": engine, "recorded": _recorded(model, lattice, recorded),
            "raster": None if raster is None else _whole("raster", raster, 2),
        }  # fmt: skip
        for name, value in found.items():
            object.__setattr__(self, name, value)
        self._check()
        if equilibration is None and start == "ground":
            choices = [choice for point in range(self.points) for choice in self.choices(point)]
            if all(choice.known for choice in choices):
                object.__setattr__(self, "equilibration", SHORT_EQUILIBRATION)

    def _check(self) -> None:
        """Refuse what no engine does, before anything is sampled."""
        self._check_blocks()
        # Whatever has no meaning on this lattice is refused here.
        tables = self.model.tables(self.lattice)
        self.model.strengths(self.lattice, **self.point_controls(0))
        if not (self.imported or self.model.specified):
            raise InputError("model", self.model.text, "nobody said what its energy is, so it cannot be sampled")
        for point in range(self.points):
            self.model_at(point)
        if self.raster is not None and not self.model.imaginary_time:
            why = f"shows imaginary time, and {self.model.name} has none"
            raise InputError("raster", self.raster, why, "Leave it out")
        # Of other lattices there are no rasters.
        assert self.drawn
        if self.recorded is not None and (unknown := set(self.recorded) - set(tables.names)):
            raise InputError(
                "recorded", sorted(unknown), "are no sums of this model", f"It has {', '.join(tables.names)}"
            )
        if self.engine:
            engine_named(self.engine).check(self)
        else:
            object.__setattr__(self, "engine", engine_for(self).name)
        if "wolff" in updates_of(self.algorithm) and self.equilibration == 0:
            raise InputError(
                "equilibration", 0,
                "while the chains equilibrate Wolff's algorithm measures how many clusters make a sweep",
                "Equilibrate, or use swendsen_wang",
            )  # fmt: skip
        if self.start == "interface":
            for point in range(self.points):
                random = np.random.default_rng(0)
                self.model.interface_states(self.lattice, random, count=1, **self.point_controls(point))

    def _check_blocks(self) -> None:
        """Make sure that the seeds can share the chains, and that the blocks are not too many."""
        if (work := self.points * len(self.blocks)) > MOST_UNITS:
            why = f"are {work} units of work, of 64 chains at each point of the controls, and {MOST_UNITS} are the most"
            raise InputError("chains", self.chains, why, "Make several ensembles")

    @property
    def kernels(self) -> Engine:
        """The engine that samples this plan."""
        return engine_named(self.engine)

    @property
    def imported(self) -> bool:
        """Whether the draws were made elsewhere: by what, after how many sweeps and how far apart nobody knows."""
        return self.engine == IMPORTED

    @property
    def drawn(self) -> Lattice:
        """The lattice that draws lie on: that of the sites, or with a raster one with imaginary time as first axis."""
        return self.lattice if self.raster is None else self.lattice.with_time(self.raster)

    @property
    def recordings_per_draw(self) -> int:
        """Recordings of each chain for each draw that is kept."""
        return self.recordings // self.draws

    @cached_property
    def series(self) -> tuple[str, ...]:
        """Names of the sums that are recorded: those of the model's terms."""
        names = self.model.tables(self.lattice).names
        return names if self.recorded is None else tuple(name for name in names if name in self.recorded)

    @property
    def points(self) -> int:
        """Points of the grid of the controls other than the temperature."""
        return math.prod(len(values) for values in self.controls.values())

    def place(self, point: int) -> tuple[int, ...]:
        """Return where a point lies on the axis of each control."""
        sizes = tuple(len(values) for values in self.controls.values())
        return tuple(int(i) for i in np.unravel_index(point, sizes)) if sizes else ()

    def point_controls(self, point: int) -> dict[str, float]:
        """Return the value of each control at a point."""
        places = zip(self.controls.items(), self.place(point), strict=True)
        return {name: values[i] for (name, values), i in places}

    def model_at(self, point: int) -> Model:
        """Return the model with the terms that are summed at a point: of quenched disorder those of the sample."""
        return self.model.at(**self.point_controls(point))

    @property
    def grid(self) -> dict[str, tuple[float, ...]]:
        """The axes of the grid in their order: the controls, last the temperature."""
        return {**self.controls, "temperature": self.temperature}

    @property
    def conditions(self) -> int:
        """Conditions in all."""
        return self.points * len(self.temperature)

    @property
    def algorithms(self) -> tuple[tuple[str, ...], ...]:
        """The update of each condition, [point][temperature]: where the plan says ``"auto"``, the one that suits it."""
        return tuple(tuple(choice.algorithm for choice in self.choices(point)) for point in range(self.points))

    def choices(self, point: int) -> tuple[Choice, ...]:
        """Return the update at each temperature of a point, and why: a function of the plan alone."""
        if self.algorithm != "auto":
            return (Choice(self.algorithm, "the plan says so"),) * len(self.temperature)
        if point not in self._chosen:
            controls, choose = self.point_controls(point), self.kernels.choose
            self._chosen[point] = tuple(
                choose(self.model, self.lattice, temperature=t, controls=controls) for t in self.temperature
            )
        return self._chosen[point]

    @cached_property
    def _chosen(self) -> dict[int, tuple[Choice, ...]]:
        return {}

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds, also where there is one."""
        return self.seed if isinstance(self.seed, tuple) else (self.seed,)

    @property
    def blocks(self) -> Blocks:
        """The blocks that hold the chains of a condition."""
        return Blocks(self.chains, self.seeds)

    def of_seed(self, seed: int) -> Plan:
        """Return the part of one of the seeds: the chains that a run of that seed alone has."""
        return self if self.seed == seed else self.with_chains(self.chains // len(self.seeds), seed=seed)

    def with_chains(self, chains: int, *, seed: int | Sequence[int]) -> Plan:
        """Return the plan for other chains, all else as it is to the last digit."""
        other = copy(self)
        object.__setattr__(other, "seed", check_seeds(seed))
        object.__setattr__(other, "chains", _whole("chains", chains, 1))
        other._check_blocks()
        return other

    @property
    def updates(self) -> int:
        """Attempted updates of a site in all, counting unused lanes."""
        intervals = -(-self.equilibration // self.interval) + self.recordings
        return self.conditions * len(self.blocks) * LANES * self.lattice.sites * self.interval * intervals

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON types."""
        names = ("chains", "draws", "interval", "equilibration", "algorithm", "exchange", "start", "seed", "engine")
        boundary = _lists(self.lattice.boundary)
        plan = {
            "model": self.model.to_dict(),
            "lattice": {"shape": list(self.lattice.shape), "kind": self.lattice.kind, "boundary": boundary},
            "temperature": list(self.temperature),
            "controls": {name: list(values) for name, values in self.controls.items()},
            "thin": self.recordings_per_draw,
            **{name: _lists(getattr(self, name)) for name in names},
        }
        if self.raster is not None:
            plan["raster"] = self.raster
        # Plans that were written before a model had further sums name none.
        return plan if self.series == self.model.first_sums(self.lattice) else {**plan, "recorded": list(self.series)}

    @classmethod
    def from_dict(cls, plan: Mapping[str, Any]) -> Plan:
        """Rebuild a plan from `to_dict`, or from the form that the first format of ensembles has.

        Raises
        ------
        InputError
            If a key is unknown or a value cannot be used.
        """
        values = dict(plan)
        if "controls" not in values and "field" in values:
            values["controls"] = {"field": values.pop("field")}
            values["recorded"] = FIRST_SUMS
        known = {item.name for item in fields(cls)} - {"recordings"} | {"thin"}
        for key in values:
            if key not in known:
                raise InputError("key", repr(key), "is not part of a sampling plan", did_you_mean(key, known))
        try:
            lattice = dict(values["lattice"])
            values["model"] = model_from_dict(values["model"])
            values["lattice"] = Lattice(shape=tuple(lattice.pop("shape")), **lattice)
            if values.get("recorded") == FIRST_SUMS:
                names = values["model"].tables(values["lattice"]).names
                values["recorded"] = tuple(name for name in names if name in FIRST_SUMS)
            values.setdefault("recorded", values["model"].first_sums(values["lattice"]))
            # Ensembles keep how many recordings each draw has.
            rebuilt = cls(recordings=values.pop("thin") * values["draws"], **values)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise InputError("plan", sorted(values), f"is incomplete or malformed ({error})") from None
        # What was sampled stays what it was, to the last digit.
        exact = {name: tuple(map(float, value)) for name, value in dict(values["controls"]).items()}
        object.__setattr__(rebuilt, "controls", {**rebuilt.controls, **exact})
        return rebuilt

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash((self.model, self.lattice, self.temperature, tuple(self.controls.items()), self.seed, self.chains))


def _recorded(model: Model, lattice: Lattice, recorded: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the names of some sums, or None where they are all of the model's."""
    names = None if recorded is None else tuple(recorded)
    return None if names is None or names == model.tables(lattice).names else names


def _lists(value: Any) -> Any:
    """Return tuples as the lists that they become in JSON."""
    return [_lists(part) for part in value] if isinstance(value, tuple) else value


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(name, value, f"must be a whole number >= {least}")
    if value > MOST:
        raise InputError(name, f"{float(value) if value < 10**300 else 'inf'}", f"must be at most {MOST}")
    return int(value)
