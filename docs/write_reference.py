"""Write the pages of the reference from the code: every public name of every room, and every command.

    python docs/write_reference.py docs/reference

`docs/conf.py` does so before each build; the pages are not kept in the repository.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from inspect import isclass, isfunction, ismodule
from pathlib import Path
from typing import Any

ROOMS: Mapping[str, str] = {
    "spinlens": "What most people need",
    "spinlens.models": "Models",
    "spinlens.spaces": "What stands on a site",
    "spinlens.lattices": "Lattices",
    "spinlens.symmetries": "Symmetries",
    "spinlens.sampling": "Sampling",
    "spinlens.ensemble": "Ensembles",
    "spinlens.statistics": "Statistics",
    "spinlens.statistics.scaling": "Finite-size scaling",
    "spinlens.exact": "Exact values",
    "spinlens.exact.ising": "Exact values of the Ising model",
    "spinlens.phases": "Phases",
    "spinlens.phases.indicators": "Indicators of transitions",
    "spinlens.phases.transitions": "Searching for transitions",
    "spinlens.phases.regions": "Temperature regions",
    "spinlens.learning": "Learning",
    "spinlens.learning.vision": "Vision networks",
    "spinlens.learning.observing": "Networks that observe",
    "spinlens.studies": "Studies",
    "spinlens.challenge": "Sealed problems",
    "spinlens.importing": "Data of other programs",
    "spinlens.exporting": "Data for other programs",
    "spinlens.report": "Reports",
    "spinlens.images": "Images",
    "spinlens.figures": "Figures",
    "spinlens.errors": "Errors and warnings",
    "spinlens.testing": "Contracts for models, lattices and engines of one's own",
}
"""Modules whose public names are promised, and their titles."""


def public_names(room: str) -> list[str]:
    """Return the names that a module promises: its ``__all__``, or the classes that it defines itself."""
    module = import_module(room)
    promised = getattr(module, "__all__", None)
    if promised is None:
        promised = [name for name, value in vars(module).items() if isclass(value) and value.__module__ == room]
    return [name for name in promised if not name.startswith("_") and not ismodule(getattr(module, name))]


def pages() -> dict[str, str]:
    """Return the pages of all modules as Markdown; what a page before has already described is a link to it."""
    described: dict[int, str] = {}
    return {room.replace(".", "-"): _page(room, described) for room in ROOMS}


def _page(room: str, described: dict[int, str]) -> str:
    module = import_module(room)
    lines = [f"# {ROOMS[room]}", "", f"`{room}`", "", (module.__doc__ or "").strip().split("\n\n")[0], ""]
    lines += ["```{eval-rst}"]
    known = []
    for name in public_names(room):
        value = getattr(module, name)
        if id(value) in described:
            known.append(f":obj:`{name} <{described[id(value)]}>`")
            continue
        described[id(value)] = f"{room}.{name}"
        lines += [f".. {_directive(value)}:: {room}.{name}", *_options(value), ""]
    lines += [f"Also here: {', '.join(known)}."] if known else []
    return "\n".join([*lines, "```", ""])


def _directive(value: Any) -> str:
    if isclass(value):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    return "autofunction" if isfunction(value) else "autodata"


def _options(value: Any) -> list[str]:
    return ["   :members:", "   :show-inheritance:"] if isclass(value) else []


def commands() -> str:
    """Return the page of all commands, as Typer describes them."""
    command = [sys.executable, "-m", "typer", "spinlens.cli.main", "utils", "docs", "--name", "spinlens"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.replace("# `spinlens`", "# Commands", 1)


def write_reference(folder: Path) -> None:
    """Write all pages and the list of them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {**pages(), "commands": commands()}
    names = "\n".join(written)
    written["index"] = f"# Reference\n\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n"
    for name, text in written.items():
        path = folder / f"{name}.md"
        # Left alone where nothing changed, so that Sphinx need not read it again.
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
