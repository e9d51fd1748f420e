"""Write every figure of the classification study as PNG and SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.axes import Axes

from spinlens.figures.classify.attention import draw_attention_distance, draw_attention_maps
from spinlens.figures.classify.calibration import Prediction, draw_posterior, draw_reliability
from spinlens.figures.classify.confusion import draw_confusion
from spinlens.figures.classify.dependence import draw_energy_dependence
from spinlens.figures.classify.efficiency import draw_label_efficiency
from spinlens.figures.classify.linear_heads import draw_linear_heads
from spinlens.figures.classify.microstates import Row, draw_microstates
from spinlens.figures.classify.pretraining import draw_pretraining
from spinlens.figures.classify.scores import draw_scores
from spinlens.figures.save import Drawings, save_all
from spinlens.regions import Calibration, Ceiling


def save_classification_figures(
    directory: Path | str,
    *,
    microstates: Mapping[str, Sequence[Row]] | None = None,
    scores: Sequence[Mapping[str, Any]] | None = None,
    efficiency: Sequence[Mapping[str, Any]] | None = None,
    baselines: Mapping[str, Mapping[int, float]] | None = None,
    ceilings: Mapping[str, Ceiling] | None = None,
    calibrations: Mapping[str, Mapping[str, Calibration]] | None = None,
    predictions: Mapping[str, Mapping[str, Prediction]] | None = None,
    confusions: Mapping[str, Mapping[str, Any]] | None = None,
    attention: Mapping[str, xr.Dataset] | None = None,
    probes: Mapping[str, xr.Dataset] | None = None,
    dependence: Mapping[str, xr.Dataset] | None = None,
    pretrainings: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> list[Path]:
    """Draw and write the study's figures; each part without data is left out.

    Parameters
    ----------
    directory : path-like
        Made if it is missing. Files of the same names are replaced.
    microstates : mapping of str to sequence of Row, optional
        By the name of the figure, which becomes ``microstates_NAME``.
    scores : sequence of mapping, optional
        For `draw_scores`.
    efficiency : sequence of mapping, optional
        For `draw_label_efficiency`, of any number of systems.
    baselines : mapping, optional
        By system, then by number of labels: macro F1 of logistic regression.
    ceilings : mapping of str to Ceiling, optional
        By system: drawn in the figures of label efficiency, confusion and posterior, which the last needs.
    calibrations, predictions, confusions : mapping of str to mapping, optional
        By system, then by network: for `draw_reliability`, `draw_posterior` and `draw_confusion`.
    attention, probes, dependence : mapping of str to Dataset, optional
        By system, from `spinlens.regions.interpretation`.
    pretrainings : mapping of str to object, optional
        By system: objects with ``history`` and ``single_spin_loss``, ``single_spin_error``, ``single_spin_floor``.
    progress : bool
        False for silence.

    Returns
    -------
    list of pathlib.Path
        What was written: ``NAME.png`` (200 dots an inch) and ``NAME.svg``.
    """
    tops = ceilings or {}
    drawings: Drawings = {}
    if scores:
        drawings["scores"] = partial(draw_scores, scores)
    drawings |= {f"microstates_{name}": partial(draw_microstates, rows) for name, rows in (microstates or {}).items()}
    drawings |= _efficiency(efficiency or (), baselines or {}, tops)
    drawings |= {
        f"reliability_{name}": partial(draw_reliability, found) for name, found in (calibrations or {}).items()
    }
    for system, networks in (predictions or {}).items():
        if system in tops:
            for network, found in networks.items():
                draw = partial(draw_posterior, found, tops[system].posterior, network=network)
                drawings[f"posterior_{system}_{network}"] = draw
    for system, tables in (confusions or {}).items():
        best = tops[system].confusion if system in tops else None
        drawings[f"confusion_{system}"] = partial(draw_confusion, tables, system=system, best=best)
    drawings |= {
        f"attention_{name}": partial(draw_attention_maps, report) for name, report in (attention or {}).items()
    }
    drawings |= {
        f"attention_distance_{name}": partial(draw_attention_distance, report)
        for name, report in (attention or {}).items()
    }
    drawings |= {f"probes_{name}": partial(draw_linear_heads, report) for name, report in (probes or {}).items()}
    drawings |= {f"energy_{name}": partial(draw_energy_dependence, found) for name, found in (dependence or {}).items()}
    drawings |= {f"pretraining_{name}": partial(_pretraining, found) for name, found in (pretrainings or {}).items()}
    return save_all(drawings, directory, progress=progress)


def _efficiency(
    rows: Sequence[Mapping[str, Any]], baselines: Mapping[str, Mapping[int, float]], ceilings: Mapping[str, Ceiling]
) -> Drawings:
    found: Drawings = {}
    for system in dict.fromkeys(row["system"] for row in rows):
        top = ceilings[system].macro_f1.value if system in ceilings else None
        found[f"label_efficiency_{system}"] = partial(
            draw_label_efficiency, [row for row in rows if row["system"] == system], baseline=baselines.get(system),
            ceiling=top,
        )  # fmt: skip
    return found


def _pretraining(found: Any) -> Axes:
    names = ("single_spin_loss", "single_spin_error", "single_spin_floor")
    return draw_pretraining(found.history_, **{name: getattr(found, f"{name}_") for name in names})
