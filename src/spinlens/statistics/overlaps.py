"""Overlaps of replicas: how much two independent chains of one quenched sample agree, the order of a spin glass."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.disorder import average_over_samples, sample_axis

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


def overlaps(ensemble: Any) -> xr.Dataset:
    """Average moments of the overlap of replicas over quenched samples.

    Parameters
    ----------
    ensemble : ensemble
        Of a model of two states with quenched samples; its chains at one condition are the replicas, two at least.

    Returns
    -------
    xarray.Dataset
        Over the conditions without the samples; each of these, and beside it its standard error as ``NAME_error``, with
        the overlap q = sum_i s_i^a s_i^b / N of chains a and b, <> the average over pairs and draws of a sample and []
        that over samples:

        - ``overlap_squared`` [<q^2>] and ``absolute_overlap`` [<abs q>]
        - ``spin_glass_susceptibility`` N [<q^2>]
        - ``overlap_binder_cumulant`` 1 - [<q^4>] / (3 [<q^2>]^2): 0 for Gaussian overlaps, 2/3 where abs(q) is one
          number in all samples

        Errors are those of a jackknife over samples; NaN for a single one.

    Raises
    ------
    InputError
        If the model has no quenched samples or not two states, or there is one chain only.

    Notes
    -----
    Pairs of chains share chains, but each pair's average is that of two independent replicas, so all pairs together are
    unbiased, and each sample counts once. Configurations are read point by point of the controls.

    References
    ----------
    S. F. Edwards and P. W. Anderson, J. Phys. F 5, 965 (1975), doi:10.1088/0305-4608/5/5/017.
    """
    import xarray as xr

    from spinlens.statistics.labels import labelled

    model, sites, dimensions = ensemble.model, ensemble.lattice.sites, tuple(ensemble.grid)
    axis = sample_axis(model, dimensions)
    if model.space.states != 2:
        raise InputError("model", model.text, f"has {model.space.states} states; overlaps are of spins up and down")
    shape = tuple(len(values) for values in ensemble.grid.values())
    moments = np.empty((3, *shape))
    *controls, _ = dimensions
    for place in product(*(range(size) for size in shape[:-1])):
        codes = ensemble.codes(**dict(zip(controls, place, strict=True))).values
        for t, here in enumerate(codes):
            q = pair_overlaps(2.0 * here.reshape(*here.shape[:2], sites) - 1.0)
            where: Any = (slice(None), *place, t)
            moments[where] = np.abs(q).mean(), (q**2).mean(), (q**4).mean()

    def statistic(means: Array) -> dict[str, Array]:
        size, squared, fourth = means
        with np.errstate(divide="ignore", invalid="ignore"):
            binder = 1.0 - fourth / (3.0 * squared**2)
        return {
            "overlap_squared": squared, "absolute_overlap": size, "spin_glass_susceptibility": sites * squared,
            "overlap_binder_cumulant": binder,
        }  # fmt: skip

    left, values = average_over_samples(statistic, moments, axis, dimensions)
    coordinates = {name: ensemble.grid[name] for name in left}
    found = xr.Dataset({name: (left, array) for name, array in values.items()}, coords=coordinates)
    return labelled(found, controls=tuple(model.controls)).assign_attrs(samples=shape[axis])


def pair_overlaps(spins: Any) -> Array:
    """Return the overlaps of all pairs of different chains at each draw.

    Parameters
    ----------
    spins : array, shape (chain, draw, site)
        Values +-1.

    Returns
    -------
    ndarray, float64 (pair, draw)
        sum_i s_i^a s_i^b / N for the pairs a < b in order.

    Raises
    ------
    InputError
        If there are fewer than two chains.
    """
    values = np.asarray(spins, dtype=np.float64)
    if values.ndim != 3 or len(values) < 2:
        raise InputError("spins.shape", values.shape, "must be (chain, draw, site) with two chains or more")
    first, second = np.triu_indices(len(values), 1)
    by_draw = values.transpose(1, 0, 2)
    return np.asarray((by_draw @ by_draw.transpose(0, 2, 1))[:, first, second].T / values.shape[2])
