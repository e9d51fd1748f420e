"""Finished ensembles: one that is only looked at, and copies to do harm to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spinlens.ensemble import sample
from tests.ensemble.tiny import PLAN, contents


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("finished") / "ensemble"
    sample(PLAN, out=path, workers=1, progress=False)
    return path


@pytest.fixture(scope="session")
def expected(finished: Path) -> dict[str, bytes]:
    return contents(finished)


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


@pytest.fixture
def unfinished(copy: Path) -> Path:
    """Lack the last two of ten commits."""
    journal = copy / "log.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]))
    return copy
