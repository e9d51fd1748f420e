"""One column of the plane at several sizes, each with networks of its own: how what they found moves with the size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spinlens.ensemble import sample_all
from spinlens.phases.sizes import column_places, infinite_lattice
from spinlens.studies.analysed import analysed, numbered, trained

if TYPE_CHECKING:
    from spinlens.studies.crossover import CrossoverConfiguration


def scale(
    configuration: CrossoverConfiguration, folder: Path, *, scheduler: str | None, workers: int | None,
    device: str | None, progress: bool,
) -> dict[str, Any]:  # fmt: skip
    """Sample the column at all sizes, train, and say where nu_0 and tau_0 put the transition.

    Returns
    -------
    dict
        ``at``; ``sizes``: for each the places by name, ``[value, error]``, None where there is none; ``infinite``: the
        same extrapolated, where all three sizes or more have one.
    """
    scaling, whole = configuration.scaling, configuration.plan
    assert scaling is not None
    plans = {
        folder / "sizes" / "x".join(map(str, shape)) / "ensemble": scaling.plan(whole, tuple(shape))
        for shape in scaling.shapes
    }
    ensembles = sample_all(plans, scheduler=scheduler, workers=workers, progress=progress, label="simulate sizes")
    rows, found = [], []
    for ensemble, path in zip(ensembles, plans, strict=True):
        maps = []
        for number in range(scaling.trainings):
            vae = trained(configuration, number, ensemble, path.parent, device=device, progress=progress)
            maps.append(analysed(vae, ensemble, path.parent, numbered("maps", number) + ".zarr", progress=progress)[0])
        places = column_places(
            maps[0], trainings=maps[1:], resamples=configuration.analysis.resamples, seed=configuration.seed
        )  # fmt: skip
        found.append(places)
        shape = list(ensemble.lattice.shape)
        rows.append({"shape": shape, **{name: _pair(each.value, each.error) for name, each in places.items()}})
    sides = [each.lattice.sites ** (1 / each.lattice.axes) for each in ensembles]
    infinite = {name: infinite_lattice(sides, [places[name] for places in found]) for name in found[0]}
    return {
        "at": scaling.at, "sizes": rows,
        "infinite": {name: _pair(each.value, each.error) for name, each in infinite.items()},
    }  # fmt: skip


def _pair(value: float, error: float) -> list[float] | None:
    return [value, error] if np.isfinite([value, error]).all() else None
