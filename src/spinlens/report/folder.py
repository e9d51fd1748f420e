"""The page of a folder: an ensemble, a study of any kind, finished or not, a challenge or one of its problems."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from spinlens.challenge.folder import CHALLENGE
from spinlens.challenge.problem import PROBLEM
from spinlens.config import read_toml
from spinlens.ensemble import Ensemble, open_ensemble, study_ensembles
from spinlens.errors import InputError
from spinlens.report.challenges import challenge_page, problem_page
from spinlens.report.classification import classification_page
from spinlens.report.crossover import crossover_page
from spinlens.report.ensembles import BUDGET, ensemble_page
from spinlens.report.page import Page
from spinlens.report.searches import search_page
from spinlens.report.system import cautions_of, system_of
from spinlens.studies.directory import CONFIG, STAGES, read_summary

SUFFIX = ".ens"
"""Of the ensembles that lie in the folder of a study itself."""

Finish = Callable[[Page, Path, Mapping[str, Any]], Page]

FINISHED: Mapping[str, Finish] = {
    "crossover": crossover_page, "find": search_page, "classify": classification_page,
}  # fmt: skip
"""What the summary of each kind of study adds to a page of its ensembles."""


def folder_page(path: Path | str) -> Page:
    """Return the page of a folder.

    Raises
    ------
    InputError
        If it is none of those that are known, or holds nothing yet.
    DamagedError
        If what it holds is damaged.
    """
    path = Path(path)
    if (path / CHALLENGE).exists():
        return challenge_page(path)
    if (path / PROBLEM).exists():
        return problem_page(path)
    if (path / CONFIG).exists():
        return _study_page(path)
    return ensemble_page(open_ensemble(path))


def _study_page(path: Path) -> Page:
    settings = read_toml(path / CONFIG)
    ensembles = _ensembles(path)
    budget = BUDGET // max(1, len(ensembles))
    cautions = [
        f"{name}: {caution}" if name else caution
        for name, ensemble in ensembles.items()
        for caution in cautions_of(ensemble)
    ]
    page = Page(
        title=f"Study in {path.resolve().name}",
        cautions=cautions,
        facts={"Settings": _flat(settings)},
        systems=[system_of(ensemble, name=name, budget=budget) for name, ensemble in ensembles.items()],
    )
    try:
        summary = read_summary(path)
    except InputError:
        return _unfinished(page, path)
    finish = FINISHED.get(str(summary["study"]))
    return page if finish is None else finish(page, path, summary)


def _ensembles(path: Path) -> dict[str, Ensemble]:
    """Return the ensembles of a study by their names, those of the largest lattices last."""
    here = {each.stem: each for each in sorted(path.iterdir()) if each.suffix == SUFFIX}
    if not here:
        try:
            here = {name: place for name, place in study_ensembles(path).items() if place != path}
        except InputError:
            here = {}
    return {name: open_ensemble(place) for name, place in here.items()}


def _unfinished(page: Page, path: Path) -> Page:
    """Return a page that says which stages are done, as far as the folder knows."""
    stages: dict[str, Any] = {}
    if (path / STAGES).exists():
        stages = json.loads((path / STAGES).read_text())
    done = ", ".join(name for name, stage in stages.items() if stage.get("done")) or "none"
    caution = f"This study is unfinished; stages done: {done}. The command that began it continues it."
    timing = {name: f"{stage['seconds']:.0f} s" for name, stage in stages.items()}
    facts = {**page.facts, "Time": timing} if timing else page.facts
    return page.with_more(cautions=[caution, *page.cautions], facts=facts)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = str(value)
    return found
