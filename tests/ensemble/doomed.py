"""Sample the tiny plan in processes that meet their end at a chosen moment.

Reads one list of `Fate` from standard input, as JSON, and writes one list of `[exit code, message]` to standard output;
the exit code of a process that a signal ended is minus its number. Each fate is a fork of this process, which has
done its imports and compiled its kernels before: that is what makes many of them cheap.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spinlens.ensemble import checkpoint, sample
from spinlens.ensemble.journal import Journal
from spinlens.errors import SpinlensError
from spinlens.sampling import run_unit, units
from spinlens.sampling.diagnostics import mixing
from spinlens.sampling.engines.bits.walkers import BitWalkers
from tests.ensemble.tiny import PLAN


@dataclass(frozen=True)
class Fate:
    """How one process ends.

    Attributes
    ----------
    out : str
        Its ensemble.
    signal : int
        The signal that it gets.
    point : str
        ``"written"``: the new file is complete, but not renamed; ``"renamed"``; ``"journal"``: just before a line of
        the journal; ``"torn"``: half a line is written; ``"journaled"``; ``"sampling"``: within a unit of work.
    count : int
        At which passage of that point.
    seconds : float
        Instead of a point: when.
    workers : int
        Threads.
    rivals : int
        So many processes at once; the exit code is then the largest, and the messages follow each other.
    checkpoints : bool
        Whether units write a checkpoint after every interval.
    """

    out: str
    signal: int = signal.SIGKILL
    point: str = ""
    count: int = 0
    seconds: float = 0.0
    workers: int = 1
    rivals: int = 1
    checkpoints: bool = False


def set_trap(fate: Fate) -> None:
    """Replace the function that passes the point by one that ends the process there."""
    passed = 0

    def end() -> None:
        nonlocal passed
        passed += 1
        if passed == fate.count:
            os.kill(os.getpid(), fate.signal)

    def around(function: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
        def trapped(*arguments: Any, **options: Any) -> Any:
            if before:
                end()
            result = function(*arguments, **options)
            if not before:
                end()
            return result

        return trapped

    def append_half(self: Journal, entry: Any) -> None:
        nonlocal passed
        append(self, entry)
        if passed + 1 == fate.count:
            os.truncate(self.path, self.path.stat().st_size - 40)
        end()

    append = Journal.append
    if fate.point in ("written", "renamed"):
        Path.replace = around(Path.replace, before=fate.point == "written")  # type: ignore[method-assign]
    elif fate.point in ("journal", "journaled"):
        Journal.append = around(append, before=fate.point == "journal")  # type: ignore[method-assign]
    elif fate.point == "torn":
        Journal.append = append_half  # type: ignore[method-assign]
    elif fate.point == "sampling":
        BitWalkers.sweep = around(BitWalkers.sweep, before=True)  # type: ignore[method-assign]


def live(fate: Fate) -> tuple[int, str]:
    """Fork, sample there, and return how that ended."""
    begun = [start(fate) for _ in range(fate.rivals)]
    ends = [end(fate, child, reading) for child, reading in begun]
    return max(ends)[0], "; ".join(message for _, message in ends if message)


def start(fate: Fate) -> tuple[int, int]:
    """Return a process that samples, and the pipe that it writes its message to."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reading)
        code, message = 0, ""
        set_trap(fate)
        if fate.checkpoints:
            checkpoint.SECONDS = checkpoint.SHARE = 0  # type: ignore[assignment]
        try:
            sample(PLAN, out=fate.out, workers=fate.workers, progress=False)
        except SpinlensError as error:
            code, message = error.exit_code, str(error)
        os.write(writing, message.encode())
        os._exit(code)
    os.close(writing)
    return child, reading


def end(fate: Fate, child: int, reading: int) -> tuple[int, str]:
    """Wait for the end of a process, or bring it about."""
    if fate.seconds:
        time.sleep(fate.seconds)
        os.kill(child, fate.signal)
    with os.fdopen(reading) as pipe:
        message = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), message


def main() -> None:
    """Live through the fates one after the other."""
    draws = run_unit(PLAN, units(PLAN)[0])
    mixing(draws.sums, model=PLAN.model, lattice=PLAN.lattice, field=0.1)
    import distributed  # noqa: F401

    fates = [Fate(**values) for values in json.load(sys.stdin)]
    json.dump([live(fate) for fate in fates], sys.stdout)


def run(fates: list[Fate]) -> list[tuple[int, str]]:
    """Live through the fates in a process of their own; return exit codes and messages."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "tests.ensemble.doomed"],
        input=json.dumps([asdict(fate) for fate in fates]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return [(code, message) for code, message in json.loads(done.stdout)]


if __name__ == "__main__":
    main()
