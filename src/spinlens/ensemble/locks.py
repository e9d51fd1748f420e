"""One process at a time writes: locks of an ensemble, and of one that is being created, also on other file systems."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from spinlens.ensemble.journal import NAME as JOURNAL
from spinlens.ensemble.journal import Journal
from spinlens.errors import InputError
from spinlens.files import PARTIAL, flush

CLAIM = f".claim{PARTIAL}"
"""File in the folder of an ensemble that is being created, which is locked meanwhile."""

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What file systems without locks say."""


def flock(file: BinaryIO, path: Path) -> None:
    """Lock a file that is open for writing, and say where that cannot be done.

    Raises
    ------
    BlockingIOError
        If another process holds it.

    Warns
    -----
    UserWarning
        If the file system has no locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        said = f"The file system of {path} has no locks ({error.strerror}): let one process at a time write there."
        warnings.warn(said, UserWarning, stacklevel=2)


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Create an empty folder that no other process works in meanwhile.

    Raises
    ------
    InputError
        If one does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Network file systems lock for writing what was opened for writing, and folders are not. It goes with the folder
    # to where that is renamed to, since there is no moment without a lock, and is cleared away there.
    with (folder / CLAIM).open("wb") as claim:
        try:
            flock(claim, folder)
            if (folder / CLAIM).stat().st_ino != os.fstat(claim.fileno()).st_ino:
                raise BlockingIOError
        except (BlockingIOError, FileNotFoundError):
            raise InputError("out", folder, "another process is creating it", "Wait for it to finish") from None
        _clear(folder)
        yield


def _clear(folder: Path) -> None:
    """Remove what a kill left behind."""
    for leftover in folder.iterdir():
        if leftover.name != CLAIM:
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def lock(path: Path) -> BinaryIO:
    """Return the open journal, without torn or altered lines, locked until it is closed or the process ends.

    Raises
    ------
    InputError
        If another process holds it.
    """
    journal = _locked((path / JOURNAL).open("ab"), path)
    try:
        content = Journal(path).readable()
        if content == (path / JOURNAL).read_bytes():
            return journal
        # The new file is locked before it has its name, so there is no moment without a lock.
        mended = _locked((path / (JOURNAL + PARTIAL)).open("wb"), path)
        mended.write(content)
        mended.flush()
        os.fsync(mended.fileno())
        (path / (JOURNAL + PARTIAL)).replace(path / JOURNAL)
        flush(path)
    except BaseException:
        journal.close()
        raise
    journal.close()
    return mended


def _locked(journal: BinaryIO, path: Path) -> BinaryIO:
    try:
        flock(journal, path)
        # Whoever mended the journal meanwhile holds the lock of the file that bears its name now.
        if Path(journal.name).stat().st_ino != os.fstat(journal.fileno()).st_ino:
            raise BlockingIOError
    except OSError as error:
        journal.close()
        if isinstance(error, BlockingIOError):
            raise InputError("out", path, "another process is writing to it", "Wait for it to finish") from None
        raise
    return journal
