"""Write an ensemble for another program: whole or not at all, never over something else."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from spinlens.ensemble import Ensemble, open_ensemble
from spinlens.errors import IncompleteError, InputError, did_you_mean, explained
from spinlens.exporting.arrays import write_npz, write_zarr
from spinlens.exporting.contents import Contents
from spinlens.exporting.hdf5 import write_hdf5, write_netcdf
from spinlens.exporting.images import write_images
from spinlens.exporting.tables import write_huggingface, write_parquet
from spinlens.files import PARTIAL, flush, local_path
from spinlens.progress import progress_bar

Write = Callable[[Contents, Path, Callable[[float], None]], None]

WRITERS: Mapping[str, Write] = {
    "netcdf": write_netcdf, "zarr": write_zarr, "hdf5": write_hdf5, "npz": write_npz, "parquet": write_parquet,
    "huggingface": write_huggingface,
}  # fmt: skip
IMAGES = "images"
FORMATS = (*WRITERS, IMAGES)
"""What `export` writes."""


def export(
    ensemble: Ensemble | Path | str,
    out: Path | str,
    *,
    format: str,
    chains: int | None = None,
    draws: int | None = None,
    classes: str | Sequence[float] | None = None,
    progress: bool = True,
) -> Path:
    """Write an ensemble for another program.

    Parameters
    ----------
    ensemble : Ensemble or path-like
        It must be complete.
    out : path-like
        A new file, or for ``"zarr"``, ``"huggingface"`` and ``"images"`` a new folder. It appears whole or not at all;
        a folder of images is filled file by file, and the same call goes on where one was interrupted.
    format : {"netcdf", "zarr", "hdf5", "npz", "parquet", "huggingface", "images"}
        Arrays with named axes: configurations as `Ensemble.spins` gives them, the sums of every recording, energies,
        order parameters and diagnostics. ``"parquet"``: a table of all recordings without configurations.
        ``"huggingface"``: a table of configurations with its card. ``"images"``: PNG without loss, one folder a class,
        and a table of labels, see `spinlens.exporting.images`.
    chains, draws : int, optional
        How many of the first chains, and of the first draws of each with the recordings up to there; by default all.
    classes : {"regions", "conditions"} or sequence of float, optional
        Of images alone: the four temperature regions of the square Ising model, which is the default; each condition;
        or temperatures, ascending, between classes: one that stands on an edge belongs to the colder one.
    progress : bool
        Whether to show progress on stderr.

    Returns
    -------
    pathlib.Path
        ``out``, or of images the table of labels.

    Raises
    ------
    InputError
        If ``out`` exists or cannot be written to, or something else cannot be used; nothing is written then.
    IncompleteError
        If the ensemble is not complete, or the disk is full.
    DamagedError
        If a stored chunk does not match its checksum.
    MissingError
        If the format needs a library that is not installed: ``pip install 'spinlens[export]'``.

    Examples
    --------
    >>> import spinlens as sl
    >>> ensemble = sl.simulate(sl.Ising(), (8, 8), temperature=[2.0, 3.0], progress=False)
    >>> sl.export(ensemble, "ising.npz", format="npz")  # doctest: +SKIP
    """
    if format not in FORMATS:
        raise InputError("format", repr(format), "is unknown", did_you_mean(str(format), FORMATS))
    if classes is not None and format != IMAGES:
        raise InputError("classes", classes, f"{format} has none", "Leave it out, or write images")
    place = local_path(out)
    if not isinstance(ensemble, Ensemble):
        ensemble = open_ensemble(ensemble)
    contents = Contents(ensemble, chains=chains, draws=draws)
    with progress_bar("export", show=progress) as tell:
        try:
            if format == IMAGES:
                return write_images(contents, place, "regions" if classes is None else classes, tell)
            if place.exists() or place.is_symlink():
                raise InputError("out", out, "exists already", "Name a new file or folder")
            _whole(place, lambda partial: WRITERS[format](contents, partial, lambda share: tell(share, format)))
        except ModuleNotFoundError as error:
            raise explained(error) from None
        except OSError as error:
            kept = "what was written is kept" if format == IMAGES else "nothing of it is kept"
            raise _cannot_write(place, error, kept) from None
    return place


def _whole(place: Path, write: Callable[[Path], None]) -> None:
    """Let something write a file or folder that appears whole or not at all."""
    absolute = place.absolute()
    partial = absolute.with_name(f".{absolute.name}{PARTIAL}")
    absolute.parent.mkdir(parents=True, exist_ok=True)
    _remove(partial)
    try:
        write(partial)
        for path in [partial] if partial.is_file() else partial.rglob("*"):
            flush(path)
        if absolute.exists():
            raise InputError("out", place, "was made meanwhile", "Name a new file or folder")
        partial.rename(absolute)
        flush(absolute.parent)
    finally:
        _remove(partial)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _cannot_write(place: Path, error: OSError, kept: str) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = f"the disk is full, so the export could not be finished; {kept}"
        return IncompleteError(f"{place}: {why}. Make room and run the same command again.")
    reason = " ".join(str(error.strerror or error).split())
    return InputError("out", place, f"cannot be written to ({reason})", "Choose another place")
