"""Principal components of latent means and deviations, with their signs fixed by physics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spinlens.errors import InputError

ROWS_PER_BLOCK = 65_536

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """An orthogonal rotation of a latent space, most variance first.

    Parameters
    ----------
    mean : ndarray of float64, shape (latent,)
        What is subtracted before projecting.
    directions : ndarray of float64, shape (component, latent)
        Orthonormal rows.
    shares : ndarray of float64, shape (component,)
        Fraction of the total variance that each direction explains; sums to one.
    """

    mean: Floats
    directions: Floats
    shares: Floats

    @classmethod
    def from_arrays(cls, arrays: dict[str, ArrayLike]) -> Components:
        """Rebuild from what `to_arrays` returned, also after a trip through JSON."""
        return cls(**{name: np.asarray(arrays[name], dtype=np.float64) for name in cls.__slots__})

    def to_arrays(self) -> dict[str, Floats]:
        """Return mean, directions and shares by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def project(self, latent: NDArray[np.floating], component: int) -> Floats:
        """Return one component of each configuration, float64, without the last axis of ``latent``.

        Works block by block along the first axis, so that no float64 copy of all latents is made.
        """
        direction = self.directions[component]
        offset = float(self.mean @ direction)
        result = np.empty(latent.shape[:-1])
        for index, block in enumerate(latent):
            result[index] = block @ direction - offset
        return result

    def flip(self, component: int) -> Components:
        """Return the same components with the sign of one of them reversed."""
        directions = self.directions.copy()
        directions[component] *= -1
        return Components(self.mean, directions, self.shares)


def principal_components(latent: NDArray[np.floating]) -> Components:
    """Diagonalise the covariance of latent coordinates over all configurations.

    Parameters
    ----------
    latent : ndarray, shape (..., latent)
        One row of latent coordinates per configuration, or per condition.

    Returns
    -------
    Components
        All components, in falling order of explained variance. Each one's largest entry is positive;
        `orient_mean` and `orient_deviations` then fix the signs that carry physics.

    Raises
    ------
    InputError
        If there are not more configurations than latent coordinates, a coordinate is not finite, or
        nothing varies.

    Notes
    -----
    The rows are fed in float64 blocks to scikit-learn's incremental algorithm [1]_, which is exact here
    because no component is dropped. Memory beyond the input is one block.

    References
    ----------
    .. [1] D. Ross, J. Lim, R.-S. Lin, M.-H. Yang, Int. J. Comput. Vis. 77, 125 (2008).
       https://doi.org/10.1007/s11263-007-0075-7
    """
    from sklearn.decomposition import IncrementalPCA
    from sklearn.utils import gen_batches

    rows = latent.reshape(-1, latent.shape[-1])
    count, width = rows.shape
    if count <= width:
        raise InputError(
            "points", count, f"principal components of {width} latents need more than {width}",
            "Simulate a larger grid, more chains or draws",
        )  # fmt: skip
    pca = IncrementalPCA(n_components=width)
    for block in gen_batches(count, ROWS_PER_BLOCK, min_batch_size=width):
        values = rows[block].astype(np.float64)
        if not np.isfinite(values).all():
            raise InputError("latent", "not finite", "every latent coordinate must be a number", "Train again")
        # A first block in which nothing varies is no error: later ones may differ.
        with np.errstate(invalid="ignore", divide="ignore"):
            pca.partial_fit(values)
    total = float(pca.explained_variance_.sum())
    if not total > 0:
        raise InputError("latent variance", total, "the network encodes all configurations alike", "Train longer")
    directions = np.asarray(pca.components_, dtype=np.float64)
    largest = np.abs(directions).argmax(axis=1)
    directions = directions * np.sign(directions[np.arange(width), largest])[:, None]
    return Components(np.asarray(pca.mean_), directions, np.asarray(pca.explained_variance_) / total)


def orient_mean(components: Components, nu_0: Floats, magnetization: Floats) -> Components:
    """Fix the sign of nu_0: it correlates positively with an order parameter over all configurations.

    Parameters
    ----------
    components : Components
        Of the latent means.
    nu_0 : ndarray, shape (controls, temperature, chain, draw)
        The projection that ``components`` gives now.
    magnetization : ndarray, same shape
        Per site.
    """
    covariance = np.sum((nu_0 - nu_0.mean()) * (magnetization - magnetization.mean()))
    return components.flip(0) if covariance < 0 else components


def orient_deviations(components: Components, tau_0: Floats, tau_1: Floats, field: Floats) -> Components:
    """Fix the signs of tau_0 and tau_1.

    Parameters
    ----------
    components : Components
        Of the latent standard deviations.
    tau_0, tau_1 : ndarray, shape (points, temperature)
        Condition means of the projections that ``components`` gives now, at each point of the other controls.
    field : ndarray, shape (points,)
        How far these are from zero, in units of energy.

    Notes
    -----
    tau_0 is larger at the hottest than at the coldest temperature of the point nearest zero: it marks the
    paramagnet. tau_1 rises above both ends of the temperature axis further than it falls below both,
    summed over the points: its ridge is a maximum.
    """
    coldest, hottest = tau_0[np.abs(field).argmin(), [0, -1]]
    if hottest < coldest:
        components = components.flip(0)
    ends = tau_1[:, [0, -1]]
    above = np.maximum(tau_1.max(axis=1) - ends.max(axis=1), 0).sum()
    below = np.maximum(ends.min(axis=1) - tau_1.min(axis=1), 0).sum()
    return components.flip(1) if below > above else components
