"""The exact floor of a prediction of single hidden spins: the heat-bath entropy."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.vision.surroundings import surround
from spinlens.models import Ising

CHUNK = 256


def local_field(model: Ising, lattice: Lattice, spins: np.ndarray, *, field: float | np.ndarray = 0.0) -> np.ndarray:
    """Return what each spin feels, float64 (n, Lx, Ly), in units of energy: flipping s costs 2 s times it.

    Parameters
    ----------
    model : Ising
        The Hamiltonian.
    lattice : Lattice
        Shape and boundary.
    spins : array, (n, Lx, Ly)
        Spins +-1.
    field : float or array, (n,)
        h of each configuration.
    """
    beyond = surround(torch.from_numpy(np.ascontiguousarray(spins, dtype=np.float64)), lattice.rules).numpy()
    x, y = beyond[..., 1:-1], beyond[..., 1:-1, :]
    along_x, along_y = model.couplings
    bonds = along_x * (x[..., :-2, :] + x[..., 2:, :]) + along_y * (y[..., :-2] + y[..., 2:])
    pattern = lattice.sublattice if model.staggered else np.ones(lattice.shape)
    result: np.ndarray = bonds + np.reshape(field, (-1, 1, 1)) * pattern
    return result


def single_spin_floor(
    images: Any,
    *,
    model: Ising | None = None,
    lattice: Lattice | None = None,
    temperature: Any = None,
    field: Any = 0.0,
) -> np.ndarray:
    """Return the entropy of a hidden spin given all others, averaged over the sites, in nats, float64 (n,).

    Given its neighbours a spin is up with probability p = 1 / (1 + exp(-2 b / T)), where b is the local field, and
    nothing else in the configuration tells more. Averaged over configurations in equilibrium, the binary entropy of p
    is the least loss that any prediction of single hidden spins can have, even one that knows T.

    Parameters
    ----------
    images : Ensemble or array, (n, Lx, Ly)
        Configurations; with an ensemble nothing else is needed, and the draws come in the order (field,
        temperature, chain, draw).
    model, lattice
        Hamiltonian and boundary of an array.
    temperature, field : float or array, (n,)
        Of each configuration of an array.

    Raises
    ------
    InputError
        If an array comes without its model, lattice and temperature, or has other sides.
    """
    if not isinstance(images, np.ndarray) and hasattr(images, "packed"):
        model, lattice = images.model, images.lattice
        shape = [int(images.sizes[name]) for name in ("field", "temperature", "chain", "draw")]
        field = np.broadcast_to(images.field[:, None, None, None], shape).ravel()
        temperature = np.broadcast_to(images.temperature[:, None, None], shape).ravel()
        spins = images.spins().values.reshape(-1, *lattice.shape)
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
    fields = _one_each("field", field, len(spins))
    parts = []
    for start in range(0, len(spins), CHUNK):
        part = slice(start, start + CHUNK)
        each = site_entropy(model, lattice, spins[part], temperature=temperatures[part], field=fields[part])
        parts.append(each.mean((1, 2)))
    return np.concatenate(parts)


def site_entropy(
    model: Ising, lattice: Lattice, spins: np.ndarray, *, temperature: np.ndarray, field: np.ndarray
) -> np.ndarray:
    """Return the entropy of each spin given all others, in nats, float64 (n, Lx, Ly); see `single_spin_floor`."""
    felt = local_field(model, lattice, spins, field=field)
    return _binary_entropy(2 * felt / temperature[:, None, None])


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
