"""The house as ARCHITECTURE.md draws it: which room may know which, and what a bare import may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "spinlens"

LEAF_ORDER = [
    "kernel_cache", "errors", "files", "machine", "rooms", "seeds", "progress", "provenance", "cluster", "workers",
    "config",
]  # fmt: skip
LEAVES = set(LEAF_ORDER)
PHYSICS = LEAVES | {"lattices", "spaces", "models", "symmetries"}
MAY_IMPORT: dict[str, set[str]] = {
    "lattices": LEAVES,
    "spaces": LEAVES,
    "models": LEAVES | {"lattices", "spaces"},
    "symmetries": LEAVES | {"lattices", "spaces", "models"},
    "statistics": PHYSICS,
    "exact": PHYSICS,
    "sampling": PHYSICS | {"exact", "statistics"},
    "ensemble": PHYSICS | {"statistics", "sampling"},
    "learning": PHYSICS | {"statistics", "ensemble"},
    "phases": PHYSICS | {"statistics", "exact", "sampling", "ensemble"},
    "challenge": PHYSICS | {"statistics", "exact", "sampling", "ensemble"},
    "images": LEAVES,
    "exporting": PHYSICS | {"statistics", "sampling", "ensemble", "phases", "images"},
    "importing": PHYSICS | {"sampling", "ensemble", "images"},
    "figures": PHYSICS | {"statistics", "exact", "ensemble", "phases", "images"},
    "studies": PHYSICS | {"statistics", "exact", "sampling", "ensemble", "learning", "phases", "challenge", "images",
                          "figures"},
    "installation": PHYSICS | {"exact", "sampling", "ensemble"},
    "testing": PHYSICS | {"statistics", "exact", "sampling", "ensemble", "images", "cli"},
}  # fmt: skip
MAY_IMPORT["report"] = MAY_IMPORT["studies"] | {"studies"}
MAY_IMPORT["cli"] = MAY_IMPORT["report"] | {"report", "installation"}
MAY_IMPORT["__main__"] = {"cli"}

ONLY_IN = {
    "torch": {"learning"}, "matplotlib": {"figures", "images"}, "PIL": {"images"}, "zarr": {"ensemble", "exporting"},
    "typer": {"cli"},
}  # fmt: skip


def room(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_arrows(path: Path) -> None:
    here = room(path)
    if here == "__init__":
        return
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("spinlens.")} - {here}
    known = MAY_IMPORT.get(here, set(LEAF_ORDER[: LEAF_ORDER.index(here)]) if here in LEAVES else set())
    # The version is a fact of the package, not of a room.
    assert rooms - known - {"__version__"} == set(), f"{here} must not import {sorted(rooms - known)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imports(path)}
    for library, rooms in ONLY_IN.items():
        assert library not in libraries or room(path) in rooms, f"{library} in {path}"
    assert "pickle" not in libraries


ISING = {"models", "studies"}
"""Rooms, and rooms within rooms, that may name one model: its own, its closed forms, its kernels, and the studies."""

ISING_INSIDE = ("sampling/engines/bits/", "exact/ising/", "exact/__init__.py", "exact/critical.py", "__init__.py")
NAMED_BY_COMMANDS = {"cli/simulate.py", "cli/bench.py"}
"""The options --coupling and --staggered-field, and what is timed by default."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_other_room_knows_one_model(path: Path) -> None:
    place = str(path.relative_to(SOURCE))
    if room(path) in ISING or place.startswith(ISING_INSIDE) or place in NAMED_BY_COMMANDS:
        return
    named = {name for name in imports(path) if "ising" in name.lower()} - ALLOWED.get(place, set())
    assert named == set(), f"{place} imports {sorted(named)}"


ALLOWED = {
    # The exact lines and finite-size shifts of the crossover study; they go with the estimator that knows the answer.
    "phases/exact_lines.py": {"spinlens.exact.ising.crossover.GAP_EXPONENT",
                              "spinlens.exact.ising.crossover.crossover_lines",
                              "spinlens.models.ising.CRITICAL_TEMPERATURE"},
    "figures/classify/attention.py": {"spinlens.models.ising.CRITICAL_TEMPERATURE"},
    # What problems are drawn from.
    "challenge/systems.py": {"spinlens.models.Ising", "spinlens.models.RandomBondIsing",
                             "spinlens.models.RandomFieldIsing"},
    # Another program, which samples this model alone.
    "importing/mcising.py": {"spinlens.models.Ising"},
    "importing/configurations.py": {"spinlens.importing.mcising.read_mcising"},
    "phases/agreement.py": {"spinlens.models.ising.CRITICAL_TEMPERATURE"},
}  # fmt: skip
LONGEST = 400


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_is_one_idea(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= LONGEST


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return {name.split(".")[0] for name in done.stdout.split()}


def test_a_bare_import_loads_nothing_heavy() -> None:
    heavy = {"torch", "matplotlib", "numba", "zarr", "distributed", "sklearn", "xarray", "arviz_stats"}
    assert loaded_by("import spinlens") & heavy == set()


@pytest.mark.parametrize(
    "name", ["phases", "phases.regions", "challenge", "images", "statistics", "exact", "symmetries", "report"]
)
def test_physics_never_loads_torch(name: str) -> None:
    assert "torch" not in loaded_by(f"import spinlens.{name}")


def test_every_public_name_is_there() -> None:
    import spinlens

    for name in spinlens.__all__:
        assert getattr(spinlens, name) is not None
    assert set(spinlens.__all__) <= set(dir(spinlens))
    with pytest.raises(AttributeError):
        _ = spinlens.no_such_name
