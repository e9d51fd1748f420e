"""The directory of a study: its configuration, its stages and how long they took."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spinlens.config import differences, read_toml, write_toml
from spinlens.errors import DamagedError, InputError
from spinlens.files import PARTIAL, local_path, write_atomically

CONFIG = "config.toml"
STAGES = "stages.json"
SUMMARY = "summary.json"


class StudyDirectory:
    """Where a study lives and which of its stages are done.

    Parameters
    ----------
    path : path-like
        New, empty, or a study of the same configuration to continue.
    configuration : mapping
        Fully resolved.

    Raises
    ------
    InputError
        If the directory holds something else or another configuration; nothing is written then.
    """

    def __init__(self, path: Path | str, configuration: Mapping[str, Any]) -> None:
        self.path = local_path(path)
        self._stages = self._open(configuration)

    def _open(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        if self.path.exists() and not self.path.is_dir():
            raise InputError("out", self.path, "is a file", "Name a directory")
        config = self.path / CONFIG
        if config.exists():
            if found := differences(configuration, read_toml(config)):
                raise InputError(
                    "out", self.path, f"holds a study with another configuration: {', '.join(found)}",
                    "Continue with the same configuration or choose another directory",
                )  # fmt: skip
            return self._read_stages()
        # A kill during the very first write leaves this behind, and it is worthless.
        leftover = CONFIG + PARTIAL
        if self.path.is_dir() and any(file.name != leftover for file in self.path.iterdir()):
            raise InputError("out", self.path, "holds something that is not a study", "Choose a new directory")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_toml(config, configuration)
        except OSError as error:
            raise InputError("out", self.path, f"cannot be written to ({error.strerror})") from None
        return {}

    def _read_stages(self) -> dict[str, Any]:
        try:
            stages = {str(name): dict(stage) for name, stage in json.loads((self.path / STAGES).read_text()).items()}
            return {
                name: {"seconds": float(stage["seconds"]), "done": bool(stage["done"])}
                for name, stage in stages.items()
            }
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedError(f"{self.path / STAGES} is damaged ({error}); delete it and run again.") from None

    def done(self, stage: str) -> bool:
        """Return whether a stage was finished."""
        return bool(self._stages.get(stage, {}).get("done", False))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Run a stage: its time counts even if it is interrupted, and it is done only if the block ends well.

        Passing through a stage that was done before only reads its results, so its time stays what it was.
        """
        if self.done(name):
            yield
            return
        begun = time.monotonic()
        finished = False
        try:
            yield
            finished = True
        finally:
            before = self._stages.get(name, {}).get("seconds", 0.0)
            self._stages[name] = {"seconds": round(before + time.monotonic() - begun, 3), "done": finished}
            self._write_json(STAGES, self._stages)

    @property
    def timing(self) -> dict[str, float]:
        """Seconds of each stage, all its runs together."""
        return {name: float(stage["seconds"]) for name, stage in self._stages.items()}

    def summary(self, results: Sequence[str]) -> dict[str, Any] | None:
        """Return the summary, the last thing that a study writes; None while one of its results is missing.

        Raises
        ------
        DamagedError
            If it cannot be read.
        """
        if not all((self.path / name).exists() for name in (SUMMARY, *results)):
            return None
        try:
            return read_summary(self.path)
        except InputError:
            raise DamagedError(f"{self.path / SUMMARY} is damaged; delete it and run again.") from None

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write ``summary.json``."""
        self._write_json(SUMMARY, summary)

    def _write_json(self, name: str, values: Mapping[str, Any]) -> None:
        write_atomically(self.path / name, (json.dumps(values, indent=2, allow_nan=False) + "\n").encode())


def read_summary(path: Path | str) -> dict[str, Any]:
    """Return the summary of a finished study.

    Raises
    ------
    InputError
        If there is none.
    """
    try:
        summary = dict(json.loads((Path(path) / SUMMARY).read_text()))
        if "study" not in summary:
            raise ValueError
        return summary
    except (OSError, ValueError, TypeError):
        raise InputError("path", path, "holds no finished study", "Run the study first") from None
