"""Writing files so that no reader ever sees half of one, and holding Ctrl-C back while one is written."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from spinlens.errors import InputError

PARTIAL = ".partial"
"""Ending of a file that is still being written; left behind only by a kill, and then worthless."""


def local_path(path: Path | str, what: str = "out") -> Path:
    """Return where something is to be written on this machine, ``~`` being the home of whoever runs it.

    Parameters
    ----------
    path : path-like
        As a user gave it.
    what : str
        What it is called in an error.

    Raises
    ------
    InputError
        If it is an address of another machine, there is no such home, or its links go in circles.
    """
    if "://" in str(path) or re.match(r"(s3|gs|gcs|az|abfs|https?|ftp|file):/", str(path)):
        raise InputError(what, path, "is no path on this machine", "Write here, and copy it there afterwards")
    try:
        found = Path(path).expanduser()
        # What lies on the way to a new name may go in circles too.
        found.resolve(strict=False)
        with suppress(FileNotFoundError, NotADirectoryError):
            found.stat()
    except (RuntimeError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(what, path, f"cannot be used ({reason})", "Choose another place") from None
    return found


def write_atomically(path: Path, *data: bytes | memoryview, durable: bool = True) -> None:
    """Write ``data``, one after another, under a temporary name, flush it to the disk and give it its name.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder must exist.
    *data : bytes or memoryview
        Its whole content, in one or several parts.
    durable : bool
        Whether it must outlive a power cut. False spares the flush, for files that can be made and checked again.

    Raises
    ------
    OSError
        If the disk is full or read-only; the file is then as it was.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        with partial.open("wb") as file:
            for part in data:
                file.write(part)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if durable:
        flush(path.parent)


def flush(path: Path) -> None:
    """Flush a file, or the names in a folder so that a rename survives a power cut, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def interrupts_awaited() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back until the function that this yields is called, or a second Ctrl-C.

    Signal handlers belong to the main thread; in any other thread this does nothing.
    """
    former = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(former):
        yield lambda: None
        return
    told, caught = former, False

    def catch(number: int, frame: FrameType | None) -> None:
        nonlocal caught
        if caught:
            told(number, frame)
        caught = True

    def heed() -> None:
        if caught:
            told(signal.SIGINT, None)

    signal.signal(signal.SIGINT, catch)
    try:
        yield heed
    except BaseException:
        signal.signal(signal.SIGINT, former)
        raise
    signal.signal(signal.SIGINT, former)
    heed()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back until the block is done, then let it through.

    Signal handlers belong to the main thread; in any other thread this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[tuple[int, FrameType | None]] = []
    former = signal.signal(signal.SIGINT, lambda number, frame: caught.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
        if caught and callable(former):
            former(*caught[0])
