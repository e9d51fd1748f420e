"""Hand tasks to workers and take the results back as they are finished.

One machine uses threads of this process where the work releases Python's lock, as kernels do, or processes of a Dask
cluster of its own where it does not, as trainings do. Whoever has more machines names the address of a Dask scheduler.
"""

from __future__ import annotations

import math
import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import ExitStack, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event as Flag
from typing import Any, Self, TypeVar

from spinlens.cluster import LOST_SECONDS, client_of
from spinlens.errors import IncompleteError, InputError
from spinlens.progress import Report

PATIENCE_SECONDS = 30.0
"""How long an interruption waits for tasks in other processes to keep what they have."""

TALK_SECONDS = 0.2
"""How often at most a task reports and asks whether the run goes on."""

Task = TypeVar("Task")
Result = TypeVar("Result")

_stopped: set[str] = set()


class _StoppedError(Exception):
    """The run that this task belongs to was interrupted."""


def check_workers(workers: int | None, scheduler: str | None, *, what: str = "workers") -> None:
    """Make sure that there is somebody to do the work, before anything is written.

    Raises
    ------
    InputError
        If ``workers`` is not a whole number >= 1, or there is no scheduler at the address.
    """
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise InputError(what, workers, "must be a whole number >= 1")
    if scheduler is not None:
        with client_of(1, scheduler):
            pass


def threads_for(tasks: int, workers: int | None, scheduler: str | None) -> int:
    """Return how many threads each task may use, where there are fewer tasks than workers on this machine."""
    return 1 if scheduler is not None else max(1, (workers or cores()) // max(1, tasks))


def finished(
    work: Callable[[Task, Report], Result],
    tasks: Sequence[Task],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    report: Callable[[Task, float], None],
) -> Iterator[tuple[Task, Result]]:
    """Do tasks side by side, in threads of this process or on a scheduler; see `Workers.finished`."""
    with Workers(min(workers or cores(), max(1, len(tasks))), scheduler) as here:
        yield from here.finished(work, tasks, report=report)


class Workers:
    """Those who do the work, from the first task that needs them to the end of a ``with`` block.

    Parameters
    ----------
    workers : int, optional
        Threads or processes of a local cluster; by default one for each core. One alone is this process itself.
    scheduler : str, optional
        Address of a Dask scheduler to use instead, or the file that it wrote.
    processes : bool
        Whether local tasks have a process each in place of a thread.
    """

    def __init__(self, workers: int | None = None, scheduler: str | None = None, *, processes: bool = False) -> None:
        self.workers, self.scheduler, self.processes = workers or cores(), scheduler, processes
        self._open, self._client = ExitStack(), None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *why: object) -> None:
        self._open.close()

    def finished(
        self, work: Callable[[Task, Report], Result], tasks: Sequence[Task], *, report: Callable[[Task, float], None]
    ) -> Iterator[tuple[Task, Result]]:
        """Do tasks side by side and yield each with its result, in the order in which they finish.

        Parameters
        ----------
        work : callable
            Of a task and a function to report to, which raises where the run was interrupted. It and what it returns
            cross process borders.
        tasks : sequence
            What to do.
        report : callable
            Called with a task and the fraction of it that is done, from any thread.

        Raises
        ------
        InputError
            If there is no scheduler at the address.
        IncompleteError
            If the scheduler is lost, all of its workers are for a minute, or one task kills them again and again. A
            lost worker's tasks are done by the others.
        """
        alone = self.workers == 1 or (len(tasks) == 1 and self._client is None)
        if self.scheduler is None and alone:
            for task in tasks:
                yield task, work(task, partial(_report_alone, report, task))
        elif self.scheduler is None and not self.processes:
            yield from _in_threads(self.workers, work, tasks, report)
        elif tasks:
            if self._client is None:
                client = client_of(self.workers, self.scheduler)
                self._client = self._open.enter_context(client)
            # Workers that others keep alive stop by themselves; our own processes end with this block.
            ours = self.processes and self.scheduler is None
            patience = PATIENCE_SECONDS if ours else 0.0
            yield from _through_dask(self._client, work, tasks, report, patience=patience)

    def all(self, question: Callable[[], bool]) -> bool:
        """Return whether all workers of the scheduler say yes."""
        with client_of(1, self.scheduler) as client:
            return all(client.run(question).values())


def _report_alone(report: Callable[[Task, float], None], task: Task, fraction: float, note: str = "") -> None:  # noqa: ARG001
    report(task, fraction)


def _in_threads(
    workers: int,
    work: Callable[[Task, Report], Result],
    tasks: Sequence[Task],
    report: Callable[[Task, float], None],
) -> Iterator[tuple[Task, Result]]:
    """Do tasks in threads of this process; what runs when the caller leaves off stops at its next report."""
    left = Flag()

    def run(task: Task) -> Result:
        said = -math.inf

        def tell(fraction: float, note: str = "") -> None:  # noqa: ARG001
            nonlocal said
            if left.is_set():
                raise _StoppedError
            if (now := time.monotonic()) - said > TALK_SECONDS or fraction >= 1:
                said = now
                report(task, fraction)

        tell(0.0)
        return work(task, tell)

    waiting = iter(tasks)
    with ThreadPoolExecutor(workers, "spinlens") as pool:
        # One task more than there are threads keeps all busy without piling finished results up in memory.
        running = {pool.submit(run, task): task for task in islice(waiting, workers + 1)}
        try:
            while running:
                for future in wait_for(running, return_when=FIRST_COMPLETED).done:
                    task, result = running.pop(future), future.result()
                    running |= {pool.submit(run, following): following for following in islice(waiting, 1)}
                    yield task, result
        finally:
            left.set()
            for future in running:
                future.cancel()


def cores() -> int:
    """Return how many cores this process may use: those that it is bound to, or fewer by a container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(Path("/sys/fs/cgroup"))
    return cores if quota is None else max(1, min(cores, round(quota)))


def _quota(control_groups: Path) -> float | None:
    """Return the cores that a container may use at the mean, by either version of Linux' control groups."""
    try:
        quota, period = (control_groups / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            folder = control_groups / "cpu"
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        except OSError:
            return None
    try:
        return int(quota) / int(period) if int(quota) > 0 else None
    except (ValueError, ZeroDivisionError):
        return None


def _through_dask(
    client: Any,
    work: Callable[[Task, Report], Result],
    tasks: Sequence[Task],
    report: Callable[[Task, float], None],
    *,
    patience: float,
) -> Iterator[tuple[Task, Result]]:
    from concurrent.futures import CancelledError

    from distributed import Event, wait
    from distributed.scheduler import KilledWorker

    topic = f"spinlens-{uuid.uuid4().hex}"
    client.subscribe_topic(topic, lambda event: report(tasks[event[1][0]], event[1][1]))
    waiting = iter(range(len(tasks)))
    # A window of two tasks a thread keeps everyone busy without piling finished results up in memory.
    window = 2 * max(1, sum(client.nthreads().values()))

    def submit(place: int) -> Any:
        return client.submit(_work, work, tasks[place], place, topic, key=f"{topic}-{place}", pure=False)

    running = {}
    try:
        for place in islice(waiting, window):
            running[submit(place)] = place
        while running:
            try:
                # Whatever a dead worker had finished and not handed over, Dask has done again by another one.
                future = _next_finished(client, list(running))
                result = future.result()
            except (CancelledError, KilledWorker) as error:
                raise _lost(getattr(error, "reason", None) or type(error).__name__) from None
            place = running.pop(future)
            future.release()
            if (following := next(waiting, None)) is not None:
                running[submit(following)] = following
            yield tasks[place], result
    finally:
        _stopped.add(topic)
        if running:
            Event(topic, client=client).set()
        if running and patience:
            with suppress(TimeoutError):
                wait(list(running), timeout=patience)
        client.cancel(list(running))
        client.unsubscribe_topic(topic)


def _next_finished(client: Any, futures: list[Any]) -> Any:
    """Wait for the first of some futures, as long as there is somebody to work on them."""
    from distributed import wait

    last_seen = time.monotonic()
    while True:
        try:
            done = wait(futures, timeout=1.0, return_when="FIRST_COMPLETED").done
            return next(future for future in futures if future in done)
        except TimeoutError:
            if client.nthreads():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > LOST_SECONDS:
                raise _lost(f"none for {LOST_SECONDS:g} seconds") from None


def _lost(reason: str) -> IncompleteError:
    return IncompleteError(
        f"The Dask workers were lost ({reason}); what was stored before is safe. "
        "Run the same command again to continue."
    )


def _work(work: Callable[[Task, Report], Result], task: Task, place: int, topic: str) -> Result:
    """Do one task on a worker, reporting through Dask's events; stop early where the run was interrupted."""
    from distributed import Event, get_worker

    worker, said = get_worker(), -math.inf

    def report(fraction: float, note: str = "") -> None:  # noqa: ARG001
        nonlocal said
        if topic in _stopped:
            raise _StoppedError
        if (now := time.monotonic()) - said > TALK_SECONDS or fraction >= 1:
            said = now
            if Event(topic).is_set():
                raise _StoppedError
            worker.log_event(topic, (place, fraction))

    report(0.0)
    return work(task, report)
