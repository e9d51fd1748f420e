"""The transition in every column of a plane where order breaks a symmetry, and in words where there is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.phases.planes import axes, columns_where, on_plane, symmetric_columns
from spinlens.phases.transition import Transition, find_transition

Floats = NDArray[np.float64]

ORDERED = 0.5
"""Binder cumulant, as a fraction of that in full order, from which on a lattice counts as ordered."""


def critical_line(
    maps: xr.Dataset, *, trainings: Sequence[xr.Dataset] = (), resamples: int = 200, seed: int = 0
) -> tuple[dict[float, Transition], list[str]]:
    """Read the transition off every column that has one inside.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`.
    trainings : sequence of Dataset
        Those of other trainings.
    resamples, seed : int
        Of the bootstrap over chains.

    Returns
    -------
    line : dict of float to Transition
        By the value of the control across.
    reading : list of str
        Sentences about columns without a transition inside, and why.
    """
    maps, *trainings = (on_plane(each) for each in (maps, *trainings))
    across, along = axes(maps)
    values, line, outside = maps[across].to_numpy(), dict[float, Transition](), dict[str, list[int]]()
    symmetric = symmetric_columns(maps)
    ordered = symmetric & ~columns_where(maps, "order_excluded") if "order_excluded" in maps else symmetric
    for column in np.flatnonzero(ordered):
        if reason := no_transition_inside(maps.isel({across: int(column)}), along):
            outside.setdefault(reason, []).append(int(column))
        else:
            at = float(values[column])
            line[at] = find_transition(maps, trainings=trainings, at=at, resamples=resamples, seed=seed)
    low, high = maps[along].to_numpy()[[0, -1]]
    window = f"between {along} {low:g} and {high:g}"
    reading = []
    if theorem := maps.attrs.get("theorem"):
        reading.append(f"{theorem}: {_text(across, values, columns_where(maps, 'order_excluded'))}.")
    if not symmetric.any():
        reading.append(
            f"No column of this plane has a symmetry that order could break: its lines are crossovers, and no critical "
            f"point is read {window}."
        )
    reading += [
        f"No transition {window} at {_text(across, values, np.isin(np.arange(len(values)), columns))}: the lattice is "
        f"{reason}."
        for reason, columns in outside.items()
    ]
    return line, reading


def no_transition_inside(column: xr.Dataset, along: str) -> str:
    """Return why a column has no transition inside, judged by the Binder cumulant at both of its ends, or nothing.

    Its middle between order (1) and disorder (0) must lie between them. Where no cumulant was recorded nothing is said.
    """
    if "binder_cumulant" not in column:
        return ""
    d = int(column.attrs.get("order_components", 1))
    ends = column["binder_cumulant"].transpose(along).to_numpy()[[0, -1]] * (d + 2.0) / 2.0
    if not ends[0] > ORDERED:
        return "disordered throughout"
    return "" if ends[1] < ORDERED else "ordered throughout"


def _text(across: str, values: Floats, chosen: NDArray[np.bool_]) -> str:
    """Return the control's values in some columns, neighbours as a range."""
    found = np.flatnonzero(chosen)
    runs = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    texts = [
        f"{values[run[0]]:g}" if len(run) == 1 else f"{values[run[0]]:g} to {values[run[-1]]:g}" for run in runs
    ]  # fmt: skip
    return f"{across} {' and '.join(texts)}"
