"""Latent maps: what the network sees at each condition, beside the thermodynamics of the same chains."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.exact import critical_temperature
from spinlens.phases.components import Components, orient_deviations, orient_mean, principal_components
from spinlens.progress import progress_bar

if TYPE_CHECKING:
    from spinlens.ensemble import Ensemble

GRID = ("field", "temperature")
DEVIATIONS_OF = ("conditions", "configurations")
UNITS = {
    "field": "J",
    "temperature": "J / k_B",
    "magnetization": "per site",
    "absolute_magnetization": "per site",
    "energy": "J per site",
    "specific_heat": "k_B per site",
    "susceptibility": "1 / J per site",
    "susceptibility_absolute": "1 / J per site",
}
LABELS = {
    "nu_0": "first principal component of the latent means",
    "tau_0": "first principal component of the latent standard deviations",
    "tau_1": "second principal component of the latent standard deviations",
}


class Encoding(Protocol):
    """What an encoder returns: two float32 arrays of shape (field, temperature, chain, draw, latent)."""

    @property
    def mean(self) -> NDArray[np.floating]:
        """Latent means."""

    @property
    def deviation(self) -> NDArray[np.floating]:
        """Latent standard deviations."""


class Encoder(Protocol):
    """A trained network, as far as this room knows it."""

    def encode(self, ensemble: Any, /, *, chain: slice, flipped: bool = False) -> Encoding:
        """Return the latent coordinates of every configuration s, or of -s."""


def latent_maps(
    vae: Encoder,
    ensemble: Ensemble,
    *,
    chain: slice = slice(None),
    deviations_of: str = "conditions",
    progress: bool = True,
) -> xr.Dataset:
    """Average the principal latent components over each condition.

    Parameters
    ----------
    vae : Encoder
        A trained network, for example a `TCVAE`.
    ensemble : Ensemble
        The configurations to look at.
    chain : slice
        Which chains to look at; all by default.
    deviations_of : {"conditions", "configurations"}
        Whether tau_0 and tau_1 are the principal components of the latent deviations averaged over each
        condition, in units of their spread over all configurations, or those of every configuration as they
        are. In the latter the noise of the latents that the network does not use, alike at every condition, can
        outweigh the second component.
    progress : bool
        False for silence.

    Returns
    -------
    xarray.Dataset
        Over (field, temperature): ``nu_0``, ``tau_0``, ``tau_1`` (means over the condition), each with
        ``NAME_spread`` (standard deviation over its configurations) and ``NAME_chain`` (the mean of each
        chain); the observables of the ensemble with ``NAME_error``; ``equilibrated`` and the other
        diagnostics. Over (field, temperature, chain): means of e, e^2, m, m^2 and abs(m) per site, from
        which the fluctuation ridges are resampled. Over component: ``nu_explained_variance_ratio`` and
        ``tau_explained_variance_ratio``, with the directions beside them. All values are per site.

    Raises
    ------
    InputError
        If the network has fewer than two latents, no chain is chosen, the encoding has another shape, or
        ``deviations_of`` is unknown.

    Notes
    -----
    The signs are fixed: nu_0 correlates positively with m, tau_0 is larger in the paramagnet, and the
    ridge of tau_1 is a maximum; see `orient_mean` and `orient_deviations`. The deviations are those of s
    and -s averaged: a spin flip changes the sign of the field and nothing else, so whatever differs between
    the two is the network's own. Principal components as in
    Walker, Tam and Jarrell, Sci. Rep. 10, 13047 (2020), https://doi.org/10.1038/s41598-020-69848-5.
    """
    if deviations_of not in DEVIATIONS_OF:
        raise InputError("deviations_of", deviations_of, "is unknown", did_you_mean(str(deviations_of), DEVIATIONS_OF))
    if tuple(ensemble.grid) != GRID or "spin_sum" not in ensemble.plan.series:
        why = "latent maps are over field and temperature of a model of spins"
        raise InputError("ensemble", f"{ensemble.model.text} over {', '.join(ensemble.grid)}", why)
    chains = np.arange(ensemble.sizes["chain"])[chain]
    if chains.size == 0:
        raise InputError("chain", chain, f"selects none of the {ensemble.sizes['chain']} chains")
    with progress_bar("analyse", show=progress) as report:
        report(0.0, "encode")
        encoding = vae.encode(ensemble, chain=chain)
        report(0.3, "encode the flipped spins")
        # Between walls the reversed spins are another system.
        mirrored = encoding if ensemble.lattice.walled else vae.encode(ensemble, chain=chain, flipped=True)
        mean, deviation, other = (
            _checked(name, getattr(latents, name), ensemble, len(chains))
            for latents, name in ((encoding, "mean"), (encoding, "deviation"), (mirrored, "deviation"))
        )
        deviation = 0.5 * (deviation + other)
        report(0.6, "principal components")
        projected, nu, tau = _project(mean, deviation, ensemble, chain, deviations_of)
        report(0.9, "observables")
        parts = [_reduce(projected), _shares(nu, "nu"), _shares(tau, "tau"), _thermodynamics(ensemble)]
        maps = xr.merge([*parts, _chain_moments(ensemble, chain)], compat="override", join="override")
        report(1.0, "")
    maps = maps.assign_coords(field=ensemble.grid["field"], temperature=ensemble.temperature, chain=chains)
    for name, units in UNITS.items():
        if name in maps:
            maps[name].attrs["units"] = units
    return maps.assign_attrs(_provenance(vae, ensemble), deviations_of=deviations_of)


def _checked(name: str, latent: NDArray[np.floating], ensemble: Ensemble, chains: int) -> NDArray[np.floating]:
    latent = np.asarray(latent)
    sizes = ensemble.sizes
    expected = (sizes["field"], sizes["temperature"], chains, sizes["draw"])
    if latent.shape[:-1] != expected:
        raise InputError(f"shape of the latent {name}", latent.shape, f"must start with {expected}")
    if latent.shape[-1] < 2:
        raise InputError("latent", latent.shape[-1], "tau_1 is the second component, so it takes two latents")
    return latent


def _project(
    mean: NDArray[np.floating],
    deviation: NDArray[np.floating],
    ensemble: Ensemble,
    chain: slice,
    deviations_of: str,
) -> tuple[dict[str, NDArray[np.float64]], Components, Components]:
    """Return nu_0, tau_0, tau_1 of every configuration and the components they come from."""
    nu = principal_components(mean)
    if deviations_of == "conditions":
        spread = deviation.std(axis=(0, 1, 2, 3), dtype=np.float64)
        deviation = deviation / np.where(spread > 0, spread, 1.0).astype(deviation.dtype)
    averaged = deviation.mean(axis=(2, 3), dtype=np.float64)
    tau = principal_components(averaged if deviations_of == "conditions" else deviation)
    magnetization = np.asarray(ensemble.magnetization)[:, :, chain]
    nu = orient_mean(nu, nu.project(mean, 0), magnetization)
    tau_0, tau_1 = (tau.project(averaged, component) for component in (0, 1))
    tau = orient_deviations(tau, tau_0, tau_1, ensemble.grid["field"])
    projected = {"nu_0": nu.project(mean, 0)}
    projected |= {f"tau_{component}": tau.project(deviation, component) for component in (0, 1)}
    return projected, nu, tau


def _reduce(projected: dict[str, NDArray[np.float64]]) -> xr.Dataset:
    maps = xr.Dataset()
    for name, values in projected.items():
        attributes = {"long_name": LABELS[name], "units": "dimensionless"}
        maps[name] = xr.Variable(GRID, values.mean(axis=(2, 3)), attributes)
        maps[f"{name}_spread"] = xr.Variable(GRID, values.std(axis=(2, 3)), attributes)
        maps[f"{name}_chain"] = xr.Variable((*GRID, "chain"), values.mean(axis=3), attributes)
    return maps


def _shares(components: Components, symbol: str) -> xr.Dataset:
    return xr.Dataset(
        {
            f"{symbol}_explained_variance_ratio": ("component", components.shares),
            f"{symbol}_direction": (("component", "latent"), components.directions),
            f"{symbol}_mean": ("latent", components.mean),
        }
    )


def _thermodynamics(ensemble: Ensemble) -> xr.Dataset:
    tables = [ensemble.observables(), ensemble.diagnostics]
    return xr.merge([table.reset_coords(drop=True) for table in tables], compat="override", join="override")


def _chain_moments(ensemble: Ensemble, chain: slice) -> xr.Dataset:
    """Return per-chain means of e, e^2, m, m^2 and abs(m), per site, over the recorded series."""
    lattice, series = ensemble.lattice, ensemble.series
    sites = lattice.sites
    names = ("energy", "energy_square", "magnetization", "magnetization_square", "absolute_magnetization")
    moments: dict[str, list[Any]] = {name: [] for name in names}
    for index, field in enumerate(ensemble.grid["field"].tolist()):
        sums = {str(name): series[name].values[index][:, chain].astype(np.float64) for name in series}
        energy = ensemble.model.energy_total(lattice, sums, field=field) / sites
        magnetization = sums["spin_sum"] / sites
        values = (energy, energy**2, magnetization, magnetization**2, np.abs(magnetization))
        for name, value in zip(names, values, strict=True):
            moments[name].append(value.mean(axis=-1))
    dataset = xr.Dataset({f"{name}_chain": ((*GRID, "chain"), np.stack(moments[name])) for name in names})
    return dataset.assign_attrs(sites=sites)


def _provenance(vae: Encoder, ensemble: Ensemble) -> dict[str, Any]:
    configuration = dict(getattr(vae, "configuration", {}))
    return {
        "sites": ensemble.lattice.sites,
        "shape": list(ensemble.lattice.shape),
        "critical_temperature": critical_temperature(ensemble.model, ensemble.lattice) or float("nan"),
        "coupling": _single_coupling(ensemble),
        "torus": ensemble.lattice.torus,
        "estimator": str(getattr(vae, "estimator", "not stated")),
        "ensemble_fingerprint": ensemble.fingerprint,
        "ensemble_configuration": json.dumps(dict(ensemble.configuration), sort_keys=True, default=str),
        "network_configuration": json.dumps(configuration, sort_keys=True, default=str),
    }


def _single_coupling(ensemble: Ensemble) -> float:
    """Return J where there is one coupling, else not a number: the exact lines in a field are known for one."""
    coupling = getattr(ensemble.model, "coupling", None)
    return float(coupling) if isinstance(coupling, float) and ensemble.lattice.kind == "square" else float("nan")
