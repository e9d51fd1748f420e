"""What the pages say is what the results files say, and the README's Python runs as it stands."""

from __future__ import annotations

import pkgutil
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import typer

import spinlens as sl
from spinlens.cli.main import app

ROOT = Path(__file__).parents[1]

QUIET = (
    "import warnings; from spinlens.errors import EquilibrationWarning; "
    "warnings.simplefilter('ignore', EquilibrationWarning)\n"
)
"""The examples are short on purpose, and would say that they are not equilibrated."""

SMALLER = [("linspace(1, 5, 65)", "linspace(1, 5, 9)"), ("linspace(-2, 2, 65)", "linspace(-1, 1, 3)"),
           ("(32, 32)", "(16, 16)"), ("chains=64", "chains=16"), ("latent=8, seed=2",
            "latent=8, seed=2, recipe=sl.Recipe(epochs=1, batch=64)")]  # fmt: skip


def test_pages_match_their_results() -> None:
    command = [sys.executable, str(ROOT / "docs" / "write_results.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_five_lines_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    for large, small in SMALLER:
        assert large in code
        code = code.replace(large, small)
    monkeypatch.chdir(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", QUIET + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "exact 2.269185" in done.stdout


PAGES = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
PAGES = [path for path in PAGES if path.parts[0] != "reference"]
WITH_CODE = [path.with_suffix("") for path in PAGES if "```python\n" in (ROOT / "docs" / path).read_text()]


def test_every_tutorial_has_code_that_is_run() -> None:
    assert {path.stem for path in WITH_CODE} >= {path.stem for path in (ROOT / "docs" / "tutorials").glob("*.md")}
    assert len(WITH_CODE) >= 15


@pytest.mark.parametrize("page", WITH_CODE, ids=str)
def test_the_code_of_the_pages_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / f"{page}.md").read_text(), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    code = compile(QUIET + "\n".join(blocks), f"{page}.md", "exec")
    with warnings.catch_warnings(action="error"):
        # Pages share this process and what it has imported; names are of each page alone.
        exec(code, {"__name__": "__main__"})


def test_continuous_integration_runs_the_readmes_commands() -> None:
    readme, script = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    install, test = re.findall(r"```\n(pip install -c constraints.txt -e '.\[dev\]')\n(.*?)\n```", readme)[0]
    assert install.removeprefix("pip install ") in script
    assert test in script


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*.md")) + [ROOT / "docs" / path for path in PAGES], ids=lambda p: p.name
)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", path.read_text()):
        # Pages of the reference are made when the site is built.
        assert (path.parent / target).exists() or target.startswith("reference/"), target


def test_the_reference_names_everything_public_and_the_list_of_pages_every_page() -> None:
    reference = runpy.run_path(str(ROOT / "docs" / "write_reference.py"))
    text = "\n".join(reference["pages"]().values())
    for name in set(sl.__all__) - {"__version__"} - {room.removeprefix("spinlens.") for room in reference["ROOMS"]}:
        assert re.search(rf":: spinlens\.{name}$", text, flags=re.MULTILINE), name
    rooms = {f"spinlens.{each.name}" for each in pkgutil.iter_modules(sl.__path__) if not each.name.startswith("_")}
    # These are behind the others; what they are for is public there.
    inner = {
        "cli", "cluster", "config", "files", "installation", "kernel_cache", "machine", "progress", "provenance",
        "rooms", "seeds", "workers",
    }  # fmt: skip
    assert rooms - set(reference["ROOMS"]) == {f"spinlens.{name}" for name in inner}
    commands = reference["commands"]()
    for command in typer.main.get_command(app).commands:
        assert f"## `spinlens {command}`" in commands
    index = (ROOT / "docs" / "index.md").read_text()
    assert [path for path in PAGES if path.stem != "index" and f"\n{path.with_suffix('')}\n" not in index] == []


def test_the_example_of_a_model_is_as_short_as_the_page_says() -> None:
    lines = (ROOT / "docs" / "examples" / "ashkin_teller.py").read_text().splitlines()
    assert "in less than eighty lines" in (ROOT / "docs" / "models.md").read_text()
    assert len(lines) < 80
