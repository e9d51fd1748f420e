"""R-hat and effective sample size: whether chains have mixed within the window in which they were recorded.

Every ensemble stores them. Whether chains are in equilibrium is another question, see `spinlens.sampling.convergence`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model, Sites
from spinlens.symmetries import code_group, vanishes

Array = NDArray[np.float64]

LARGEST_R_HAT = 1.05
"""Chains whose spread exceeds the spread within them by more than this have not mixed."""

SMALLEST_EFFECTIVE_SAMPLE_SIZE = 100.0
"""Below this neither R-hat nor an error bar of the condition means much."""

FEWEST_RECORDINGS = 4
"""Shorter series cannot be split in halves with a variance each."""


@dataclass(frozen=True, slots=True)
class Mixing:
    """The verdict per temperature; arrays of shape (temperature,).

    Attributes
    ----------
    r_hat : float64
        The largest of the R-hats of energy and order parameters: 1 when mixed, infinite when frozen apart, NaN
        when it cannot be known.
    effective_sample_size : float64
        The smallest of their bulk effective sample sizes, over all chains together; NaN when it cannot be
        known.
    mixed : bool
        Whether r_hat < 1.05 and effective_sample_size >= 100; what cannot be known is not mixed.
    """

    r_hat: Array
    effective_sample_size: Array
    mixed: NDArray[np.bool_]


def mixing(
    sums: Mapping[str, Any], *, model: Model, lattice: Lattice, temperature: Any = None, **controls: float
) -> Mixing:
    """Compare the chains of one point of the grid by rank-normalised split R-hat and bulk effective sample size.

    Parameters
    ----------
    sums : mapping of str to array of int, shape (temperature, chain, recording)
        The recorded totals by their terms' names.
    model : Model
        The Hamiltonian.
    lattice : Lattice
        Where the sums were taken.
    temperature : array, shape (temperature,), optional
        T; needed where events are counted, see `spinlens.models.Model.energy_total`.
    **controls : float
        The point.

    Returns
    -------
    Mixing
        One verdict per temperature, for the worst of `quantities`.

    Raises
    ------
    InputError
        If the series are not of one shape with three dimensions.

    Notes
    -----
    A quantity that has one value throughout (the ground state at low temperature) counts as mixed: R-hat 1
    and every recording effective. Constant within each chain but different between chains is frozen: R-hat
    infinite. With one chain, or fewer than four recordings, R-hat cannot be known: NaN, and not mixed.
    In a window of a few autocorrelation times R-hat is large for independent chains in perfect equilibrium.

    References
    ----------
    A. Vehtari et al., Bayesian Anal. 16, 667 (2021), doi:10.1214/20-BA1221.
    """
    verdicts = [
        _diagnose(values)
        for values in quantities(sums, model=model, lattice=lattice, temperature=temperature, **controls)
    ]
    # np.maximum and np.minimum keep a NaN: what is unknown for one quantity is unknown.
    r_hat = np.maximum.reduce([verdict[0] for verdict in verdicts])
    size = np.minimum.reduce([verdict[1] for verdict in verdicts])
    return Mixing(r_hat, size, (r_hat < LARGEST_R_HAT) & (size >= SMALLEST_EFFECTIVE_SAMPLE_SIZE))


def quantities(
    sums: Mapping[str, Any], *, model: Model, lattice: Lattice, temperature: Any = None, **controls: float
) -> list[Array]:
    """Return what chains are judged by, the energy and the order parameters, each (temperature, chain, recording).

    An order parameter whose average a symmetry makes zero, or whose sign nothing chooses (a staggered magnetization
    without a staggered field), is judged by its size.

    Raises
    ------
    InputError
        If the series are not of one shape with three dimensions.
    """
    series = {name: np.asarray(values, dtype=np.float64) for name, values in sums.items()}
    shapes = sorted({values.shape for values in series.values()})
    if len(shapes) != 1 or len(shapes[0]) != 3:
        raise InputError("sums.shape", shapes, "all must be (temperature, chain, recording)")
    t = None if temperature is None else np.asarray(temperature, dtype=np.float64)[:, None, None]
    energy = np.asarray(model.energy_total(lattice, series, temperature=t, **controls), dtype=np.float64)
    return [np.broadcast_to(energy, shapes[0]).copy(), *_ordered(series, model, lattice, controls)]


def _ordered(
    series: Mapping[str, Array], model: Model, lattice: Lattice, controls: Mapping[str, float]
) -> Iterator[Array]:
    """Yield the order parameters, or their sizes, (temperature, chain, recording)."""
    tables, group = model.tables(lattice), code_group(model, lattice, **controls)
    strengths = dict(zip(tables.names, model.strengths(lattice, **model.values_of_controls(controls)), strict=True))
    patterned = {term.name for term in tables.terms if isinstance(term, Sites) and term.pattern is not None}
    for order in model.order_parameters(lattice):
        if not all(name in series for name in order.series):
            continue
        unchosen = set(order.series) <= patterned and not any(strengths[name] for name in order.series)
        values = order.values(series, lattice.sites)
        if order.components > 1 or unchosen or vanishes(order, tables, group):
            yield np.linalg.norm(values, axis=-1)
        else:
            yield values[..., 0]


def _diagnose(series: Array) -> tuple[Array, Array]:
    """Return R-hat and effective sample size of one quantity, each of shape (temperature,)."""
    temperatures, chains, recordings = series.shape
    r_hat, size = np.full(temperatures, np.nan), np.full(temperatures, np.nan)
    if recordings < FEWEST_RECORDINGS or temperatures == 0 or chains == 0:
        return r_hat, size
    # It takes over a second to import, and most users of this package never diagnose anything.
    array_stats: Any = import_module("arviz_stats.base").array_stats
    axes = {"chain_axis": 1, "draw_axis": 2}
    # Frozen chains divide by a variance of zero: the infinity is the right answer.
    with np.errstate(divide="ignore", invalid="ignore"):
        size[:] = array_stats.ess(series, method="bulk", **axes)
        if chains > 1:
            r_hat[:] = array_stats.rhat(series, method="rank", **axes)
    constant = np.ptp(series, axis=(1, 2)) == 0
    frozen = ~constant & np.all(np.ptp(series, axis=2) == 0, axis=1)
    if chains > 1:
        r_hat[constant], r_hat[frozen] = 1.0, np.inf
    size[constant] = chains * recordings
    # Every frozen chain is one recording, however often it was written down.
    size[frozen] = chains
    return r_hat, size
