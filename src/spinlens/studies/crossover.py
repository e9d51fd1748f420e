"""The crossover study: from spins to the phase diagram of the Ising model in a field.

N. Walker, K.-M. Tam and M. Jarrell, Sci. Rep. 10, 13047 (2020), doi:10.1038/s41598-020-69848-5: Monte Carlo on a
grid of fields and temperatures, a beta-TCVAE on the configurations, and the principal components of its latents as
order parameter (nu_0), paramagnetic cone (tau_0) and crossover region (tau_1).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from spinlens.config import Grid, Section, Sides, merge, parse_grid
from spinlens.ensemble import Ensemble, equilibration_summary, sample
from spinlens.errors import DamagedError
from spinlens.files import PARTIAL, sync_folder
from spinlens.lattices import Lattice
from spinlens.learning.settings import Autoencoder, Count
from spinlens.models import Ising
from spinlens.provenance import provenance
from spinlens.sampling import Plan
from spinlens.seeds import Purpose, seed_sequence
from spinlens.studies.directory import StudyDirectory
from spinlens.studies.presets import read_preset

if TYPE_CHECKING:
    from spinlens.learning import TCVAE


DIGEST = "digest"
"""File in ``maps.zarr`` with the SHA-256 of all others."""

RESULTS = ("ensemble", "model", "maps.zarr", "figures")
"""What a finished study holds beside its summary."""


class Sampling(Section):
    """The grid and the schedule; see `spinlens.sampling.Plan`."""

    shape: Sides
    temperature: Grid
    field: Grid
    chains: int = 64
    draws: int = 1
    recordings: int
    interval: int = 8
    equilibration: int = 4096
    algorithm: str = "heat_bath"
    exchange: bool = True
    start: str = "dispersed"


class Analysis(Section):
    """How errors are estimated; see `spinlens.find_crossover`."""

    resamples: int = 200
    trainings: Count = 5


class CrossoverConfiguration(Section):
    """Everything that the results of the study depend on."""

    preset: str
    seed: int = 1
    sampling: Sampling
    training: Autoencoder = Autoencoder()
    analysis: Analysis = Analysis()

    def training_seed(self, number: int) -> int:
        """Return the seed of a training; the first has the seed of the study."""
        if not number:
            return self.seed
        return int(seed_sequence(self.seed, Purpose.TRAINING, number).generate_state(1, np.uint32)[0])

    @property
    def plan(self) -> Plan:
        """What to sample."""
        options = self.sampling.model_dump(exclude={"shape", "temperature", "field"})
        return Plan(
            model=Ising(), lattice=Lattice(tuple(self.sampling.shape)),
            temperature=parse_grid(self.sampling.temperature), field=parse_grid(self.sampling.field), seed=self.seed,
            **options,
        )  # fmt: skip


def configure(preset: str, *, changes: Mapping[str, Any] | None = None) -> CrossoverConfiguration:
    """Return a preset with changes laid over it, checked as far as it can be before any work.

    Parameters
    ----------
    preset : str
        ``"quick"``, ``"standard"`` or ``"paper"``.
    changes : mapping, optional
        Nested values to change, for example ``{"training": {"beta": 4.0}}``.

    Raises
    ------
    InputError
        If the preset or a key is unknown, or a value cannot be used.
    """
    values = merge(read_preset("crossover", preset), changes or {})
    configuration = CrossoverConfiguration.resolve(values)
    from spinlens.learning.requirements import check_training
    from spinlens.phases.requirements import check_analysis

    plan = configuration.plan
    check_training(
        configuration.training, shape=plan.lattice.shape, chains=plan.chains,
        configurations=plan.conditions * plan.draws,
    )  # fmt: skip
    check_analysis(plan.controls["field"], plan.temperature, plan.chains, resamples=configuration.analysis.resamples)
    return configuration


def run_crossover(
    configuration: CrossoverConfiguration,
    *,
    out: Path | str,
    scheduler: str | None = None,
    workers: int | None = None,
    device: str | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Run the study, or what is left of it, and return its summary.

    Parameters
    ----------
    configuration : CrossoverConfiguration
        From `configure`.
    out : path-like
        The study's directory: new, empty, or of the same configuration.
    scheduler, workers
        Where to sample; see `spinlens.simulate`.
    device : str, optional
        Where to train; a CUDA device where there is one, else the CPU.
    progress : bool
        Whether to show progress on stderr.

    Returns
    -------
    dict
        The content of ``summary.json``.

    Raises
    ------
    InputError
        If ``out`` holds something else.
    IncompleteError
        If it was interrupted; the same call continues.
    """
    from spinlens.learning import choose_device

    choose_device(device)
    directory = StudyDirectory(out, configuration.model_dump(mode="json", exclude_none=True))
    if (finished := directory.summary(RESULTS)) is not None:
        return finished
    with directory.stage("simulate"):
        ensemble = sample(
            configuration.plan, out=directory.path / "ensemble", scheduler=scheduler, workers=workers, progress=progress
        )
    with directory.stage("train"):
        networks = [
            _train(configuration, number, ensemble, directory.path, device=device, progress=progress)
            for number in range(configuration.analysis.trainings)
        ]
    with directory.stage("analyse"):
        found_maps = [
            _analyse(vae, ensemble, directory.path, _numbered("maps", number) + ".zarr", progress=progress)
            for number, vae in enumerate(networks)
        ]
        (maps, report), *others = found_maps
        from spinlens.phases import find_crossover

        found = find_crossover(
            maps, trainings=[other for other, _ in others], resamples=configuration.analysis.resamples,
            seed=configuration.seed,
        )  # fmt: skip
    with directory.stage("figures"):
        from spinlens.figures import save_figures

        save_figures(directory.path / "figures", maps=maps, crossover=found, reconstruction=report, progress=progress)
    summary = {
        "study": "crossover",
        "preset": configuration.preset,
        "estimator": configuration.training.estimator,
        **found.to_dict(),
        "reconstruction": {name: float(value) for name, value in report.items() if value.ndim == 0},
        "equilibration": equilibration_summary(ensemble),
        "timing": directory.timing,
        "provenance": {**provenance(), "seed": configuration.seed, "ensemble": ensemble.fingerprint},
    }
    directory.write_summary(summary)
    return summary


def _train(
    configuration: CrossoverConfiguration, number: int, ensemble: Ensemble, folder: Path, *, device: str | None,
    progress: bool,
) -> TCVAE:  # fmt: skip
    from spinlens.learning import TCVAE

    vae = TCVAE(**dict(configuration.training), seed=configuration.training_seed(number), device=device)
    return vae.fit(ensemble, out=folder / _numbered("model", number), progress=progress)


def _numbered(name: str, number: int) -> str:
    """Return the name of what belongs to a training; that of the first has no number."""
    return f"{name}-{number + 1}" if number else name


def _analyse(
    vae: TCVAE, ensemble: Ensemble, folder: Path, name: str, *, progress: bool
) -> tuple[xr.Dataset, xr.Dataset]:  # fmt: skip
    """Return the latent maps and the reconstruction report, from the disk where they are stored already."""
    from spinlens.learning import reconstruction
    from spinlens.phases import latent_maps

    path = folder / name
    if not path.exists():
        partial = path.with_name(path.name + PARTIAL)
        shutil.rmtree(partial, ignore_errors=True)
        latent_maps(vae, ensemble, progress=progress).to_zarr(partial, group="maps", zarr_format=3, consolidated=False)
        reconstruction(vae, ensemble, progress=progress).to_zarr(
            partial, group="reconstruction", mode="a", zarr_format=3, consolidated=False
        )
        (partial / DIGEST).write_text(_digest(partial))
        partial.replace(path)
        sync_folder(folder)
    elif not (path / DIGEST).is_file() or (path / DIGEST).read_text() != _digest(path):
        raise DamagedError(f"{path} does not match its checksum; delete it and run again.")
    options: dict[str, Any] = {"zarr_format": 3, "consolidated": False}
    maps, report = (xr.open_zarr(path, group=group, **options).load() for group in ("maps", "reconstruction"))
    return maps, report


def _digest(folder: Path) -> str:
    """Return the SHA-256 of the names and contents of all files but the digest itself."""
    total = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file() and file.name != DIGEST):
        total.update(f"{file.relative_to(folder)} {file.stat().st_size}\n".encode())
        total.update(file.read_bytes())
    return total.hexdigest()
