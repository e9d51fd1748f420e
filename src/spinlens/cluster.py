"""Dask clusters: that of a scheduler elsewhere, or one of processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spinlens.errors import InputError
from spinlens.provenance import versions

CONNECT_SECONDS = 5.0
"""How long to wait for a scheduler to answer, where Dask's configuration has no ``spinlens.connect-seconds``."""

SAME = ("spinlens", "numpy", "numba")
"""Whose versions workers elsewhere must share."""

LOST_SECONDS = 60.0
"""How long to wait for a new worker when all are lost; those that are watched are back within seconds."""


@contextmanager
def client_of(workers: int, scheduler: str | None) -> Iterator[Any]:
    """Yield a Dask client of a scheduler elsewhere, or of so many processes of this machine.

    Raises
    ------
    InputError
        If there is no scheduler at the address, or its workers have other versions of what must be the same.
    """
    if scheduler is not None:
        with _connected(scheduler) as client:
            _check_versions(client, scheduler)
            yield client
        return
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=0,
            processes=False,
            protocol="tcp",
            host="127.0.0.1",
            # No dashboard; left to itself the scheduler warns where its usual port is taken.
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        ) as cluster,
        Client(cluster) as client,
        _processes(workers, cluster.scheduler_address),
    ):
        client.wait_for_workers(1, timeout=LOST_SECONDS)
        yield client


def _connected(scheduler: str) -> Any:
    """Connect to the Dask scheduler at an address, or to the one that wrote a file."""
    import dask
    from distributed import Client

    seconds = float(dask.config.get("spinlens.connect-seconds", CONNECT_SECONDS))
    try:
        where = {"scheduler_file": scheduler} if Path(scheduler).is_file() else {"address": scheduler}
        try:
            return Client(**where, timeout=seconds)
        except AssertionError:
            # Two first messages of a busy scheduler arrived as one, which Dask does not expect.
            return Client(**where, timeout=seconds)
    except (OSError, ValueError, KeyError) as error:
        why = f"no Dask scheduler answers there within {seconds:g} s ({error})"
        advice = "DASK_SPINLENS__CONNECT_SECONDS=60 waits longer"
        raise InputError("scheduler", scheduler, why, advice) from None


def _check_versions(client: Any, scheduler: str) -> None:
    """Refuse workers whose libraries are not those of this process: their bytes may differ, or what is sent to them."""
    ours = {name: versions()[name] for name in SAME}

    def theirs(names: list[str]) -> dict[str, str]:
        # By value: what cannot be imported over there must not be needed to find that out.
        from importlib.metadata import PackageNotFoundError, version

        found = {}
        for name in names:
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = "not installed"
        return found

    for worker, found in client.run(theirs, list(ours)).items():
        if other := [f"{name} {found[name]} (here {ours[name]})" for name in ours if found[name] != ours[name]]:
            why = f"its worker {worker} has {', '.join(other)}"
            raise InputError("scheduler", scheduler, why, "Install the same versions everywhere")


@contextmanager
def _processes(count: int, address: str) -> Iterator[None]:
    """Run so many Dask workers of one thread; a Ctrl-C reaches this process alone, which tells them to stop."""
    command = [
        sys.executable, "-m", "dask", "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
        "--memory-limit", "0", "--death-timeout", f"{LOST_SECONDS:g}",
    ]  # fmt: skip
    quiet = {"DASK_LOGGING__DISTRIBUTED": "critical", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    nowhere = subprocess.DEVNULL
    running = [
        subprocess.Popen(command, env=os.environ | quiet, stdin=nowhere, stdout=nowhere, start_new_session=True)
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(CONNECT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
