"""Judge whether chains are in equilibrium, and how many independent recordings they hold."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.models.ising import Ising

Array = NDArray[np.float64]

LARGEST_R_HAT = 1.05
"""Chains whose spread exceeds the spread within them by more than this have not mixed."""

SMALLEST_EFFECTIVE_SAMPLE_SIZE = 100.0
"""Below this neither R-hat nor an error bar of the condition means much."""

FEWEST_RECORDINGS = 4
"""Shorter series cannot be split in halves with a variance each."""


@dataclass(frozen=True, slots=True)
class Equilibration:
    """The verdict per temperature; arrays of shape (temperature,).

    Attributes
    ----------
    r_hat : float64
        The larger of the R-hats of energy and magnetization: 1 when mixed, infinite when frozen apart, NaN
        when it cannot be known.
    effective_sample_size : float64
        The smaller of the two bulk effective sample sizes, over all chains together; NaN when it cannot be
        known.
    equilibrated : bool
        Whether r_hat < 1.05 and effective_sample_size >= 100; what cannot be known is not equilibrated.
    """

    r_hat: Array
    effective_sample_size: Array
    equilibrated: NDArray[np.bool_]


def equilibration(
    bond_sum: Any,
    spin_sum: Any,
    *,
    model: Ising,
    field: float,
    symmetric_at_zero: bool = True,
    bond_sum_x: Any = None,
    staggered_sum: Any = None,
) -> Equilibration:
    """Judge the chains of one field by rank-normalised split R-hat and bulk effective sample size.

    Parameters
    ----------
    bond_sum, spin_sum : array of int, shape (temperature, chain, recording)
        The recorded totals of one field.
    model : Ising
        The Hamiltonian.
    field : float
        h, in units of energy. At h = 0 the magnetization is taken without its sign, which the global flip
        makes trivial.
    symmetric_at_zero : bool
        Whether that flip is a symmetry; False where there are walls.
    bond_sum_x, staggered_sum : array of int, optional
        As the other sums: the bonds along x, where Jx and Jy differ, and (-1)^(x + y) s, judged too where it is given.

    Returns
    -------
    Equilibration
        One verdict per temperature, for the worst of energy, magnetization and staggered magnetization.

    Raises
    ------
    InputError
        If the two series are not of one shape with three dimensions.

    Notes
    -----
    A quantity that has one value throughout (the ground state at low temperature) counts as mixed: R-hat 1
    and every recording effective. Constant within each chain but different between chains is frozen: R-hat
    infinite. With one chain, or fewer than four recordings, R-hat cannot be known: NaN, and not equilibrated.
    No such diagnosis can see a state that no chain has visited.
    R-hat scatters by about 2 / (recordings sqrt(chains)): with 64 chains take 16 recordings or more, or sound
    chains will be flagged now and then.

    References
    ----------
    A. Vehtari et al., Bayesian Anal. 16, 667 (2021), doi:10.1214/20-BA1221.
    """
    bonds, spins = np.asarray(bond_sum), np.asarray(spin_sum)
    if bonds.ndim != 3 or bonds.shape != spins.shape:
        shapes = (bonds.shape, spins.shape)
        raise InputError("bond_sum.shape, spin_sum.shape", shapes, "both must be (temperature, chain, recording)")
    along_x, staggered = (
        None if sums is None else np.asarray(sums, dtype=float) for sums in (bond_sum_x, staggered_sum)
    )
    energy = model.energy_total(
        bonds.astype(float), spins.astype(float), field, bond_sum_x=along_x, staggered_sum=staggered
    )
    symmetric = field == 0 and symmetric_at_zero
    quantities = [np.asarray(energy), (np.abs(spins) if symmetric else spins).astype(float)]
    if staggered is not None:
        # In a uniform field either sublattice may be the one that is up.
        quantities.append(staggered if model.staggered and field != 0 else np.abs(staggered))
    verdicts = [_diagnose(series) for series in quantities]
    # np.maximum and np.minimum keep a NaN: what is unknown for one quantity is unknown.
    r_hat = np.maximum.reduce([verdict[0] for verdict in verdicts])
    size = np.minimum.reduce([verdict[1] for verdict in verdicts])
    return Equilibration(r_hat, size, (r_hat < LARGEST_R_HAT) & (size >= SMALLEST_EFFECTIVE_SAMPLE_SIZE))


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
