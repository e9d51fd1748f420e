"""The doctor says what works, and notices what does not."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spinlens import exact, installation
from spinlens.cli.main import app
from spinlens.testing.chance import count, tail


def test_everything_works_here(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", "--folder", str(tmp_path), "--json"])
    found = {check["name"]: check for check in json.loads(done.output)}
    count(4, tail(installation.DEVIATION))
    assert done.exit_code == 0, found
    assert all(check["works"] for check in found.values())
    assert {"cores", "numba", "torch", "engine bits", "engine planes", "engine clock", "engine table"} <= set(found)
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_work_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right, version = exact.enumerate_states, installation.version

    def wrong(*arguments, **controls):
        found = right(*arguments, **controls)
        return replace(found, energy=found.energy + 0.1)

    def without(name: str) -> str:
        if name == "transformers":
            raise PackageNotFoundError
        return version(name)

    monkeypatch.setattr(exact, "enumerate_states", wrong)
    monkeypatch.setattr(installation, "version", without)
    done = CliRunner().invoke(app, ["doctor", "--folder", str(tmp_path / "missing")])
    assert done.exit_code == 1
    lines = {line[7:25].strip(): line for line in done.output.splitlines()}
    assert all("FAILS" in lines[f"engine {name}"] for name in ("bits", "planes", "clock", "table"))
    assert "spinlens[hub]" in lines["transformers"]
    # An extra that is not there is no failure.
    assert "FAILS" not in lines["transformers"]
    assert "No such file" in done.output.splitlines()[-1]
