"""Latent maps: what the network sees at each condition, beside the thermodynamics of the same chains."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.phases.components import Components, orient_deviations, orient_mean, principal_components
from spinlens.phases.drawn import LatentMaps
from spinlens.phases.known import grid_points, known_of
from spinlens.phases.learned_order import learned_order
from spinlens.phases.naming import component_correlations
from spinlens.progress import progress_bar
from spinlens.symmetries import code_group, may_break, reverses

if TYPE_CHECKING:
    from spinlens.ensemble import Ensemble

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
    "nu_1": "second principal component of the latent means",
    "tau_0": "first principal component of the latent standard deviations",
    "tau_1": "second principal component of the latent standard deviations",
}


class Encoding(Protocol):
    """What an encoder returns: two float32 arrays of shape (controls, temperature, chain, draw, latent)."""

    @property
    def mean(self) -> NDArray[np.floating]:
        """Latent means."""

    @property
    def deviation(self) -> NDArray[np.floating]:
        """Latent standard deviations."""


class Encoder(Protocol):
    """A trained network, as far as this room knows it."""

    def encode(self, ensemble: Any, /, *, chain: slice, turned: NDArray[np.int64] | None = None) -> Encoding:
        """Return the latent coordinates of every configuration, as it is or under a permutation of its codes."""


def latent_maps(
    vae: Encoder,
    ensemble: Ensemble,
    *,
    chain: slice = slice(None),
    deviations_of: str = "conditions",
    progress: bool = True,
) -> LatentMaps:
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
    LatentMaps
        A dataset, which ``maps.plot()`` draws. Over (controls, temperature): ``nu_0``, ``nu_1``, ``tau_0``, ``tau_1``
        (means over the condition), each with ``NAME_spread`` (standard deviation over its configurations) and
        ``NAME_chain`` (the mean of each chain); the observables of the ensemble with ``NAME_error``; ``equilibrated``
        and the other diagnostics. Over (controls, temperature, chain): means of e, e^2, and m, m^2 and abs(m) of the
        model's first order parameter (of the magnetization, too, where there are spins) per site, of
        ``conjugate_CONTROL`` (what a control couples to) and of ``learned_order`` (see
        `spinlens.phases.learned_order`), from which the fluctuation ridges are resampled. Over controls: ``symmetric``,
        whether there is a symmetry that order breaks, and ``order_excluded``, whether a theorem forbids order. Over
        component: ``nu_explained_variance_ratio`` and ``tau_explained_variance_ratio``, with the directions beside
        them. All values are per site. The attribute ``correlations`` is JSON: of each component its correlation with
        the model's own observables, see `spinlens.phases.naming`.

    Raises
    ------
    InputError
        If the network has fewer than two latents, no chain is chosen, the encoding has another shape, or
        ``deviations_of`` is unknown.

    Notes
    -----
    The signs are fixed: nu_0 correlates positively with the order parameter (the length of one of several components),
    tau_0 is larger in the paramagnet, and the ridge of tau_1 is a maximum; see `orient_mean` and `orient_deviations`.
    The deviations are those of s and of its reverse averaged, where such a reversal only changes the sign of a field:
    whatever differs between the two is the network's own. Principal components as in
    Walker, Tam and Jarrell, Sci. Rep. 10, 13047 (2020), https://doi.org/10.1038/s41598-020-69848-5.
    """
    if deviations_of not in DEVIATIONS_OF:
        raise InputError("deviations_of", deviations_of, "is unknown", did_you_mean(str(deviations_of), DEVIATIONS_OF))
    if isinstance(ensemble, np.ndarray):
        why = "does not say at which conditions its configurations were sampled, and maps are over conditions"
        raise InputError("ensemble", f"array of shape {ensemble.shape}", why, "Take an ensemble, or average vae.encode")
    chains = np.arange(ensemble.sizes["chain"])[chain]
    if chains.size == 0:
        raise InputError("chain", chain, f"selects none of the {ensemble.sizes['chain']} chains")
    with progress_bar("analyse", show=progress) as report:
        report(0.0, "encode")
        encoding = vae.encode(ensemble, chain=chain)
        report(0.3, "encode the reversed configurations")
        turned = _reversal(ensemble)
        mirrored = encoding if turned is None else vae.encode(ensemble, chain=chain, turned=turned)
        mean, deviation, other = (
            _checked(name, getattr(latents, name), ensemble, len(chains))
            for latents, name in ((encoding, "mean"), (encoding, "deviation"), (mirrored, "deviation"))
        )
        deviation = 0.5 * (deviation + other)
        report(0.6, "principal components")
        projected, nu, tau = _project(mean, deviation, ensemble, chain, deviations_of)
        report(0.9, "observables")
        grid = tuple(ensemble.grid)
        symmetric, (excluded, theorem) = _symmetric(ensemble), _order_excluded(ensemble)
        observed = _thermodynamics(ensemble)
        parts = [
            _reduce(projected, grid),
            _shares(nu, "nu"),
            _shares(tau, "tau"),
            observed,
            learned_order(nu, mean, symmetric, grid, components=_components_of_order(ensemble)),
            xr.Dataset({"symmetric": symmetric, "order_excluded": excluded}),
        ]
        maps = xr.merge([*parts, _chain_moments(ensemble, chain)], compat="override", join="override")
        correlations = component_correlations(projected, ensemble, observed, chain)
        report(1.0, "")
    maps = maps.assign_coords({**ensemble.grid, "chain": chains})
    for name, units in UNITS.items():
        if name in maps:
            maps[name].attrs["units"] = units
    attributes = _provenance(vae, ensemble) | {"correlations": json.dumps(correlations), "theorem": theorem}
    maps = maps.assign_attrs(attributes, deviations_of=deviations_of)
    return LatentMaps(maps.data_vars, coords=maps.coords, attrs=maps.attrs)


def _symmetric(ensemble: Ensemble) -> xr.DataArray:
    """Return whether the model's first order parameter averages to zero by symmetry, bool (controls,)."""
    model, lattice = ensemble.model, ensemble.lattice
    orders = model.order_parameters(lattice)[:1]
    return _over_controls(
        ensemble,
        [any(may_break(order, model, lattice, **point) for order in orders) for point in grid_points(ensemble)],
    )


def _components_of_order(ensemble: Ensemble) -> int:
    """Return how many numbers the model's first order parameter is."""
    orders = ensemble.model.order_parameters(ensemble.lattice)
    return orders[0].components if orders else 1


def _reversal(ensemble: Ensemble) -> NDArray[np.int64] | None:
    """Return the permutation of codes that only changes the signs of controls; None where there is none."""
    turn, model = ensemble.model.space.turn, ensemble.model
    if turn is None:
        return None
    group = code_group(model, ensemble.lattice, **dict.fromkeys(model.controls, 0.0))
    return np.asarray(turn) if (group == turn).all(axis=1).any() else None


def _checked(name: str, latent: NDArray[np.floating], ensemble: Ensemble, chains: int) -> NDArray[np.floating]:
    latent = np.asarray(latent)
    sizes = ensemble.sizes
    expected = (*(sizes[name] for name in ensemble.grid), chains, sizes["draw"])
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
    """Return nu_0, nu_1, tau_0, tau_1 of every configuration and the components they come from."""
    nu = principal_components(mean)
    if deviations_of == "conditions":
        spread = deviation.std(axis=tuple(range(deviation.ndim - 1)), dtype=np.float64)
        deviation = deviation / np.where(spread > 0, spread, 1.0).astype(deviation.dtype)
    averaged = deviation.mean(axis=(-3, -2), dtype=np.float64)
    tau = principal_components(averaged if deviations_of == "conditions" else deviation)
    if ensemble.model.order_parameters(ensemble.lattice):
        nu = orient_mean(nu, nu.project(mean, 0), np.asarray(ensemble.order_parameter)[..., chain, :])
    points = grid_points(ensemble)
    tau_0, tau_1 = (tau.project(averaged, part).reshape(len(points), -1) for part in (0, 1))
    tau = orient_deviations(tau, tau_0, tau_1, np.array([sum(map(abs, point.values())) for point in points]))
    projected = {f"nu_{component}": nu.project(mean, component) for component in (0, 1)}
    projected |= {f"tau_{component}": tau.project(deviation, component) for component in (0, 1)}
    return projected, nu, tau


def _reduce(projected: dict[str, NDArray[np.float64]], grid: tuple[str, ...]) -> xr.Dataset:
    maps = xr.Dataset()
    for name, values in projected.items():
        attributes = {"long_name": LABELS[name], "units": "dimensionless"}
        maps[name] = xr.Variable(grid, values.mean(axis=(-2, -1)), attributes)
        maps[f"{name}_spread"] = xr.Variable(grid, values.std(axis=(-2, -1)), attributes)
        maps[f"{name}_chain"] = xr.Variable((*grid, "chain"), values.mean(axis=-1), attributes)
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
    """Return per-chain means of e, e^2, and of m, m^2 and abs(m) of order parameters, per site, over the series.

    Of what a control couples to, too: the derivative of T ln Z by it. Where it is the strength of events, they are
    counted in ``conjugate_CONTROL_counted``, by which the variance is larger than the response.
    """
    lattice, series, grid = ensemble.lattice, ensemble.series, tuple(ensemble.grid)
    sites, moments = lattice.sites, dict[str, list[Any]]()
    lengths = tuple(map(len, ensemble.grid.values()))
    flat = {name: series[name].values.reshape(-1, *series[name].shape[len(grid) - 1 :]) for name in map(str, series)}
    orders, tables = ensemble.model.order_parameters(lattice), ensemble.model.tables(lattice)
    names, events = tables.names, [term.name for term in tables.kinks if term.name in series]
    for index, point in enumerate(grid_points(ensemble)):
        sums = {name: values[index][:, chain].astype(np.float64) for name, values in flat.items()}
        temperature = ensemble.temperature[:, None, None]
        strengths = dict(zip(names, ensemble.model.strengths(lattice, **point), strict=True))
        found = {"energy": ensemble.model.energy_total(lattice, sums, temperature=temperature, **point) / sites}
        if "spin_sum" in sums:
            found["magnetization"] = sums["spin_sum"] / sites
        for order in orders[:1]:
            values = order.values(sums, sites)
            found[order.name] = values[..., 0] if order.components == 1 else np.linalg.norm(values, axis=-1)
        signed = set(found) - {"energy"}
        counted: dict[str, Any] = {}
        for name, each in _conjugate(ensemble, point).items():
            # Of events K is ln(strength / T): it grows by d / strength, and its second derivative is minus the square.
            rates = {s: temperature / strengths[s] if s in events else 1.0 for s in each}
            found[f"conjugate_{name}"] = sum(d * rates[s] * sums[s] for s, d in each.items()) / sites
            counted |= {f"conjugate_{name}_counted": temperature * (d / strengths[s]) ** 2 * sums[s] / sites
                        for s, d in each.items() if s in events}  # fmt: skip
        counted |= {name: sums[name] / sites for name in events}
        for name, value in counted.items():
            moments.setdefault(name, []).append(value.mean(axis=-1))
        for name, value in found.items():
            wanted = {name: value, f"{name}_square": value**2}
            wanted |= {f"absolute_{name}": np.abs(value)} if name in signed else {}
            for word, each in wanted.items():
                moments.setdefault(word, []).append(each.mean(axis=-1))
    shaped = {f"{name}_chain": np.stack(each).reshape(*lengths, -1) for name, each in moments.items()}
    dataset = xr.Dataset({name: ((*grid, "chain"), each) for name, each in shaped.items()})
    return dataset.assign_attrs(sites=sites)


def _conjugate(ensemble: Ensemble, point: dict[str, float]) -> dict[str, dict[str, float]]:
    """Return by how much each recorded sum lowers the energy more where a control grows by one, by the controls."""
    model, lattice = ensemble.model, ensemble.lattice
    names, here, found = model.tables(lattice).names, model.strengths(lattice, **point), dict[str, dict[str, float]]()
    for control in point:
        if control != model.quenched:
            more = model.strengths(lattice, **{**point, control: point[control] + 1.0}) - here
            changed = {name: float(d) for name, d in zip(names, more, strict=True) if d and name in ensemble.series}
            found |= {control: changed} if changed else {}
    return found


def _provenance(vae: Encoder, ensemble: Ensemble) -> dict[str, Any]:
    configuration = dict(getattr(vae, "configuration", {}))
    orders = ensemble.model.order_parameters(ensemble.lattice)
    return {
        "order_parameter": orders[0].name if orders else "",
        "order_components": orders[0].components if orders else 0,
        "sites": ensemble.lattice.sites,
        "shape": list(ensemble.lattice.shape),
        **known_of(ensemble),
        "model": ensemble.model.text,
        "quenched": ensemble.model.quenched or "",
        "mirrored": [name for name in ensemble.grid if name != "temperature" and _mirrored(ensemble, name)],
        "imaginary_time": ensemble.model.imaginary_time,
        "events": [term.name for term in ensemble.model.tables(ensemble.lattice).kinks],
        "torus": ensemble.lattice.torus,
        "estimator": str(getattr(vae, "estimator", "not stated")),
        "ensemble_fingerprint": ensemble.fingerprint,
        "ensemble_configuration": json.dumps(dict(ensemble.configuration), sort_keys=True, default=str),
        "network_configuration": json.dumps(configuration, sort_keys=True, default=str),
    }


def _mirrored(ensemble: Ensemble, control: str) -> bool:
    """Return whether opposite values of a control are one condition seen in a mirror, at zero of all others."""
    zeros = {name: 0.0 for name in ensemble.model.controls if name not in (control, ensemble.model.quenched)}
    fixed = {name: float(values[0]) for name, values in ensemble.grid.items() if name in zeros and len(values) == 1}
    return reverses(ensemble.model, ensemble.lattice, control, **{**zeros, **fixed})


def _order_excluded(ensemble: Ensemble) -> tuple[xr.DataArray, str]:
    """Return where a theorem says that there is no order, bool (controls,), and which it is."""
    reasons = [ensemble.model.order_excluded(ensemble.lattice, **point) for point in grid_points(ensemble)]
    return _over_controls(ensemble, [bool(reason) for reason in reasons]), next(filter(None, reasons), "")


def _over_controls(ensemble: Ensemble, values: list[bool]) -> xr.DataArray:
    """Return one value for each point of the controls, (controls,)."""
    controls = {name: points for name, points in ensemble.grid.items() if name != "temperature"}
    return xr.DataArray(np.array(values).reshape([len(each) for each in controls.values()]), dims=tuple(controls))
