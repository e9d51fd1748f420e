"""Errors that say what, got, why and do; each carries the exit code of the command that raised it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class SpinlensError(Exception):
    """Something failed in a way that spinlens can explain in one sentence."""

    exit_code: ClassVar[int] = 1


class InputError(SpinlensError, ValueError):
    """What the user asked for cannot be done; nothing was written.

    Parameters
    ----------
    what : str
        The name of the offending input, for example ``temperature[3]``.
    got : object
        The value that was given.
    why : str
        The rule it breaks.
    do : str, optional
        What to do instead.
    """

    exit_code = 2

    def __init__(self, what: str, got: object, why: str, do: str = "") -> None:
        self.what, self.got, self.why, self.do = what, got, why, do
        super().__init__(
            f"{what} = {got}: {why}." + (f" {do}" + ("" if do.endswith(("?", ".")) else ".") if do else "")
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the four parts, so that the error crosses process borders whole."""
        return (type(self), (self.what, self.got, self.why, self.do))


class IncompleteError(SpinlensError):
    """The work stopped early, what was finished is safe, and the same command continues it."""

    exit_code = 3


class DamagedError(SpinlensError):
    """Stored data does not match its checksum or its description."""

    exit_code = 4


class MissingError(SpinlensError, ModuleNotFoundError):
    """A library that is installed on request alone is needed, or a system that has what this one lacks."""

    exit_code = 2


EXTRAS = {
    "torch": "learn", "safetensors": "learn", "transformers": "hub", "h5py": "hdf5", "dask": "cluster",
    "distributed": "cluster", "h5netcdf": "export", "pyarrow": "export",
}  # fmt: skip
"""Libraries and the extra that installs each."""


def explained(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return what to say in place of a failed import: what installs the library, or the error itself."""
    library = (error.name or "").partition(".")[0]
    if library in EXTRAS:
        return MissingError(f"This needs {library}, which is not installed: pip install 'spinlens[{EXTRAS[library]}]'.")
    if library == "fcntl":
        return MissingError("Ensembles need the file locks of POSIX, which Windows lacks: use its Linux subsystem.")
    return error


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Say which known word is nearest to ``word``, or list them all."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}"


class NoOverlapError(InputError):
    """The histograms of some conditions have nothing in common with those of the others."""


class OverlapWarning(UserWarning):
    """Part of what was simulated could not be used for an answer."""


class EquilibrationWarning(UserWarning):
    """Some conditions of an ensemble are not equilibrated."""
