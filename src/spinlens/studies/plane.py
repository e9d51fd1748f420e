"""What a study of a plane samples: a model on a lattice over two of its controls, and some further sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from pydantic import ConfigDict, model_validator

from spinlens.config import Grid, Section, Sides, merge, parse_grid
from spinlens.errors import InputError, did_you_mean
from spinlens.lattices import Lattice, parse_boundary
from spinlens.learning.settings import Autoencoder, Count
from spinlens.models import Model, model_from_dict, parse_model
from spinlens.sampling import Plan


class Sampling(Section):
    """The system, the grid and the schedule; see `spinlens.sampling.Plan`.

    Every key that is not named here is a control of the model with its grid.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    model: str | dict[str, Any] | None = None
    """As the shell writes it, or a table of its constants; the Ising model if it is left out."""
    kind: str | None = None
    """Of the lattice; if it is left out square, or cubic of three sides."""
    boundary: str | None = None
    """As the shell writes it; periodic if it is left out."""
    shape: Sides
    temperature: Grid
    chains: int = 64
    draws: int = 1
    recordings: int
    interval: int = 8
    equilibration: int = 4096
    algorithm: str = "heat_bath"
    exchange: bool = True
    start: str = "dispersed"
    raster: int | None = None

    @model_validator(mode="after")
    def _check_controls(self) -> Self:
        extra, controls = self.model_extra or {}, self.hamiltonian.controls
        for name, grid in extra.items():
            if name not in controls:
                why = f"is unknown: neither a setting nor a control of {self.hamiltonian.name}"
                raise InputError("sampling", repr(name), why, did_you_mean(name, [*type(self).model_fields, *controls]))
            extra[name] = _readable(name, grid)
        return self

    @property
    def hamiltonian(self) -> Model:
        """The model."""
        if isinstance(self.model, dict):
            return model_from_dict(self.model)
        return parse_model(self.model or "ising")

    def plan(self, seed: int) -> Plan:
        """Return what to sample."""
        place = ("model", "kind", "boundary", "shape", "temperature")
        options = {name: getattr(self, name) for name in type(self).model_fields if name not in place}
        lattice = Lattice(
            tuple(self.shape), boundary=parse_boundary(self.boundary or "periodic"), kind=self.kind or ""
        )  # fmt: skip
        controls: dict[str, Any] = {name: parse_grid(grid, name) for name, grid in (self.model_extra or {}).items()}
        return Plan(
            model=self.hamiltonian, lattice=lattice, temperature=parse_grid(self.temperature, "temperature"), seed=seed,
            controls=controls, **options,
        )  # fmt: skip


class Scaling(Section):
    """Further sizes at which one column of the plane is studied, each with networks of its own."""

    shapes: list[Sides]
    at: float
    """The value of the control across."""
    temperature: Grid
    draws: int = 8
    trainings: Count = 2

    def plan(self, whole: Plan, shape: tuple[int, ...]) -> Plan:
        """Return what to sample at a size."""
        across, _ = plane_of(whole)
        lattice = replace(whole.lattice, shape=tuple(shape))
        recordings = -(-whole.recordings // self.draws) * self.draws
        return Plan(
            model=whole.model, lattice=lattice, temperature=parse_grid(self.temperature, "scaling.temperature"),
            chains=whole.chains, draws=self.draws, recordings=recordings, interval=whole.interval,
            equilibration=whole.equilibration, algorithm=whole.algorithm, exchange=whole.exchange, start=whole.start,
            seed=whole.seed, controls={**whole.controls, across: [self.at]}, raster=whole.raster,
        )  # fmt: skip

    def check(self, training: Autoencoder, whole: Plan) -> None:
        """Check that networks fit all sizes, before anything is sampled.

        Raises
        ------
        InputError
            If one does not, or there are too few configurations for a batch.
        """
        from spinlens.learning.requirements import check_training

        for shape in self.shapes:
            plan = self.plan(whole, tuple(shape))
            check_training(
                training, shape=plan.drawn.shape, chains=plan.chains, configurations=plan.conditions * plan.draws
            )  # fmt: skip


def plane_of(plan: Plan) -> tuple[str, str]:
    """Return the two controls that vary, temperature last where it is one of them.

    Raises
    ------
    InputError
        If there are not two of them.
    """
    names = [n for n, values in plan.grid.items() if len(values) > 1 and n != plan.model.quenched]
    if len(names) != 2:
        shown = ", ".join(names) or "none"
        raise InputError(
            "axes", shown, "a study is over a plane of two controls with several values each",
            "For example crystal_field=0:2:17 and temperature=0.4:2.4:33",
        )  # fmt: skip
    return names[0], names[1]


def laid_over(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with changes over them; where these name another model or plane its axes replace the old ones.

    The scaling of the old plane goes with them.
    """
    asked, kept = changes.get("sampling", {}), dict(values)
    axes = {name for name in asked if name == "temperature" or name not in Sampling.model_fields}
    if axes or "model" in asked:
        # Temperatures are in units of the old model's energies.
        stays = set(Sampling.model_fields) - ({"temperature"} if "model" in asked else set())
        kept["sampling"] = {name: v for name, v in values["sampling"].items() if name in stays}
        kept.pop("scaling", None)
    return merge(kept, changes)


def _readable(name: str, grid: Any) -> str:
    """Check a grid and keep it as text."""
    values = parse_grid(grid if isinstance(grid, str) else np.atleast_1d(grid).tolist(), f"sampling.{name}")
    return grid if isinstance(grid, str) else ",".join(f"{v:g}" if float(f"{v:g}") == v else repr(v) for v in values)
