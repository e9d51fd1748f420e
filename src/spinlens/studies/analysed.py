"""Networks of an ensemble and their latent maps, on the disk of a study and only once."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from spinlens.ensemble import Ensemble
from spinlens.errors import DamagedError
from spinlens.files import PARTIAL, flush

if TYPE_CHECKING:
    from spinlens.learning import TCVAE
    from spinlens.studies.crossover import CrossoverConfiguration

DIGEST = "digest"
"""File in ``maps.zarr`` with the SHA-256 of all others."""


def trained(
    configuration: CrossoverConfiguration, number: int, ensemble: Ensemble, folder: Path, *, device: str | None,
    progress: bool,
) -> TCVAE:  # fmt: skip
    """Return a network on an ensemble, from the disk as far as it was trained already."""
    from spinlens.learning import TCVAE

    vae = TCVAE(**dict(configuration.training), seed=configuration.training_seed(number), device=device)
    return vae.fit(ensemble, out=folder / numbered("model", number), progress=progress)


def numbered(name: str, number: int) -> str:
    """Return the name of what belongs to a training; that of the first has no number."""
    return f"{name}-{number + 1}" if number else name


def analysed(
    vae: TCVAE, ensemble: Ensemble, folder: Path, name: str, *, progress: bool
) -> tuple[xr.Dataset, xr.Dataset]:  # fmt: skip
    """Return the latent maps and the reconstruction report, from the disk where they are stored already."""
    from spinlens.learning import reconstruction
    from spinlens.phases import latent_maps

    path = folder / name
    if not path.exists():
        partial = path.with_name(path.name + PARTIAL)
        shutil.rmtree(partial, ignore_errors=True)
        latent_maps(vae, ensemble, progress=progress).to_zarr(partial, group="maps", zarr_format=3, consolidated=False)
        reconstruction(vae, ensemble, progress=progress).to_zarr(
            partial, group="reconstruction", mode="a", zarr_format=3, consolidated=False
        )
        (partial / DIGEST).write_text(_digest(partial))
        partial.replace(path)
        flush(folder)
    elif not (path / DIGEST).is_file() or (path / DIGEST).read_text() != _digest(path):
        raise DamagedError(f"{path} does not match its checksum; delete it and run again.")
    options: dict[str, Any] = {"zarr_format": 3, "consolidated": False}
    maps, report = (xr.open_zarr(path, group=group, **options).load() for group in ("maps", "reconstruction"))
    return maps, report


def _digest(folder: Path) -> str:
    """Return the SHA-256 of the names and contents of all files but the digest itself."""
    total = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file() and file.name != DIGEST):
        total.update(f"{file.relative_to(folder)} {file.stat().st_size}\n".encode())
        total.update(file.read_bytes())
    return total.hexdigest()
