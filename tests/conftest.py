"""The account of the statistical checks, see ``spinlens/testing/chance.py``, and Ctrl-C for those that press it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from spinlens.testing.chance import LEDGER

if "PYTEST_XDIST_WORKER" in os.environ:
    # Tests that run side by side have a core each; two trainings with two threads each slow each other several fold.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

RECORD = Path(__file__).parents[1] / "docs" / "results" / "chances.json"


QUICK = (
    "tests/lattices/", "tests/models/", "tests/phases/test_maps.py", "tests/phases/test_components.py",
    "tests/test_config.py", "tests/test_foundations.py",
    "tests/exact/test_enumeration.py", "tests/exact/ising/test_onsager.py", "tests/exact/ising/test_kaufman.py",
    "tests/statistics/test_derivatives.py",
    "tests/statistics/test_autocorrelation.py", "tests/statistics/test_recordings.py",
    "tests/test_contracts.py::TestSpaces", "tests/test_contracts.py::TestLattices",
    "tests/test_contracts.py::TestModels", "tests/test_contracts.py::TestEngines::test_a_sweep",
    "tests/ensemble/test_store.py", "tests/ensemble/test_refusals.py", "tests/ensemble/test_status.py",
    "tests/sampling/test_choice.py", "tests/sampling/test_diagnostics.py",
    "tests/learning/test_batches.py", "tests/learning/test_losses.py", "tests/learning/test_steps.py",
    "tests/images/test_files.py", "tests/images/test_render.py",
)  # fmt: skip
"""What ``pytest -m quick`` runs: every room in some seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = RECORD.parents[2]
    gone = [place for place in QUICK if not (root / place.split("::")[0]).exists()]
    assert not gone, f"moved or deleted, and still among the quick tests: {gone}"
    for item in items:
        if item.nodeid.startswith(QUICK) and "shell" not in item.nodeid:
            item.add_marker(pytest.mark.quick)


def pytest_sessionstart() -> None:
    """Listen to Ctrl-C even where a shell started the tests in the background, which makes it deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-chances", action="store_true", help="write the false-alarm rate of each test module")


def _more_than_recorded(recorded: dict[str, dict[str, float]]) -> list[str]:
    return [
        f"{module}: {found[1]:.2g}, recorded {recorded.get(module, {}).get('rate', 0.0):.2g}"
        for module, found in sorted(LEDGER.items())
        if found[1] > recorded.get(module, {}).get("rate", 0.0) * 1.001
    ]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    """Add what a process beside this one has counted."""
    for module, found in getattr(node, "workeroutput", {}).get("chances", {}).items():
        LEDGER[module][0] += found[0]
        LEDGER[module][1] += found[1]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail where checks were added whose chance of a false alarm is not in the record."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["chances"] = {module: list(found) for module, found in LEDGER.items()}
    elif session.config.getoption("--record-chances"):
        recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        recorded |= {module: {"checks": found[0], "rate": float(f"{found[1]:.6g}")} for module, found in LEDGER.items()}
        RECORD.write_text(json.dumps(dict(sorted(recorded.items())), indent=2) + "\n")
    elif exitstatus == 0 and RECORD.exists() and _more_than_recorded(json.loads(RECORD.read_text())):
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not LEDGER:
        return
    checks, rate = (sum(values) for values in zip(*LEDGER.values(), strict=True))
    terminalreporter.write_line(
        f"{checks} statistical checks; with other seeds a right sampler fails one of them in at most {rate:.1%} of runs"
    )
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if not config.getoption("--record-chances"):
        for line in _more_than_recorded(recorded):
            terminalreporter.write_line(f"More chance of a false alarm than recorded in {line}: --record-chances")
