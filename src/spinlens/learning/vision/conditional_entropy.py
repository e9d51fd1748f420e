"""The exact floor of a prediction of single hidden spins: the heat-bath entropy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model

CHUNK = 256


def log_odds(
    model: Model, lattice: Lattice, spins: np.ndarray, *, temperature: np.ndarray, controls: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the log odds of up of each spin given all others, float64 (n, *shape).

    Parameters
    ----------
    model : Model
        The Hamiltonian, of two states.
    lattice : Lattice
        Shape, kind and boundary.
    spins : array, (n, *shape)
        Spins +-1.
    temperature : array, (n,)
        Of each configuration.
    controls : mapping of str to array, (n,)
        The same of the other controls.
    """
    if model.space.states != 2:
        raise InputError("model", model.text, f"has {model.space.states} states; the networks read spins of two")
    if model.imaginary_time:
        why = "has slices of imaginary time, in which a hidden spin also depends on what its neighbours were before"
        raise InputError("model", model.text, why, "Take a classical model")
    table = lattice.neighbours
    codes = (spins.reshape(len(spins), -1) > 0).astype(np.int64)
    felt = np.zeros(codes.shape)
    rows = np.column_stack([temperature, *controls.values()])
    for row in np.unique(rows, axis=0):
        here = np.flatnonzero((rows == row).all(axis=1))
        there = dict(zip(controls, row[1:].tolist(), strict=True))
        tables, strengths = model.at(**there).tables(lattice), model.strengths(lattice, **there)
        (bonds, bond), (sites, site) = tables.bond_weights(strengths), tables.site_weights(strengths)
        part, own = codes[here], np.zeros((len(here), lattice.sites))
        # What a bond adds to up over down of either end, given the code of the other.
        forward, back = bonds[:, 1, :] - bonds[:, 0, :], bonds[:, :, 1] - bonds[:, :, 0]
        for direction in range(lattice.directions):
            # Within a direction no two bonds begin, and no two end, at the same site.
            along = table.direction == direction
            first, second, which = table.first[along], table.second[along], bond[along]
            own[:, first] += forward[which, part[:, second]]
            own[:, second] += back[which, part[:, first]]
        felt[here] = (own + (sites[:, 1] - sites[:, 0])[site]) / row[0]
    return felt.reshape(spins.shape)


def single_spin_entropy(
    images: Any,
    *,
    model: Model | None = None,
    lattice: Lattice | None = None,
    temperature: Any = None,
    **controls: Any,
) -> np.ndarray:
    """Return the entropy of a hidden spin given all others, averaged over the sites, in nats, float64 (n,).

    Given its neighbours a spin is up with probability p = 1 / (1 + exp(-x)), where x are its log odds, and nothing else
    in the configuration tells more. Averaged over configurations in equilibrium, the binary entropy of p
    is the least loss that any prediction of single hidden spins can have, even one that knows T.

    Parameters
    ----------
    images : Ensemble or array, (n, Lx, Ly)
        Configurations; with an ensemble nothing else is needed, and the draws come in the order (controls,
        temperature, chain, draw).
    model, lattice
        Hamiltonian and boundary of an array.
    temperature, **controls : float or array, (n,)
        Of each configuration of an array; controls left out have the model's default.

    Raises
    ------
    InputError
        If an array comes without its model, lattice and temperature, or has other sides.
    """
    if not isinstance(images, np.ndarray) and hasattr(images, "packed"):
        model, lattice = images.model, images.lattice
        spins = images.spins().values.reshape(-1, *lattice.shape)
        controls = conditions_of(images.grid, len(spins))
        temperature = controls.pop("temperature")
    else:
        spins = np.asarray(images)
    for name, value in (("model", model), ("lattice", lattice), ("temperature", temperature)):
        if value is None:
            raise InputError(name, None, "an array of spins does not say it", f"Pass {name}=")
    assert model is not None
    assert lattice is not None
    if spins.ndim != 3 or spins.shape[1:] != lattice.shape:
        raise InputError("images", f"shape {spins.shape}", f"must be (n, {lattice.shape[0]}, {lattice.shape[1]})")
    temperatures = _one_each("temperature", temperature, len(spins))
    if not np.all(temperatures > 0):
        raise InputError("temperature", float(temperatures.min()), "must be > 0 (k_B = 1, units of |J|)")
    values = {name: _one_each(name, value, len(spins)) for name, value in model.values_of_controls(controls).items()}
    parts = []
    for start in range(0, len(spins), CHUNK):
        part = slice(start, start + CHUNK)
        here = {name: value[part] for name, value in values.items()}
        each = site_entropy(model, lattice, spins[part], temperature=temperatures[part], controls=here)
        parts.append(each.mean((1, 2)))
    return np.concatenate(parts)


def site_entropy(
    model: Model, lattice: Lattice, spins: np.ndarray, *, temperature: np.ndarray, controls: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the entropy of each spin given all others, in nats, float64 (n, Lx, Ly); see `single_spin_entropy`."""
    return _binary_entropy(log_odds(model, lattice, spins, temperature=temperature, controls=controls))


def conditions_of(grid: Mapping[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
    """Return controls and temperature of ``count`` configurations, equally many of each point of a grid, float64."""
    axes = np.meshgrid(*grid.values(), indexing="ij")
    each = count // axes[0].size
    return {name: np.repeat(axis.ravel(), each) for name, axis in zip(grid, axes, strict=True)}


def _one_each(name: str, values: Any, count: int) -> np.ndarray:
    given = np.asarray(values, dtype=np.float64)
    if given.ndim > 1 or (given.ndim == 1 and len(given) != count):
        raise InputError(name, f"shape {given.shape}", f"must be one number or one for each of {count} images")
    return np.broadcast_to(given, (count,))


def _binary_entropy(logit: np.ndarray) -> np.ndarray:
    """Return the entropy in nats of a spin whose log odds are ``logit``, without loss at either end."""
    size = np.abs(logit)
    result: np.ndarray = np.log1p(np.exp(-size)) + size * np.exp(-size) / (1 + np.exp(-size))
    return result
