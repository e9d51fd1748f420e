"""The figures of the study from its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spinlens.figures.classify import (
    Prediction,
    draw_attention_distance,
    draw_attention_maps,
    draw_confusion,
    draw_disturbances,
    draw_energy_dependence,
    draw_label_efficiency,
    draw_linear_heads,
    draw_microstates,
    draw_posterior,
    draw_pretraining,
    draw_reliability,
    draw_scores,
    ground_and_hot,
    microstates,
)
from spinlens.figures.save import Drawings, save_all
from spinlens.phases.regions import Calibration, ScoreRow
from spinlens.studies.classify.analysis import Findings
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.disturbances import Disturbed
from spinlens.studies.classify.interpretation import Interpretation, lengths
from spinlens.studies.classify.systems import SYSTEMS
from spinlens.studies.classify.trials import Trial

if TYPE_CHECKING:
    from spinlens.learning.vision import Pretraining

PERIODIC = ("periodic", "antiferromagnet")


def draw_study(
    configuration: ClassifyConfiguration,
    folder: Path,
    *,
    rows: list[ScoreRow],
    efficiency: list[ScoreRow],
    found: Mapping[tuple[str, str], Findings],
    judged: Mapping[Trial, Calibration],
    seen: Mapping[tuple[str, str], Interpretation],
    disturbed: Sequence[Disturbed],
    pretrainings: Mapping[str, Pretraining],
    progress: bool = True,
) -> None:
    """Draw and write all figures; those of single networks show the first protocol."""
    protocol = configuration.protocols[0]
    titles = {name: system.title for name, system in SYSTEMS.items()}
    drawings: Drawings = {"scores": partial(draw_scores, rows, titles=titles)}
    for system in configuration.systems:
        here = [trial for trial in judged if (trial.system, trial.protocol) == (system, protocol)]
        drawings |= _of_a_system(system, found[system, protocol], {trial: judged[trial] for trial in here})
        own = [row for row in rows if (row.system, row.protocol) == (system, protocol)]
        compared = [row for row in own if row.pretrained == configuration.word(row.network)]
        best = found[system, protocol].ceiling.confusion
        drawings[f"confusion_{system}"] = partial(draw_confusion, compared, title=titles[system], best=best)
        if few := [row for row in efficiency if row.system == system]:
            drawings[f"label_efficiency_{system}"] = partial(draw_label_efficiency, few, title=titles[system])
    pairs = [
        ground_and_hot(found[name, protocol].test, title=SYSTEMS[name].title, model=SYSTEMS[name].model,
                       lattice=found[name, protocol].ensemble.drawn)
        for name in PERIODIC if name in configuration.systems
    ]  # fmt: skip
    if pairs:
        drawings["microstates_ground_states"] = partial(draw_microstates, pairs)
    for (system, network), sight in seen.items():
        name = f"{system}_{network}"
        if sight.attention is not None:
            drawings[f"attention_{name}"] = partial(
                draw_attention_maps, sight.attention, space=SYSTEMS[system].model.space
            )
            drawings[f"attention_distance_{name}"] = partial(
                draw_attention_distance, sight.attention, transition=SYSTEMS[system].transition,
                lengths=lengths(found[system, protocol]),
            )  # fmt: skip
        drawings[f"probes_{name}"] = partial(draw_linear_heads, sight.probes)
        drawings[f"energy_{name}"] = partial(draw_energy_dependence, sight.dependence)
    drawings |= {f"pretraining_{name}": partial(_draw_pretraining, each) for name, each in pretrainings.items()}
    if disturbed:
        drawings["disturbances"] = partial(draw_disturbances, [each.to_dict() for each in disturbed], titles=titles)
    save_all(drawings, folder / "figures", progress=progress)


def _of_a_system(system: str, found: Findings, judged: Mapping[Trial, Calibration]) -> Drawings:
    """Return the figures of a system's images and of the first trial of each of its networks."""
    images, exact = found.test, found.ceiling.posterior
    shown = microstates(
        images, title=SYSTEMS[system].title, rules=found.ensemble.drawn.rules, unit=SYSTEMS[system].unit
    )
    drawings: Drawings = {
        f"microstates_{system}": partial(draw_microstates, [shown]),
        f"reliability_{system}": partial(draw_reliability, {trial.network: each for trial, each in judged.items()}),
    }
    for trial in judged:
        prediction = Prediction(images.energy, found.outcomes[trial].probability.astype(np.float64), images.axis)
        draw = partial(draw_posterior, prediction, exact, network=trial.network)
        drawings[f"posterior_{system}_{trial.network}"] = draw
    return drawings


def _draw_pretraining(found: Any) -> Any:
    names = ("single_spin_loss", "single_spin_error", "single_spin_floor")
    return draw_pretraining(found.history_, **{name: getattr(found, f"{name}_") for name in names})
