"""Thermal averages of every condition, each with its error, from the recorded sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.statistics.fluctuations import Averaged, Events, Modulus, Quantity, thermodynamics
from spinlens.statistics.jackknife import group_sums, jackknife
from spinlens.statistics.recordings import Recordings, recordings
from spinlens.symmetries import code_group, vanishes

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


def observables(
    source: Any, *, model: Any = None, lattice: Any = None, temperature: Any = None, **controls: Any
) -> xr.Dataset:
    """Estimate the thermodynamics of every condition from its recorded sums.

    Parameters
    ----------
    source : ensemble or mapping of str to array, shape (..., chain, recording)
        The exact totals by their names, whole numbers; an ensemble needs nothing else. Arrays may be xarray's.
    model, lattice, temperature, **controls
        Of a mapping: the Hamiltonian, where the sums were taken, and the conditions, which broadcast against the axes
        before the chains. Coordinates of xarray's arrays do instead of temperature and controls.

    Returns
    -------
    xarray.Dataset
        Over the conditions; each of these, and beside it its standard error as ``NAME_error``, with e and m per site:

        - ``energy`` <e> and ``specific_heat`` N (<e^2> - <e>^2) / T^2
        - for each order parameter NAME of the model ``NAME`` <m> (of one component) and ``absolute_NAME`` <abs m>
        - of the model's first order parameter, which the attribute ``order_parameter`` names, ``susceptibility``
          N (<m^2> - <m>^2) / T, where <m> = 0 is used if a symmetry says so, ``susceptibility_absolute``
          N (<m^2> - <abs m>^2) / T, the one with a peak at zero field, and ``binder_cumulant``
          1 - d <m^4> / ((d + 2) <m^2>^2) for d components: 0 for Gaussian fluctuations, 2 / (d + 2) in full order
        - the same of further ones with NAME and an underscore before it
        - of angles ``helicity_modulus_x`` and so on, see `spinlens.models.Stiffness`
        - in imaginary time ``transverse_magnetization``, <sx>; there m is the average over imaginary time, the
          susceptibility Kubo's, and the specific heat has -<kinks> / N besides

        Order parameters whose sums were not recorded are left out. Each variable says what it is and in which units in
        its attributes ``long_name`` and ``units``, which xarray writes on the axes of plots.

        Errors are those of a jackknife over chains, or over blocks of time where there are fewer than 16
        chains; NaN where there is a single recording.

    Raises
    ------
    InputError
        If the shapes do not fit together, sums are no whole numbers, or one that the energy depends on is left out.

    Notes
    -----
    Works point by point of the other controls: memory stays at about a hundred bytes per recording of one of them.

    Examples
    --------
    >>> import numpy as np
    >>> from spinlens.lattices import Lattice
    >>> from spinlens.models import Ising
    >>> bond_sum = np.random.default_rng(1).choice([-8, 0, 8], size=(2, 64, 100))  # (temperature, chain, recording)
    >>> sums = {"bond_sum": bond_sum, "spin_sum": bond_sum // 2}
    >>> found = observables(sums, model=Ising(), lattice=Lattice((2, 2)), temperature=[2.0, 3.0], field=0.5)
    >>> dict(found.energy.sizes), found.attrs["order_parameter"], round(float(found.energy_error[0]), 3)
    ({'temperature': 2}, 'magnetization', 0.025)
    """
    import xarray as xr

    found = recordings(source, model=model, lattice=lattice, temperature=temperature, **controls)
    parts = [estimate_run(found, here, at) for here, at in found.runs()]
    values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return found.labelled(
        xr.Dataset(
            {name: (found.dimensions, array.reshape(found.shape)) for name, array in values.items()},
            coords=found.coordinates,
        )
    )


def estimate_run(found: Recordings, here: slice, controls: Mapping[str, float]) -> dict[str, Array]:
    """Return the observables (conditions,) of a stretch of conditions that differ in temperature alone."""
    sums = {name: np.asarray(values[here], dtype=np.float64) for name, values in found.sums.items()}
    t = found.temperature[here][:, None, None]
    energy = np.asarray(found.model.energy_total(found.lattice, sums, temperature=t, **controls)) / found.sites
    energy = np.broadcast_to(energy, next(iter(sums.values())).shape)
    wanted = averaged(found, controls)
    components = [quantity.values(sums, found.sites) for quantity in wanted]
    # Measured from the first recording, so that variances lose no digits and are exactly zero for a constant series.
    offsets = [energy[:, 0, 0], *(q.offset(v[:, :, 0, 0]) for q, v in zip(wanted, components, strict=True))]
    e = energy - offsets[0][:, None, None]
    rows = [e, e**2]
    for quantity, values, offset in zip(wanted, components, offsets[1:], strict=True):
        rows += quantity.row(values, offset[:, :, None, None])
    statistic = thermodynamics(wanted, offsets, found.temperature[here], found.sites)
    return jackknife(statistic, *group_sums(np.stack(rows, axis=1)))


def quantities(found: Recordings, controls: Mapping[str, float]) -> list[Quantity]:
    """Return the order parameters that were recorded, with what symmetry says of them at these controls."""
    group = code_group(found.model, found.lattice, **controls)
    tables = found.model.at(**controls).tables(found.lattice)
    return [
        Quantity(order, f"{order.name}_" if place else "", vanishes(order, tables, group))
        for place, order in found.order_parameters.items()
    ]


def averaged(found: Recordings, controls: Mapping[str, float]) -> list[Averaged]:
    """Return the order parameters, the moduli and the kinks that were recorded."""
    return [*quantities(found, controls), *map(Modulus, found.stiffnesses), *events(found, controls)]


def events(found: Recordings, controls: Mapping[str, float] | None) -> list[Events]:
    """Return the kinks that were recorded, with their strengths where the controls are known."""
    tables = found.model.tables(found.lattice)
    known = None if controls is None else found.model.strengths(found.lattice, **controls)
    return [
        Events(term, None if known is None else float(known[tables.names.index(term.name)]))
        for term in tables.kinks
        if term.name in found.sums
    ]
