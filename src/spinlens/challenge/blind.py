"""A blind analysis of one's own: temperatures multiplied by a number that nobody sees before the analysis is done."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from spinlens.challenge.records import read_record, write_record
from spinlens.config import Grid, Section, Sides, parse_grid
from spinlens.ensemble import OPENED, Ensemble, sample_all
from spinlens.ensemble.study_ensemble import ENSEMBLES, SUFFIX
from spinlens.errors import InputError
from spinlens.files import local_path, write_atomically
from spinlens.lattices import Lattice, parse_boundary
from spinlens.models import HiddenUnit, parse_model
from spinlens.progress import Report
from spinlens.sampling import Plan

SEALED, SEALED_FORMAT, OPENED_FORMAT = "sealed.json", "spinlens-sealed-1", "spinlens-opened-1"
HIDDEN = ".secret"
"""File with the secret of the operating system, from which an interrupted run goes on."""


class Sealing(Section):
    """What to simulate, as ``spinlens simulate`` has it, at several sizes.

    Attributes
    ----------
    model : str
        A name, with constants as in ``potts:states=3``.
    lattice : str
        Kind; by default by the sides.
    sizes : list
        The sides of each ensemble: ``[16, 24]`` for squares, or ``["8x8x8", "12x12x12"]``.
    temperature : grid
        Before it is multiplied.
    controls : table of grids
        The other axes by their names, in the model's own unit.
    algorithm : str
        Not ``"auto"``: what it chooses tells where correlations reach far.
    """

    model: str = "ising"
    lattice: str = ""
    boundary: str = "periodic"
    sizes: list[Sides] = Field(min_length=1)
    temperature: Grid
    controls: dict[str, Grid] = Field(default_factory=dict)
    chains: int = 64
    draws: int = 1
    recordings: int | None = None
    equilibration: int | None = None
    interval: int = 8
    algorithm: str = "heat_bath"
    exchange: bool = True
    start: str = "dispersed"
    seed: int = 0

    def plans(self, secret: str) -> dict[str, Plan]:
        """Return what is simulated, by the names of the ensembles.

        Raises
        ------
        InputError
            If it cannot be.
        """
        if self.algorithm == "auto":
            why = "tells by its choice where correlations reach far"
            raise InputError("algorithm", "'auto'", why, "Name one, for example heat_bath")
        model = HiddenUnit(parse_model(self.model), secret)
        plans = {}
        for sides in self.sizes:
            lattice = Lattice(tuple(sides), boundary=parse_boundary(self.boundary), kind=self.lattice)
            name = "x".join(map(str, lattice.shape))
            plans[name] = Plan(
                model=model, lattice=lattice,
                temperature=model.unit * np.array(parse_grid(self.temperature, "temperature")),
                controls={key: parse_grid(values, key) for key, values in self.controls.items()},
                chains=self.chains, draws=self.draws, recordings=self.recordings, equilibration=self.equilibration,
                interval=self.interval, algorithm=self.algorithm, exchange=self.exchange, start=self.start,
                seed=self.seed,
            )  # fmt: skip
        return plans


def seal(
    values: Mapping[str, Any], out: Path | str, *, workers: int | None = None, progress: bool | Report = True
) -> list[Ensemble]:
    """Simulate at temperatures that are multiplied by exp(x), x uniform between -0.3 and 0.3 and hidden.

    Parameters
    ----------
    values : mapping
        See `Sealing`.
    out : path-like
        A new folder, or an unfinished one of the same values. Its first file has the SHA-256 of the secret; the
        ensembles lie in ``ensembles``.
    workers, progress
        As `spinlens.simulate`.

    Raises
    ------
    InputError
        If a value cannot be used, or the folder holds something else or was opened.
    IncompleteError
        If it was interrupted; the same call continues.
    """
    asked, out = Sealing.resolve(values), local_path(out)
    if (out / SEALED).exists():
        stored = read_record(out / SEALED, what="out", form=SEALED_FORMAT)
        if (out / OPENED).exists():
            raise InputError("out", out, "was opened", "Choose another folder")
        secret = _secret(out, str(stored.get("secret_sha256")))
        if stored.get("simulated_sha256") != _description(asked, secret):
            raise InputError("out", out, "was sealed with other values", "Choose another folder")
        plans = asked.plans(secret)
    elif out.exists() and any(path.name != HIDDEN for path in out.iterdir()):
        raise InputError("out", out, "is not empty", "Choose another folder")
    else:
        secret = secrets.token_hex(32)
        # Whatever cannot be simulated is refused before anything is written.
        plans = asked.plans(secret)
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / HIDDEN, secret.encode())
        published = {"secret_sha256": _hash(secret), "simulated_sha256": _description(asked, secret)}
        write_record(out / SEALED, {"format": SEALED_FORMAT, **published})
    (out / ENSEMBLES).mkdir(exist_ok=True)
    where = {out / ENSEMBLES / f"{name}{SUFFIX}": plan for name, plan in plans.items()}
    return sample_all(where, workers=workers, progress=progress, label="blind")


def open_sealed(folder: Path | str) -> float:
    """Publish the secret of a sealed folder, and return by how much its temperatures were multiplied.

    Raises
    ------
    InputError
        If there is none, or the secret is not the one whose hash was published first.
    """
    folder = Path(folder)
    stored = read_record(folder / SEALED, what="sealed", form=SEALED_FORMAT, do="Name what spinlens blind made")
    secret = _secret(folder, str(stored.get("secret_sha256")))
    unit = HiddenUnit(parse_model("ising"), secret).unit
    opened = {"format": OPENED_FORMAT, "secret": secret, "unit": unit, "ln_unit": math.log(unit)}
    write_record(folder / OPENED, opened)
    return unit


def _secret(folder: Path, digest: str) -> str:
    try:
        secret = (folder / HIDDEN).read_text()
    except (OSError, UnicodeDecodeError):
        raise InputError("secret", folder / HIDDEN, "cannot be read", "Restore it from a copy") from None
    if _hash(secret) != digest:
        raise InputError("secret", f"SHA-256 {_hash(secret)}", f"is not the one that was published: {digest}")
    return secret


def _description(asked: Sealing, secret: str) -> str:
    """Return a hash of what was asked for: the temperatures themselves, beside the others, would give the unit away."""
    return _hash(secret + asked.model_dump_json())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
