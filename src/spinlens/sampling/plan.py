"""What to sample: the model, the grid of conditions, the schedule. Checked once, here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from spinlens.errors import InputError, did_you_mean
from spinlens.lattice import Lattice
from spinlens.models import Ising
from spinlens.sampling.choice import ALGORITHMS, Choice, choose
from spinlens.sampling.interfaces import check_interface
from spinlens.seeds import check_seed

STARTS = ("ground", "random", "dispersed", "interface", "heated")
SMALLEST_METROPOLIS_SIDE = 4
"""Where flips without cost are certain, narrower lattices have states that checkerboard Metropolis cannot leave."""

LANES = 64
"""Chains that share a word."""

FEWEST_RECORDINGS = 16
"""Recordings a chain that the default thinning makes, so that convergence can be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A grid of conditions and how long to sample each.

    Parameters
    ----------
    model : Ising
        The Hamiltonian.
    lattice : Lattice
        Any shape and boundary.
    temperature : sequence of float
        Ascending, > 0, in units of energy (k_B = 1).
    field : sequence of float
        Ascending.
    chains : int
        Independent Markov chains at each condition.
    draws : int
        Configurations kept of each chain.
    thin : int, optional
        Recordings of energy and magnetization for each kept draw; by default as few as give
        `FEWEST_RECORDINGS` recordings in all.
    interval : int
        Sweeps between recordings; replicas are exchanged as often.
    equilibration : int
        Sweeps before the first recording of a temperature, rounded up to whole intervals.
    algorithm : str
        ``"heat_bath"`` or ``"metropolis"``: single spins in checkerboard order. The latter is reducible where flips
        cost nothing (zero field): refused for sides below 4; on larger lattices the unreachable states have a
        negligible weight. ``"swendsen_wang"`` or ``"wolff"``: clusters, in any field and at any boundary, the field
        and the walls as one bond of each spin to a ghost spin; right everywhere, of use where no field competes with
        the couplings. A sweep of Swendsen-Wang is one update of all clusters, a sweep of Wolff a fixed number of
        clusters that reaches every site once on average, and by a fair coin of each chain and interval one more; it is
        measured while the chains equilibrate, separately for each condition and block of 64 chains. ``"auto"``: heat
        bath or Swendsen-Wang, whichever suits the condition, see `algorithms`.
    exchange : bool
        Whether to swap replicas between neighbouring temperatures of one field.
    start : str
        ``"ground"``: a state of low energy, see `spinlens.models.Ising.ground_state` (a random sign for each
        chain where the reversal of all spins is a symmetry); ``"random"``:
        independent spins; ``"dispersed"``: these two for even and odd chains, which makes R-hat sensitive to
        anything that was not forgotten; ``"interface"``: any of the ground states, where the boundary forces an
        interface, see `spinlens.sampling.interfaces`; ``"heated"``: the temperatures one after another, the first
        from the ground state, each of the others from where the one below ended. It needs ``exchange=False``.
    seed : int
        Whole number >= 0.

    Raises
    ------
    InputError
        With the name of the first parameter that cannot be used.
    """

    model: Ising
    lattice: Lattice
    temperature: tuple[float, ...]
    field: tuple[float, ...] = (0.0,)
    chains: int = 64
    draws: int = 1
    thin: int | None = None
    interval: int = 8
    equilibration: int = 4096
    algorithm: str = "heat_bath"
    exchange: bool = True
    start: str = "ground"
    seed: int = 0

    def __post_init__(self) -> None:
        temperature = _grid("temperature", self.temperature)
        for i, value in enumerate(temperature):
            if value <= 0:
                raise InputError(f"temperature[{i}]", value, "must be > 0 (k_B = 1, units of abs(J))")
        whole = {name: _whole(name, getattr(self, name), least) for name, least in _LEAST.items()}
        thin = self.thin if self.thin is not None else max(1, math.ceil(FEWEST_RECORDINGS / whole["draws"]))
        for name, known in (("algorithm", ALGORITHMS), ("start", STARTS)):
            word = getattr(self, name)
            if word not in known:
                raise InputError(name, repr(word), "is unknown", did_you_mean(str(word), known))
        if not isinstance(self.exchange, bool | np.bool_):
            raise InputError("exchange", self.exchange, "must be true or false")
        if self.exchange and self.start == "heated":
            why = "with start 'heated' the temperatures come one after another and cannot swap replicas"
            raise InputError("exchange", True, why, "Set it to false (--no-exchange)")
        changes: dict[str, Any] = {
            **whole, "temperature": temperature, "field": _grid("field", self.field),
            "thin": _whole("thin", thin, 1), "exchange": bool(self.exchange), "seed": check_seed(self.seed),
        }  # fmt: skip
        for name, value in changes.items():
            object.__setattr__(self, name, value)
        if self.algorithm == "wolff" and self.equilibration == 0:
            raise InputError(
                "equilibration", 0,
                "while the chains equilibrate Wolff's algorithm measures how many clusters make a sweep",
                "Equilibrate, or use swendsen_wang",
            )  # fmt: skip
        if self.start == "interface":
            check_interface(self.model, self.lattice, self.field)
        if self.algorithm == "metropolis" and min(self.lattice.shape) < SMALLEST_METROPOLIS_SIDE:
            self._refuse_certain_flips()

    def _refuse_certain_flips(self) -> None:
        """Refuse Metropolis where a flip costs nothing on a lattice so narrow that it would trap the chain."""
        first, second = np.meshgrid(np.arange(-2, 3), np.arange(-2, 3))
        local = self.model.couplings[0] * first + self.model.couplings[1] * second
        for value in self.field:
            if np.any(local + value == 0):
                raise InputError(
                    "algorithm", "'metropolis'",
                    f"at field {value:g} some flips cost nothing and are certain, and on a lattice with a side below "
                    f"{SMALLEST_METROPOLIS_SIDE} the chain then cannot reach every state",
                    "Use heat_bath",
                )  # fmt: skip

    @property
    def recordings(self) -> int:
        """Recordings of energy and magnetization of each chain."""
        assert self.thin is not None
        return self.draws * self.thin

    @property
    def series(self) -> tuple[str, ...]:
        """Names of the sums that are recorded.

        ``bond_sum`` and ``spin_sum`` always; ``bond_sum_x`` where Jx and Jy differ; ``staggered_sum`` for
        antiferromagnets and in a staggered field.
        """
        names = ["bond_sum", "spin_sum"]
        if not self.model.isotropic:
            names.append("bond_sum_x")
        if self.model.staggered or min(self.model.couplings) < 0:
            names.append("staggered_sum")
        return tuple(names)

    @property
    def algorithms(self) -> tuple[tuple[str, ...], ...]:
        """The update of each condition, [field][temperature]: where the plan says ``"auto"``, the one that suits it."""
        return tuple(tuple(choice.algorithm for choice in self.choices(field)) for field in range(len(self.field)))

    def choices(self, field: int) -> tuple[Choice, ...]:
        """Return the update at each temperature of field number ``field``, and why: a function of the plan alone."""
        if self.algorithm != "auto":
            return (Choice(self.algorithm, "the plan says so"),) * len(self.temperature)
        return tuple(choose(self.model, self.lattice, temperature=t, field=self.field[field]) for t in self.temperature)

    @property
    def blocks(self) -> int:
        """Words needed to hold the chains of a condition."""
        return -(-self.chains // LANES)

    def chains_of(self, block: int) -> range:
        """Return the chains that block ``block`` holds."""
        return range(block * LANES, min(self.chains, (block + 1) * LANES))

    @property
    def updates(self) -> int:
        """Attempted spin updates in all, counting unused lanes."""
        intervals = -(-self.equilibration // self.interval) + self.recordings
        conditions = len(self.temperature) * len(self.field)
        return conditions * self.blocks * LANES * self.lattice.sites * self.interval * intervals

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON types."""
        plan = asdict(self)
        plan["temperature"], plan["field"] = list(self.temperature), list(self.field)
        plan["lattice"] = {"shape": list(self.lattice.shape), "boundary": _lists(self.lattice.boundary)}
        plan["model"] = {"name": "ising", "coupling": _lists(self.model.coupling)}
        if self.model.staggered:
            plan["model"]["field_pattern"] = self.model.field_pattern
        return plan

    @classmethod
    def from_dict(cls, plan: Mapping[str, Any]) -> Plan:
        """Rebuild a plan from `to_dict`.

        Raises
        ------
        InputError
            If a key is unknown or a value cannot be used.
        """
        values = dict(plan)
        known = {item.name for item in fields(cls)}
        for key in values:
            if key not in known:
                raise InputError("key", repr(key), "is not part of a sampling plan", did_you_mean(key, known))
        try:
            model, lattice = dict(values["model"]), dict(values["lattice"])
            if model.pop("name") != "ising":
                raise InputError("model", values["model"], "is unknown", "Known: ising")
            values["model"] = Ising(**model)
            values["lattice"] = Lattice(shape=tuple(lattice.pop("shape")), **lattice)
            return cls(**values)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("plan", sorted(values), f"is incomplete or malformed ({error})") from None


def _lists(value: Any) -> Any:
    """Return tuples as the lists that they become in JSON."""
    return [_lists(part) for part in value] if isinstance(value, tuple) else value


_LEAST = {"chains": 1, "draws": 1, "interval": 1, "equilibration": 0}


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(name, value, f"must be a whole number >= {least}")
    return int(value)


def _grid(name: str, values: float | Sequence[float] | np.ndarray) -> tuple[float, ...]:
    try:
        grid = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError(name, values, "must be a number or a list of numbers") from None
    if grid.ndim != 1 or grid.size == 0:
        raise InputError(name, values, "must be a list of at least one number")
    for i, value in enumerate(grid):
        if not math.isfinite(value):
            raise InputError(f"{name}[{i}]", value, "must be a finite number")
        if i and value <= grid[i - 1]:
            raise InputError(
                f"{name}[{i}]", value, f"must be larger than {name}[{i - 1}] = {grid[i - 1]}",
                "Sort the grid and drop duplicates",
            )  # fmt: skip
    return tuple(float(value) + 0.0 for value in grid)
