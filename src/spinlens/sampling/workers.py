"""Hand units of work to Dask workers and take the draws back as they are finished.

One machine uses a cluster of threads in this process: the kernels release Python's lock, start at once and share
their compiled code. Whoever has more machines names the address of a running Dask scheduler.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from spinlens.errors import IncompleteError, InputError
from spinlens.sampling.chains import Unit, UnitDraws, run_unit
from spinlens.sampling.plan import Plan

CONNECT_SECONDS = 5
"""How long to wait for a scheduler to answer."""

LOST_SECONDS = 60.0
"""How long to wait for a new worker when all are lost; those that are watched are back within seconds."""

_stopped: set[str] = set()


class _StoppedError(Exception):
    """The run that this unit belongs to was interrupted."""


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
        with _client(1, scheduler):
            pass


def finished_units(
    plan: Plan,
    units: Sequence[Unit],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    report: Callable[[Unit, float], None],
) -> Iterator[tuple[Unit, UnitDraws]]:
    """Run units and yield each with its draws, in the order in which they finish.

    Parameters
    ----------
    plan : Plan
        What to sample.
    units : sequence of Unit
        The parts to run.
    workers : int, optional
        Threads of the local cluster; by default one for each core. The draws do not depend on it.
    scheduler : str, optional
        Address of a Dask scheduler to use instead.
    report : callable
        Called with a unit and the fraction of it that is done, from any thread.

    Raises
    ------
    InputError
        If there is no scheduler at the address.
    IncompleteError
        If the scheduler is lost, all of its workers are for a minute, or one unit kills them again and again. A lost
        worker's units are done by the others.
    """
    if not units:
        return
    workers = min(workers or _cores(), len(units))
    if scheduler is None and workers == 1:
        for unit in units:
            yield unit, run_unit(plan, unit, lambda fraction, unit=unit: report(unit, fraction))  # type: ignore[misc]
        return
    with _client(workers, scheduler) as client:
        yield from _through_dask(client, plan, units, report)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Any]:
    import dask.config
    from distributed import Client, LocalCluster

    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise InputError("scheduler", scheduler, f"no Dask scheduler answers there ({error})") from None
        with client:
            yield client
        return
    with (
        dask.config.set({"distributed.worker.memory.target": False, "distributed.worker.memory.spill": False}),
        LocalCluster(
            n_workers=1,
            threads_per_worker=workers,
            processes=False,
            memory_limit=None,
            # No dashboard; left to itself the scheduler warns where its usual port is taken.
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _through_dask(
    client: Any, plan: Plan, units: Sequence[Unit], report: Callable[[Unit, float], None]
) -> Iterator[tuple[Unit, UnitDraws]]:
    from concurrent.futures import CancelledError

    from distributed.scheduler import KilledWorker

    topic = f"spinlens-{uuid.uuid4().hex}"
    client.subscribe_topic(topic, lambda event: report(Unit(*event[1][:2]), event[1][2]))
    waiting = iter(units)
    # A window of two units a thread keeps everyone busy without piling finished draws up in memory.
    window = 2 * max(1, sum(client.nthreads().values()))

    def submit(unit: Unit) -> Any:
        return client.submit(_work, plan, unit, topic, key=f"{topic}-{unit.point}-{unit.block}", pure=False)

    running = {}
    try:
        for unit in islice(waiting, window):
            running[submit(unit)] = unit
        while running:
            try:
                # Whatever a dead worker had finished and not handed over, Dask has done again by another one.
                future = _next_finished(client, list(running))
                draws = future.result()
            except (CancelledError, KilledWorker) as error:
                raise _lost(getattr(error, "reason", None) or type(error).__name__) from None
            unit = running.pop(future)
            future.release()
            if (following := next(waiting, None)) is not None:
                running[submit(following)] = following
            yield unit, draws
    finally:
        _stopped.add(topic)
        client.cancel(list(running))
        client.unsubscribe_topic(topic)


def _next_finished(client: Any, futures: list[Any]) -> Any:
    """Wait for the first of some futures, as long as there is somebody to work on them."""
    from distributed import wait

    last_seen = time.monotonic()
    while True:
        try:
            finished = wait(futures, timeout=1.0, return_when="FIRST_COMPLETED").done
            return next(future for future in futures if future in finished)
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


def _work(plan: Plan, unit: Unit, topic: str) -> UnitDraws:
    """Run one unit on a worker, reporting through Dask's events; stop early where the run was interrupted."""
    from distributed import get_worker

    worker = get_worker()

    def report(fraction: float) -> None:
        if topic in _stopped:
            raise _StoppedError
        worker.log_event(topic, (unit.point, unit.block, fraction))

    return run_unit(plan, unit, report)
