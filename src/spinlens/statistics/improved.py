"""Improved estimators: averages over everything that the clusters of a draw might have been as well."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.seeds import Purpose, generator
from spinlens.statistics.jackknife import group_sums, jackknife
from spinlens.statistics.labels import labelled

if TYPE_CHECKING:
    import xarray as xr

    from spinlens.statistics.fortuin_kasteleyn import ClusterBonds

Array = NDArray[np.float64]

REALISATIONS = 4
"""Draws of the bonds of each configuration: more of them take longer and make errors hardly smaller."""

BLOCK = 1 << 20
"""Sites looked at at a time, about."""


def improved_observables(ensemble: Any, *, realisations: int = REALISATIONS, **condition: float) -> xr.Dataset:
    """Estimate moments of the order parameter and correlations from the clusters of the draws of an ensemble.

    Parameters
    ----------
    ensemble : Ensemble
        Of two spins with any couplings, or of colours that gain energy where neighbours are equal; whatever update
        made the draws.
    realisations : int
        How often the bonds of each draw are drawn.
    **condition : float
        Which value of a control, or the temperature, where some are left out; the others keep their dimension.

    Returns
    -------
    xarray.Dataset
        Over the conditions; each of these, and beside it its standard error as ``NAME_error``, with m per site:

        - of the model's first order parameter NAME, which the attribute ``order_parameter`` names, ``NAME_squared``
          <m^2>, ``NAME_fourth`` <m^4>, ``susceptibility`` N <m^2> / T and ``binder_cumulant``
          1 - d <m^4> / ((d + 2) <m^2>^2) for d components
        - ``correlation_x``, and so on for each axis, over ``distance_x`` from 0 to half a side: <s s'> of spins, and of
          colours (q <delta> - 1) / (q - 1), averaged over all pairs at that distance along the axis between which
          neither a free edge nor an antiperiodic seam lies

        Errors are those of a jackknife over chains, or over blocks of draws where there are fewer than 16 chains.

    Raises
    ------
    InputError
        If there is a field or a wall, the energy of a bond tells more than whether two codes are equal, or a condition
        was not simulated.

    Notes
    -----
    Given the bonds, all images of each cluster are equally likely, and an average over all of them has the same
    expectation as the draw itself and a smaller variance. With the order parameter A_c of the cluster c, and C_c the
    average of A_c A_c^T over its images,

    m^2 N^2 = sum_c abs(A_c)^2,  m^4 N^4 = (sum_c abs(A_c)^2)^2 + 2 (tr (sum_c C_c)^2 - sum_c tr C_c^2),

    which for spins is 3 (sum_c A_c^2)^2 - 2 sum_c A_c^4. Spins are correlated by their product where they share a
    cluster, else not at all. So frustrated and random couplings are no exception, only gain less.

    The bonds follow from the seed of the ensemble, so the same ensemble gives the same numbers. Only draws that are
    kept count, not the recordings between them.

    References
    ----------
    U. Wolff, Nucl. Phys. B 300, 501 (1988), doi:10.1016/0550-3213(88)90610-4 (improved estimators);
    A. D. Sokal, in Functional Integration (1997), doi:10.1007/978-1-4899-0319-8_6.
    """
    import xarray as xr

    from spinlens.statistics.fortuin_kasteleyn import ClusterBonds

    if realisations < 1:
        raise InputError("realisations", realisations, "must be a whole number >= 1")
    model, lattice, grid = ensemble.model, ensemble.lattice, ensemble.grid
    orders = model.order_parameters(lattice)
    if not orders:
        raise InputError("order_parameter", model.text, "has no order parameter")
    chosen = ensemble.positions(**condition)
    places = [[chosen[name]] if name in chosen else range(len(values)) for name, values in grid.items()]
    *controls, _ = grid
    found: list[dict[str, Array]] = []
    for place in product(*places[:-1]):
        point = {name: float(grid[name][k]) for name, k in zip(controls, place, strict=True)}
        bonds = ClusterBonds.of(model, lattice, orders[0], **point)
        index = {name: slice(k, k + 1) for name, k in zip(controls, place, strict=True)}
        first, last = places[-1][0], places[-1][-1]
        codes = ensemble.codes(**index, temperature=slice(first, last + 1)).values
        codes = codes.reshape(last + 1 - first, *codes.shape[len(grid) : len(grid) + 2], lattice.sites)
        for t, here in zip(places[-1], codes, strict=True):
            temperature = float(grid["temperature"][t])
            stream = generator(ensemble.plan.seeds[0], Purpose.IMPROVED_ESTIMATORS, *place, t)
            moments = _moments(bonds, lattice, here, model.space.states, temperature, realisations, stream)
            found.append(_estimates(moments, lattice, orders[0].name, orders[0].components, temperature))
    shape = tuple(map(len, places))
    lines = {f"distance_{axis}": np.arange(side // 2 + 1) for axis, side in zip("xyz", lattice.shape, strict=False)}
    variables = {}
    for name, value in found[0].items():
        line = tuple(f"distance_{axis}" for axis in "xyz" if name.startswith(f"correlation_{axis}"))
        values = np.stack([each[name] for each in found]).reshape(*shape, *value.shape)
        variables[name] = ((*grid, *line), values)
    coordinates = {name: grid[name][list(some)] for name, some in zip(grid, places, strict=True)} | lines
    whole = xr.Dataset(variables, coords=coordinates, attrs={"order_parameter": orders[0].name})
    return labelled(
        whole.isel(dict.fromkeys(chosen, 0)), order_parameters=(orders[0].name,), controls=tuple(model.controls)
    )


def _moments(
    bonds: ClusterBonds, lattice: Lattice, codes: Any, states: int, temperature: float, realisations: int,
    stream: np.random.Generator,
) -> Array:  # fmt: skip
    """Return m^2, m^4 and the correlations of draws, averaged over bonds, float64 (2 + distances, chain, draw)."""
    rows = np.ascontiguousarray(codes).reshape(-1, lattice.sites)
    step = max(1, BLOCK // (realisations * lattice.sites))
    parts = [
        cluster_moments(
            bonds, lattice, np.repeat(rows[k : k + step], realisations, axis=0), states, temperature, stream
        )
        for k in range(0, len(rows), step)
    ]
    found = np.concatenate(parts, axis=1)
    return np.asarray(found.reshape(len(found), *codes.shape[:2], realisations).mean(axis=-1))


def cluster_moments(
    bonds: ClusterBonds, lattice: Lattice, codes: Any, states: int, temperature: float, stream: np.random.Generator
) -> Array:
    """Draw bonds once and average over the images of all clusters.

    Parameters
    ----------
    bonds : ClusterBonds
        Of the model.
    lattice : Lattice
        Where the sites are.
    codes : unsigned array, shape (R, N)
        Configurations.
    states : int
        q.
    temperature : float
        T.
    stream : numpy.random.Generator
        For the bonds.

    Returns
    -------
    ndarray, float64 (2 + D, R)
        m^2, m^4, and the correlations along each axis from distance 0 to half a side.
    """
    from spinlens.statistics.fortuin_kasteleyn import label_clusters, pairs_along

    table, sites = lattice.neighbours, lattice.sites
    labels = np.empty(codes.shape, dtype=np.int32)
    label_clusters(
        codes, table.first, table.second, bonds.equal, bonds.probabilities(temperature), stream, labels
    )  # fmt: skip
    signs = 2 * codes.astype(np.int8) - 1 if states == 2 else np.ones(codes.shape, dtype=np.int8)
    # Every configuration has clusters of its own.
    place = (labels + np.arange(len(codes))[:, None] * sites).reshape(-1)
    parts = np.stack([
        np.bincount(place, (amplitude * signs).reshape(-1), len(place)).reshape(codes.shape)
        for amplitude in bonds.amplitudes
    ])  # fmt: skip
    lengths = (parts**2).sum(axis=0)
    squared = lengths.sum(axis=1)
    products = np.einsum("irc,jrc->rij", parts, parts) ** 2
    fourth = squared**2 + 2.0 / (states - 1) * (products.sum(axis=(1, 2)) - (lengths**2).sum(axis=1))
    found, names = [squared[None] / sites**2, fourth[None] / sites**4], (labels + np.int32(1)) * signs
    for axis, side in enumerate(lattice.shape):
        inside = pairs_along(names, side, int(np.prod(lattice.shape[axis + 1 :]))).astype(np.float64)
        number = (sites // side) * (side - np.arange(side))
        if lattice.rules[axis] == "periodic":
            inside[:, 1:] += inside[:, :0:-1]
            number = np.full(side, sites)
        found.append((inside / number)[:, : side // 2 + 1].T)
    return np.concatenate(found)


def _estimates(
    moments: Array, lattice: Lattice, name: str, components: int, temperature: float
) -> dict[str, Array]:  # fmt: skip
    """Return the estimates of one condition, with errors: numbers, and correlations (distance,)."""

    def statistic(means: Array) -> dict[str, Array]:
        squared, fourth = means[:2]
        with np.errstate(divide="ignore", invalid="ignore"):
            binder = 1.0 - components * fourth / ((components + 2.0) * squared**2)
        return {
            f"{name}_squared": squared, f"{name}_fourth": fourth,
            "susceptibility": lattice.sites * squared / temperature, "binder_cumulant": binder,
        }  # fmt: skip

    found = jackknife(statistic, *group_sums(moments[:2]))
    pairs = jackknife(lambda means: {"pairs": means[0]}, *group_sums(moments[2:, None]))
    ends = np.cumsum([side // 2 + 1 for side in lattice.shape])[:-1]
    for key, values in pairs.items():
        for axis, part in zip("xyz", np.split(values, ends), strict=False):
            found[key.replace("pairs", f"correlation_{axis}")] = part
    return found
