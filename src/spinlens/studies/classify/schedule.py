"""All pretrainings and trials of a study, side by side, with an honest time that is left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from spinlens.errors import IncompleteError, InputError
from spinlens.progress import progress_bar
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.trials import Pretrained, Trial, run_alone
from spinlens.workers import Workers

Unit = Pretrained | Trial


def run_units(
    configuration: ClassifyConfiguration,
    folder: Path,
    units: Sequence[Unit],
    *,
    label: str,
    workers: Workers,
    device: str | None = None,
    progress: bool = True,
) -> None:
    """Do what is left of some units; each leaves its results in the study's directory.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    folder : path
        The study's directory, with its ensembles, and the pretrainings that trials begin with.
    units : sequence of Pretrained or of Trial
        What to do.
    label : str
        The name of the work.
    workers : Workers
        Who trains: on this machine units have a process and a thread each, those of a scheduler must see the directory.
        Weights and scores do not depend on it.
    device : str, optional
        Where to train; by default each unit takes a CUDA device where its process has one.
    progress : bool
        Whether to show progress on stderr.

    Raises
    ------
    InputError
        If the workers of the scheduler do not see the directory.
    IncompleteError
        If it was interrupted; the same call continues, each unit from its last checkpoint.
    """
    left = [unit for unit in units if not unit.done(folder)]
    if not left:
        return
    folder = folder.resolve()
    if workers.scheduler is not None and not workers.all(folder.is_dir):
        why = f"its workers do not see {folder}"
        raise InputError("scheduler", workers.scheduler, why, "Put the study on a disk that all of them share")
    clock = Clock(left)
    work = partial(run_alone, configuration=configuration, folder=folder, device=device)
    with progress_bar(label, show=progress) as report:

        def listen(unit: Unit, fraction: float) -> None:
            clock.fractions[unit] = max(fraction, clock.fractions[unit])
            report(clock.done, clock.note)

        report(0.0, clock.note)
        try:
            for unit, seconds in workers.finished(work, left, report=listen):
                clock.finish(unit, seconds)
                report(clock.done, clock.note)
        except KeyboardInterrupt:
            raise IncompleteError(
                f"Interrupted with {clock.finished} of {len(left)} trainings done in {folder}. "
                "Run the same command again to continue."
            ) from None


class Clock:
    """How much of the work is done, by the time that it takes.

    Parameters
    ----------
    units : sequence of Unit
        What is to be done.
    """

    def __init__(self, units: Sequence[Unit]) -> None:
        self.fractions = dict.fromkeys(units, 0.0)
        self.seconds: dict[Unit, float] = {}
        self._most = 0.0

    def finish(self, unit: Unit, seconds: float) -> None:
        """Count a unit as done, which took so long."""
        self.fractions[unit], self.seconds[unit] = 1.0, seconds

    @property
    def finished(self) -> int:
        """Units that are done."""
        return len(self.seconds)

    @property
    def note(self) -> str:
        """How many are done."""
        return f"{self.finished}/{len(self.fractions)} trainings"

    @property
    def done(self) -> float:
        """Share of the time that is over: units that were never seen take as long as the most similar ones."""
        expected = {unit: self._expected(unit) for unit in self.fractions}
        over = sum(seconds * self.fractions[unit] for unit, seconds in expected.items())
        # What was promised is not taken back when a unit turns out to be longer.
        self._most = max(self._most, over / sum(expected.values()))
        return self._most

    def _expected(self, unit: Unit) -> float:
        if unit in self.seconds:
            return max(self.seconds[unit], 1e-3)
        for kind in (_kind, _network):
            alike = [seconds for seen, seconds in self.seconds.items() if kind(seen) == kind(unit)]
            if alike:
                return max(sum(alike) / len(alike), 1e-3)
        return max(sum(self.seconds.values()) / len(self.seconds), 1e-3) if self.seconds else 1.0


def _network(unit: Unit) -> object:
    return unit.network if isinstance(unit, Trial) else unit.word


def _kind(unit: Unit) -> object:
    return (unit.network, unit.pretrained, unit.labels) if isinstance(unit, Trial) else unit.word
