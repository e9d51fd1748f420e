"""From the recipe of a problem to its files: simulated in the model's unit, written in the hidden one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.challenge.archive import write_arrays
from spinlens.challenge.problem import PROBLEM, PROBLEM_FORMAT, file_of
from spinlens.challenge.recipes import Recipe
from spinlens.challenge.records import write_record
from spinlens.challenge.schedule import Schedule
from spinlens.ensemble import Ensemble, equilibration_summary, sample
from spinlens.progress import Report


def write_problem(
    folder: Path, recipe: Recipe, schedule: Schedule, *, challenge: str, workers: int | None, report: Report
) -> None:
    """Simulate a problem into a folder, one file a size; the description comes last and says that all is there.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it does not exist.
    recipe, schedule
        What to simulate.
    challenge : str
        Hash of the challenge.
    workers : int, optional
        Threads.
    report : Report
        Told which part of the problem is done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lengths = recipe.lengths(schedule)
    costs = [recipe.system.lattice_of(length).sites for length in lengths]
    rows: list[dict[str, Any]] = []
    for place, length in enumerate(lengths):

        def tell(fraction: float, note: str = "", place: int = place) -> None:
            report((sum(costs[:place]) + fraction * costs[place]) / sum(costs), note)

        ensemble = sample(recipe.plan(length, schedule), workers=workers, progress=tell)
        digest = write_arrays(folder / file_of(length), recorded(ensemble, recipe, length))
        # A share, because the number of conditions would tell how many samples of quenched disorder there are.
        judged = equilibration_summary(ensemble)
        share = judged["flagged_conditions"] / judged["conditions"]
        rows.append(
            {"length": length, "sites": ensemble.lattice.sites, "sha256": digest, "not_equilibrated": round(share, 4)}
        )
    space, lattice = recipe.system.model.space, recipe.system.lattice_of(lengths[0])
    (order, *_) = recipe.system.model.order_parameters(lattice)
    write_record(folder / PROBLEM, {
        "format": PROBLEM_FORMAT, "challenge": challenge, "number": recipe.number, "dimensions": lattice.axes,
        "boundary": lattice.boundary_text, "states": space.states, "values": space.values.tolist(),
        "components": order.components, "sizes": rows,
    })  # fmt: skip


def recorded(ensemble: Ensemble, recipe: Recipe, length: int) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of one size, see `spinlens.challenge.problem.Arrays`."""
    model, lattice = ensemble.model, ensemble.lattice
    sums = {str(name): _samples_as_chains(array.values) for name, array in ensemble.series.items()}
    order = recipe.order(length, len(ensemble.temperature))
    t = ensemble.temperature[:, None, None]
    energy = recipe.unit * np.asarray(model.energy_total(lattice, sums, temperature=t, **recipe.system.controls))
    (parameter, *_) = model.order_parameters(lattice)
    codes = ensemble.codes().values
    return {
        "temperature": recipe.unit * ensemble.temperature,
        "energy": energy[order].astype(np.float32),
        "order_parameter": parameter.values(sums, lattice.sites)[order].astype(np.float32),
        "codes": _samples_as_chains(codes, lattice.axes)[order].astype(np.uint8),
    }


def _samples_as_chains(array: NDArray[Any], sides: int = 0) -> NDArray[Any]:
    """Return (controls..., T, chain, recording, sides...) as (T, chain, recording, sides...), sample after sample."""
    *_, temperatures, chains, recordings = array.shape[: array.ndim - sides]
    tail = array.shape[array.ndim - sides :]
    laid = array.reshape(-1, temperatures, chains, recordings, *tail)
    return np.moveaxis(laid, 0, 1).reshape(temperatures, -1, recordings, *tail)
