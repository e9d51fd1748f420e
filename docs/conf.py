"""The site. `python -m sphinx -W --keep-going docs site` builds it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from write_reference import write_reference

import spinlens

write_reference(Path(__file__).parent / "reference")

project = "spinlens"
author = "The spinlens developers"
version = release = spinlens.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinx_copybutton"]
exclude_patterns = ["results", "examples"]

myst_heading_anchors = 3
# Names are written once, in the signature; types stand in the text of numpydoc.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "furo"
html_title = f"spinlens {version}"
html_static_path: list[str] = []


def skip(_app: Any, _what: str, name: str, *_: Any) -> bool | None:
    """Leave out what scikit-learn gives every estimator and describes itself."""
    return True if name == "get_metadata_routing" or re.fullmatch("set_.*_request", name) else None


def escape(_app: Any, _what: str, _name: str, _value: Any, _options: Any, lines: list[str]) -> None:
    """Let the star of ``(n, *shape)`` be Python's and not the beginning of emphasis."""
    lines[:] = [re.sub(r"(?<=[(,] )\*(?=[a-z])|(?<=\()\*(?=[a-z])", r"\\*", line) for line in lines]


def setup(app: Any) -> None:
    """Connect both."""
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", escape)
