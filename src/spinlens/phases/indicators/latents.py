"""What an encoder makes of each draw: the leading components of its latent means and deviations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.phases.components import principal_components
from spinlens.statistics import Configurations

Array = NDArray[np.float64]


def latent_orders(encoder: Any, configurations: Configurations) -> dict[str, Array]:
    """Read configurations with an encoder that was trained on other chains.

    Parameters
    ----------
    encoder : TCVAE
        Trained, for the sides of the configurations.
    configurations : Configurations
        What is read.

    Returns
    -------
    dict of str to ndarray, float64 (C, chain, draw)
        ``nu_0``, the first principal component of the latent means: odd where a symmetry is broken; ``tau_0``, that of
        the latent deviations, larger at the highest value of the control.
    """
    found = encoder.encode(configurations.space.decode(configurations.codes))
    nu = principal_components(found.mean).project(found.mean, 0)
    tau = principal_components(found.deviation).project(found.deviation, 0)
    rising = float(tau[-1].mean() - tau[0].mean())
    return {"nu_0": nu, "tau_0": np.asarray(tau if rising >= 0 else -tau)}
