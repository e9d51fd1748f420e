"""Both total-correlation estimators over a few values of beta, on one ensemble.

``python benchmarks/estimators.py ENSEMBLE`` trains six networks as the quick preset does and writes
``benchmarks/results/estimators.json``; networks that were trained before are not trained again. Make the ensemble with
``spinlens crossover --preset quick --out runs/quick`` and name ``runs/quick/ensemble``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import spinlens as sl
from spinlens.studies import configure

BETAS = (1.0, 4.0, 8.0)
ESTIMATORS = ("mss_reference", "mss")
EPOCHS = 6
OUT = Path(__file__).parent / "results" / "estimators.json"


def measure(ensemble: sl.Ensemble, folder: Path, estimator: str, beta: float) -> dict[str, object]:
    """Train one network and return its row of the table."""
    training = configure("quick").training
    recipe = training.recipe.changed(epochs=EPOCHS)
    chosen = training.changed(beta=beta, estimator=estimator, recipe=recipe)
    vae = sl.TCVAE(**dict(chosen), seed=1).fit(ensemble, out=folder / f"{estimator}-{beta:g}")
    maps = sl.latent_maps(vae, ensemble)
    found = sl.find_crossover(maps)
    nu = maps["nu_explained_variance_ratio"].values
    last = vae.history_[-1]
    return {
        "estimator": estimator,
        "beta": beta,
        "nu_0_share": float(nu[0]),
        "nu_1_share": float(nu[1]),
        "tau_0_share": found.share["tau_0"],
        "tau_1_share": found.share["tau_1"],
        "rank_correlation": found.magnetization.rank,
        "asymmetry_of_tau_0": found.asymmetry["tau_0"],
        "critical_temperature": str(found.critical_temperature),
        "total_correlation": float(last["total_correlation"]),
        "reconstruction": float(last["reconstruction"]),
    }


def main(path: str) -> None:
    """Measure all rows and write them."""
    ensemble = sl.open_ensemble(path)
    folder = Path("runs") / "estimators"
    rows = []
    for estimator in ESTIMATORS:
        for beta in BETAS:
            rows.append(measure(ensemble, folder, estimator, beta))
            print(json.dumps(rows[-1]))
    sizes = ensemble.sizes
    setting = (
        f"One training each: {sizes['field']} x {sizes['temperature']} conditions, {sizes['chain']} chains x "
        f"{sizes['draw']} draws, {sizes['x']} x {sizes['y']}, {EPOCHS} epochs, the other choices of the quick preset. "
        "Shares are explained variance ratios."
    )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"setting": setting, "epochs": EPOCHS, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
