"""The state of a unit of work that is under way, beside the ensemble, until the unit is committed.

A checkpoint is a file of two parts: a line of JSON that says of which plan, unit and versions it is and how far that
has come, with the SHA-256 of the rest; and the arrays, as NumPy's archive without pickles. Whatever does not fit is no
checkpoint, and the unit begins anew: nothing depends on there being one.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble.layout import fingerprint
from spinlens.files import write_atomically
from spinlens.provenance import versions
from spinlens.sampling import Plan, Unit

FOLDER = "checkpoints"
"""In the ensemble; it is gone when all units are committed."""

SECONDS = 30.0
"""Between two checkpoints of a unit: what a kill costs at most."""

SHARE = 20
"""So many times as long as a checkpoint took to write passes at least before the next."""


class Checkpoint:
    """Where one unit of an ensemble is kept; see `spinlens.sampling.chains.Keeper`.

    Parameters
    ----------
    folder : pathlib.Path
        The ensemble.
    plan : Plan
        What it holds.
    unit : Unit
        Which part of it.
    """

    def __init__(self, folder: Path, plan: Plan, unit: Unit) -> None:
        self.path = folder / FOLDER / f"{unit.point}.{unit.block}"
        self._plan, self._unit = plan, unit
        self._next = time.monotonic() + SECONDS

    def load(self) -> dict[str, np.ndarray]:
        """Return the arrays that were kept last, or none."""
        try:
            with self.path.open("rb") as file:
                head, body = self._head(file.readline()), file.read()
                if head is None or hashlib.sha256(body).hexdigest() != head["sha256"]:
                    return {}
            with np.load(io.BytesIO(body), allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return {}

    @property
    def fraction(self) -> float:
        """How much of the unit the checkpoint says is done, 0 without one."""
        try:
            with self.path.open("rb") as file:
                head = self._head(file.readline())
        except OSError:
            return 0.0
        return 0.0 if head is None else float(head["fraction"])

    def due(self) -> bool:
        """Return whether it is time for another one."""
        return time.monotonic() >= self._next

    def save(self, arrays: Mapping[str, np.ndarray], fraction: float) -> None:
        """Keep arrays, and which fraction of the unit is done; where there is no room, go on without."""
        begun = time.monotonic()
        archive = io.BytesIO()
        np.savez(archive, **arrays)  # type: ignore[arg-type]
        body = archive.getbuffer()
        head = {**self._identity, "fraction": fraction, "sha256": hashlib.sha256(body).hexdigest()}
        with suppress(OSError):
            self.path.parent.mkdir(exist_ok=True)
            write_atomically(self.path, json.dumps(head, sort_keys=True).encode() + b"\n", body)
        now = time.monotonic()
        self._next = now + max(SECONDS, SHARE * (now - begun))

    def remove(self) -> None:
        """Forget the unit, which is committed."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
            self.path.parent.rmdir()

    @property
    def _identity(self) -> dict[str, Any]:
        # Other versions may draw the same distribution by other bytes.
        rule, unit = self._plan.kernels.rule, {"point": self._unit.point, "block": self._unit.block}
        return {"plan": fingerprint(self._plan.to_dict()), **unit, "rule": rule, "versions": versions()}

    def _head(self, line: bytes) -> dict[str, Any] | None:
        """Return what the first line says where it is of this unit."""
        try:
            head = json.loads(line)
            ours = all(head[name] == value for name, value in self._identity.items())
            whole = isinstance(head["sha256"], str) and 0 <= head["fraction"] <= 1
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return dict(head) if ours and whole else None


def sweep_out(folder: Path, plan: Plan, missing: Iterable[Unit]) -> None:
    """Remove the checkpoints of all units but those that are missing, before any is sampled."""
    kept = {Checkpoint(folder, plan, unit).path for unit in missing}
    with suppress(OSError):
        for path in (folder / FOLDER).iterdir():
            if path not in kept:
                path.unlink()
        (folder / FOLDER).rmdir()
