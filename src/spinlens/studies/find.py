"""The search for a transition of any model: sizes, windows and recordings are chosen, sampled, and judged.

First the smaller sizes are sampled over the whole window. Where they show transitions, all sizes are sampled again
close to each, each as closely as its rounding needs, and the answer comes from these recordings alone; where they show
none, the larger sizes are sampled over the whole window as well.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble, simulate
from spinlens.errors import EquilibrationWarning, InputError, did_you_mean
from spinlens.lattices import Lattice
from spinlens.lattices.lattice import AXES
from spinlens.models import Model, check_model
from spinlens.phases.transitions import Findings, PhaseTransition, search, search_configurations, together
from spinlens.progress import Report, progress_bar
from spinlens.provenance import provenance
from spinlens.seeds import check_seed
from spinlens.statistics import Configurations
from spinlens.statistics.scaling import recorded_ensembles
from spinlens.studies.directory import StudyDirectory
from spinlens.studies.shrinking import Shrinking
from spinlens.studies.window import Window

Array = NDArray[np.float64]

SIZES = {1: (16, 32, 64, 128), 2: (16, 24, 32, 48, 64), 3: (8, 12, 16, 20, 24)}
"""Where none are given, by the number of axes."""

TIMED_SIZES = {1: (16, 24, 32, 48, 64), 2: (6, 8, 10, 12), 3: (4, 6, 8)}
"""The same of models in imaginary time, which is one more axis, as long as 1 / T says."""

TIMED = {"interval": 1, "equilibration": 256}
"""Sweeps of models in imaginary time: each is an update of all clusters, after which chains remember little, and takes
as long as some hundred local ones."""

OVERVIEW = 3
"""Sizes, the smallest ones, that are sampled over the whole window first."""

FEWEST_SOUND = 3
"""Sizes whose chains have mixed at the transition from which the others, which would only add a bias, are left out."""


@dataclass(frozen=True)
class Preset:
    """How much is recorded.

    Attributes
    ----------
    overview, recordings : int
        Recordings of each of the 64 chains over the whole window, and close to the transition.
    """

    overview: int
    recordings: int
    chains: int = 64


PRESETS = {"quick": Preset(256, 1024), "standard": Preset(512, 8192), "thorough": Preset(1024, 32768, 128)}


def find_transitions(
    model: Model | Sequence[Ensemble],
    *,
    use: str = "recordings",
    sizes: Sequence[int] | None = None,
    kind: str = "square",
    boundary: Any = "periodic",
    preset: str = "quick",
    seed: int = 1,
    out: Path | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool = True,
    **axes: Any,
) -> Findings:
    """Find the transitions of a model within a window of one of its controls.

    Nothing is known of the model's transitions: places, errors and kinds come from recordings of several sizes alone.

    Parameters
    ----------
    model : Model or sequence of Ensemble
        What to sample; or ensembles of one model at several sizes, which are judged as they are.
    use : {"recordings", "configurations"}
        What of ensembles: everything that was recorded; or their draws and the values of the control alone, whatever
        the Hamiltonian is. Then a single size is enough where the model is one of neighbours.
    sizes : sequence of int, optional
        Sides L, two or more; by default 16 to 64 in two dimensions, 8 to 24 in three, imaginary time counted as one.
    kind : str
        Of the lattice: ``"square"``, ``"triangular"``, ``"honeycomb"``, ``"cubic"`` or ``"chain"``.
    boundary : str or tuple
        As of `spinlens.Lattice`.
    preset : {"quick", "standard", "thorough"}
        How much is recorded: each eight times as much as the one before.
    seed : int
        The answer depends on it and on these parameters alone.
    out : path-like, optional
        Directory for the ensembles, ``summary.json`` and figures; an unfinished search of the same parameters is
        continued. In memory where left out.
    workers, scheduler, progress
        As of `spinlens.simulate`.
    **axes : float, str or (float, float)
        ``temperature`` and the model's controls. Exactly one is a pair: the window. The others are numbers, or shrink
        with the size: ``temperature="2/L"`` keeps sizes similar at a quantum critical point, ``"2/L^1.5"`` where the
        dynamic exponent is 3/2.

    Returns
    -------
    Findings
        Each transition with its errors, or none, and why.

    Raises
    ------
    InputError
        If there are fewer than two sizes, the window has no interior, the model has quenched disorder, or ensembles are
        of different models.

    Examples
    --------
    >>> found = sl.find_transitions(sl.Potts(3), temperature=(0.7, 1.3), sizes=(16, 24, 32, 48))  # doctest: +SKIP
    >>> print(found)  # doctest: +SKIP
    """
    seed = check_seed(seed)
    if not isinstance(model, Model):
        ensembles = list(model)
        axis = _only_axis(axes, ensembles)
        if use == "configurations":
            configurations = [Configurations.of(each, control=axis) for each in ensembles]
            found = search_configurations(configurations, seed=seed)
            return replace(found, unsound=_unsound(ensembles, axis, found), details={"source": "configurations"})
        if use != "recordings":
            raise InputError("use", repr(use), "must be 'recordings' or 'configurations'")
        return _judged(ensembles, axis, seed, {"source": "ensembles"})
    if use != "recordings":
        raise InputError("use", repr(use), "is for ensembles", "Simulate first, or leave it out")
    if preset not in PRESETS:
        raise InputError("preset", repr(preset), "is unknown", did_you_mean(preset, PRESETS))
    if kind not in AXES:
        raise InputError("kind", repr(kind), "is unknown", did_you_mean(str(kind), AXES))
    check_model(model)
    if model.quenched:
        raise InputError(
            "model", model.text, "has quenched disorder, and one sample of it has no transition of its own",
            "Simulate samples, and read averages over them by Ensemble.disorder_averages",
        )  # fmt: skip
    window = Window.of(axes)
    usual = (TIMED_SIZES if model.imaginary_time else SIZES)[AXES[kind]]
    lengths = sorted({int(size) for size in (usual if sizes is None else sizes)})
    if len(lengths) < 2:
        raise InputError("sizes", lengths, "scaling compares at least two sizes")
    lattices = [Lattice((length,) * AXES[kind], boundary=boundary, kind=kind) for length in lengths]
    window.check(model, lattices[0])
    task = _Search(model, lattices, window, PRESETS[preset], seed)
    description = {
        "study": "find", "preset": preset, "seed": seed, "model": model.text, "lattice": kind,
        "boundary": str(boundary), "sizes": lengths,
        "axis": {window.axis: [window.low, window.high]},
        "fixed": {name: str(value) if isinstance(value, Shrinking) else value for name, value in window.fixed.items()},
    }  # fmt: skip
    directory = StudyDirectory(out, description) if out is not None else None
    started = time.monotonic()
    with progress_bar("find", show=progress) as report:
        found = task.run(report, directory.path if directory else None, workers, scheduler)
    details = {
        **description, "timing": {"seconds": round(time.monotonic() - started, 1)}, "provenance": provenance(),
    }  # fmt: skip
    found = replace(found, details=details)
    if directory is not None:
        _write(directory, found)
    return found


@dataclass(frozen=True)
class _Search:
    """What is sampled, and in which order."""

    model: Model
    lattices: Sequence[Lattice]
    window: Window
    preset: Preset
    seed: int

    def run(self, report: Report, out: Path | None, workers: int | None, scheduler: str | None) -> Findings:
        """Sample and judge."""
        work = _Work(report, [self._cost(lattice) for lattice in self.lattices], self.preset)
        sweeps: dict[str, Any] = dict(TIMED) if self.model.imaginary_time else {}

        def sampled(stage: str, which: int, values: Array, recordings: int, part: int) -> Ensemble:
            lattice = self.lattices[which]
            path = out / f"{stage}-L{lattice.shape[0]:03d}.ens" if out else None
            grid: dict[str, Any] = {**self.window.fixed_at(lattice.shape[0]), self.window.axis: values}
            with warnings.catch_warnings():
                # Said in the answer, where it matters.
                warnings.simplefilter("ignore", EquilibrationWarning)
                return simulate(
                    self.model, lattice, chains=self.preset.chains, recordings=recordings, out=path,
                    seed=self.seed * 1000 + 100 * part + which, progress=work.part(recordings, which),
                    workers=workers, scheduler=scheduler, **sweeps, **grid,
                )  # fmt: skip

        count, dimensions = len(self.lattices), self._dimensions
        lengths = [lattice.shape[0] for lattice in self.lattices]

        def overview(which: int) -> Ensemble:
            return sampled("window", which, self.window.values(lengths[which], dimensions), self.preset.overview, 0)

        first = [overview(which) for which in range(min(OVERVIEW, count))]
        rough = search(recorded_ensembles(first, control=self.window.axis), nulls=False)
        near = self._near(rough)
        if not near:
            ensembles = first + [overview(which) for which in range(len(first), count)]
            return _judged(ensembles, self.window.axis, self.seed, {})
        work.expect(len(near))
        found = []
        for part, windows in enumerate(near, start=1):
            stage = f"near-{part}" if len(near) > 1 else "near"
            ensembles = [sampled(stage, k, values, self.preset.recordings, part) for k, values in enumerate(windows)]
            found.append(_judged(ensembles, self.window.axis, self.seed, {}))
        return together(found)

    @property
    def _dimensions(self) -> float:
        return self.window.dimensions(self.model, self.lattices[0].axes)

    def _cost(self, lattice: Lattice) -> float:
        """Return how long a sweep takes, but for a factor."""
        temperature = self.window.fixed_at(lattice.shape[0]).get("temperature", 1.0)
        return lattice.sites / (temperature if self.model.imaginary_time else 1.0)

    def _near(self, rough: Findings) -> list[list[Array]]:
        """Return values for each size close to each place that the overview shows, none of them closer to another."""
        seen: list[tuple[float, PhaseTransition | None]] = []
        for part in rough.windows:
            end = part.evidence.stretch.place if part.evidence and part.evidence.stretch else None
            if end is not None:
                seen.append((end.value, None))
            elif part.transitions:
                seen.append((part.transitions[0].value, part.transitions[0]))
        if not seen:
            return []
        places = [place for place, _ in seen]
        edges = [self.window.low, *(0.5 * (a + b) for a, b in pairwise(places)), self.window.high]
        near = []
        for (place, found), (low, high) in zip(seen, pairwise(edges), strict=True):
            window = replace(self.window, low=low, high=high)
            near.append([
                window.near(found, lattice.shape[0], self._dimensions) if found else window.round_the_end(place)
                for lattice in self.lattices
            ])  # fmt: skip
        return near


class _Work:
    """Progress of all simulations together, weighted by their updates."""

    def __init__(self, report: Report, costs: Sequence[float], preset: Preset) -> None:
        self._report, self._costs, self._preset, self._done = report, costs, preset, 0.0
        self.expect(1)

    def expect(self, parts: int) -> None:
        """Know how many parts of the window are sampled closely."""
        first = (self._preset.overview + EQUILIBRATION) * sum(self._costs[:OVERVIEW])
        self._total = first + parts * (self._preset.recordings + EQUILIBRATION) * sum(self._costs)

    def part(self, recordings: int, which: int) -> Report:
        """Return the report of one simulation."""
        weight = self._costs[which] * (recordings + EQUILIBRATION)
        before, self._done = self._done, self._done + weight

        def report(fraction: float, note: str = "") -> None:
            self._report(min(1.0, (before + fraction * weight) / self._total), note)

        return report


EQUILIBRATION = 512
"""Recordings that take as long as the default equilibration."""


def _only_axis(axes: Mapping[str, Any], ensembles: Sequence[Any]) -> str:
    """Return the control that ensembles vary."""
    if axes:
        raise InputError("axes", ", ".join(axes), "belong to a model; ensembles have their own")
    if not all(isinstance(each, Ensemble) for each in ensembles) or not ensembles:
        kind = type(ensembles[0]).__name__ if ensembles else "nothing"
        raise InputError("model", kind, "must be a model, or ensembles of several sizes")
    varied = [name for name, values in ensembles[0].grid.items() if len(values) > 1]
    if len(varied) != 1:
        raise InputError("ensembles", ", ".join(varied) or "one condition", "must vary exactly one control")
    return str(varied[0])


def _judged(ensembles: Sequence[Ensemble], axis: str, seed: int, details: Mapping[str, Any]) -> Findings:
    """Judge all sizes; where enough of them are equilibrated at what is found, or everywhere, these alone."""
    found = search(recorded_ensembles(ensembles, control=axis), seed=seed)
    unsound = [_unsound([each], axis, found) for each in ensembles]
    sound = [each for each, words in zip(ensembles, unsound, strict=True) if not words]
    if FEWEST_SOUND <= len(sound) < len(ensembles):
        found = search(recorded_ensembles(sound, control=axis), seed=seed)
    return replace(found, unsound=tuple(chain.from_iterable(unsound)), details=details)


def _unsound(ensembles: Sequence[Ensemble], axis: str, found: Findings) -> tuple[str, ...]:
    """Return conditions next to the transition that are not known to be equilibrated; all where there is none."""
    words = []
    for ensemble in ensembles:
        values = np.asarray(ensemble.grid[axis])
        sound = np.asarray(ensemble.diagnostics["equilibrated"]).reshape(-1).astype(bool)
        near = np.ones(len(values), dtype=bool)
        if found.transitions:
            step = 1.5 * float(np.median(np.diff(values)))
            places = np.array([each.value for each in found.transitions])
            near = (np.abs(values[:, None] - places) <= step).any(axis=1)
        words += [f"L = {ensemble.lattice.shape[0]} at {v:g}" for v in values[near & ~sound]]
    return tuple(words)


def _write(directory: StudyDirectory, found: Findings) -> None:
    """Write the figures, then the summary."""
    from spinlens.figures import draw_findings
    from spinlens.figures.save import save_all

    if found.study is not None:
        save_all({"findings": lambda: draw_findings(found)}, directory.path / "figures", progress=False)
    directory.write_summary(found.summary())


def answer(problem: Any) -> Findings:
    """Answer a sealed problem: several sizes of recordings at temperatures in a hidden unit.

    Parameters
    ----------
    problem : mapping of int to mapping of str to array
        Of each L ``temperature`` (T,), ``energy`` (T, chain, recording), total, and ``order_parameter`` (T, chain,
        recording, d), with ``dimensions`` and ``sites``, see `spinlens.challenge.SealedProblem`.
    """
    from spinlens.statistics.scaling import recorded_arrays

    started = time.monotonic()
    arrays = {
        length: {"temperature": size["temperature"], "energy": size["energy"], "order": size["order_parameter"]}
        for length, size in problem.items()
    }  # fmt: skip
    recorded = recorded_arrays(arrays, dimensions=problem.dimensions, sites=problem.sites.__getitem__)
    found = search(recorded, seed=1)
    return replace(found, details={"timing": {"seconds": time.monotonic() - started}})
