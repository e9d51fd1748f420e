"""The crossover study: from configurations to the phase diagram over a plane of two controls.

N. Walker, K.-M. Tam and M. Jarrell, Sci. Rep. 10, 13047 (2020), doi:10.1038/s41598-020-69848-5: Monte Carlo on a
grid of fields and temperatures of the Ising model, a beta-TCVAE on the configurations, and the principal components of
its latents as order parameter (nu_0), paramagnetic cone (tau_0) and crossover region (tau_1). The presets are that
study; any other model and any other two of its controls go the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.config import Section, merge
from spinlens.ensemble import equilibration_summary, sample
from spinlens.lattices import Lattice
from spinlens.learning.settings import Autoencoder, Count
from spinlens.models import Model
from spinlens.provenance import provenance
from spinlens.sampling import Plan
from spinlens.seeds import Purpose, seed_sequence
from spinlens.studies.analysed import analysed, numbered, trained
from spinlens.studies.directory import StudyDirectory
from spinlens.studies.plane import Sampling, Scaling, laid_over, plane_of
from spinlens.studies.presets import read_plane, read_preset

RESULTS = ("ensemble", "model", "maps.zarr", "figures")
"""What a finished study holds beside its summary."""


class Analysis(Section):
    """How errors are estimated; see `spinlens.find_crossover`."""

    resamples: int = 200
    trainings: Count = 5
    reweighting: bool | None = None
    """Whether the thermodynamic ridges are also found by reweighting; not if it is left out, nor of samples."""


class CrossoverConfiguration(Section):
    """Everything that the results of the study depend on."""

    preset: str
    seed: int = 1
    sampling: Sampling
    training: Autoencoder = Autoencoder()
    analysis: Analysis = Analysis()
    scaling: Scaling | None = None

    def training_seed(self, number: int) -> int:
        """Return the seed of a training; the first has the seed of the study."""
        if not number:
            return self.seed
        return int(seed_sequence(self.seed, Purpose.TRAINING, number).generate_state(1, np.uint32)[0])

    @property
    def plan(self) -> Plan:
        """What to sample."""
        return self.sampling.plan(self.seed)


def configure(
    preset: str, *, plane: str | None = None, model: Model | None = None, lattice: Lattice | None = None,
    axes: Mapping[str, Any] | None = None, changes: Mapping[str, Any] | None = None,
) -> CrossoverConfiguration:  # fmt: skip
    """Return a preset with changes laid over it, checked as far as it can be before any work.

    Parameters
    ----------
    preset : str
        ``"quick"``, ``"standard"`` or ``"paper"``; by itself the Ising model in a field.
    plane : str, optional
        A system with a preset of its own, see `planes`.
    model, lattice : Model and Lattice, optional
        What to sample, and where, in place of that of the preset.
    axes : mapping of str to grid, optional
        The controls, for example ``{"crystal_field": "0:2:17", "temperature": "0.4:2.4:33"}``: two with several values,
        others with one; ``sample`` numbers the samples of quenched disorder.
    changes : mapping, optional
        Nested values to change, for example ``{"training": {"beta": 4.0}}``.

    Raises
    ------
    InputError
        If the preset or a key is unknown, or a value cannot be used.
    """
    values = read_preset("crossover", preset)
    if plane is not None:
        values = laid_over(values, read_plane(plane, preset))
    if plane is not None or model is not None:
        values = merge(values, {"analysis": {"reweighting": True}})
    chosen: dict[str, Any] = {} if model is None else {"model": model.to_dict(), "algorithm": "auto"}
    if lattice is not None:
        chosen |= {"shape": list(lattice.shape), "kind": lattice.kind, "boundary": lattice.boundary_text}
    values = laid_over(values, {"sampling": {**chosen, **(axes or {})}})
    configuration = CrossoverConfiguration.resolve(merge(values, changes or {}))
    from spinlens.learning.requirements import check_training
    from spinlens.phases.requirements import check_analysis, check_symmetric_value

    plan = configuration.plan
    check_training(
        configuration.training, shape=plan.drawn.shape, chains=plan.chains,
        configurations=plan.conditions * plan.draws,
    )  # fmt: skip
    across, along = plane_of(plan)
    check_symmetric_value(plan.model, plan.lattice, across, plan.grid)
    samples = len(plan.grid[plan.model.quenched]) if plan.model.quenched else 1
    check_analysis(
        across, plan.grid[across], along, plan.grid[along], samples if samples > 1 else plan.chains,
        resamples=configuration.analysis.resamples,
    )  # fmt: skip
    if configuration.scaling is not None:
        configuration.scaling.check(configuration.training, plan)
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
            trained(configuration, number, ensemble, directory.path, device=device, progress=progress)
            for number in range(configuration.analysis.trainings)
        ]
    with directory.stage("analyse"):
        found_maps = [
            analysed(vae, ensemble, directory.path, numbered("maps", number) + ".zarr", progress=progress)
            for number, vae in enumerate(networks)
        ]
        (maps, report), *others = found_maps
        from spinlens.phases import find_crossover, on_plane, reweighted_ridges

        wanted = configuration.analysis.reweighting and not ensemble.model.quenched
        found = find_crossover(
            maps,
            trainings=[other for other, _ in others],
            reweighted=reweighted_ridges(ensemble, on_plane(maps)) if wanted else None,
            resamples=configuration.analysis.resamples,
            seed=configuration.seed,
        )
    with directory.stage("figures"):
        from spinlens.figures import save_figures

        save_figures(directory.path / "figures", maps=maps, crossover=found, reconstruction=report, progress=progress)
    scaling = None
    if configuration.scaling is not None:
        from spinlens.studies.sizes import scale

        with directory.stage("scale"):
            scaling = scale(configuration, directory.path, scheduler=scheduler, workers=workers, device=device,
                            progress=progress)  # fmt: skip
    summary = {
        "study": "crossover",
        "preset": configuration.preset,
        "estimator": configuration.training.estimator,
        "model": ensemble.model.text,
        "lattice": ensemble.lattice.text,
        **found.to_dict(),
        **({} if scaling is None else {"scaling": scaling}),
        "reconstruction": {name: float(value) for name, value in report.items() if value.ndim == 0},
        "equilibration": equilibration_summary(ensemble),
        "timing": directory.timing,
        "provenance": {**provenance(), "seed": configuration.seed, "ensemble": ensemble.fingerprint},
    }
    directory.write_summary(summary)
    return summary
