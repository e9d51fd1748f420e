"""What the pages say is what the results files say, and the README's Python runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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


PAGES = (
    "models", "oracles", "lattices", "statistics", "scaling", "finding", "indicators", "classification", "challenge",
    "report", "importing",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_the_pages_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / f"{page}.md").read_text(), flags=re.DOTALL)
    assert blocks
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-W", "error", "-c", QUIET + "\n".join(blocks)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_continuous_integration_runs_the_readmes_commands() -> None:
    readme, script = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    install, test = re.findall(r"```\n(pip install -c constraints.txt -e '.\[dev\]')\n(.*?)\n```", readme)[0]
    assert install.removeprefix("pip install ") in script
    assert test in script


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_example_of_a_model_is_as_short_as_the_page_says() -> None:
    lines = (ROOT / "docs" / "examples" / "ashkin_teller.py").read_text().splitlines()
    assert "in less than eighty lines" in (ROOT / "docs" / "models.md").read_text()
    assert len(lines) < 80
