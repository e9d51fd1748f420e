"""The page of one ensemble."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spinlens.ensemble import Ensemble
from spinlens.ensemble.status import status
from spinlens.provenance import commit, versions
from spinlens.report.page import Page
from spinlens.report.system import cautions_of, system_of
from spinlens.sampling import Plan

BUDGET = 2_000_000
"""Bytes of configurations in a page, all systems together: with their letters and all else it stays below 5 MB."""


FILES_SHOWN = 20


def ensemble_page(ensemble: Ensemble) -> Page:
    """Return the page of an ensemble, whole or unfinished."""
    plan = ensemble.plan
    grid = {name: _axis(values) for name, values in ensemble.grid.items()}
    settings = {
        "model": plan.model.text, "lattice": plan.lattice.text, **grid, "chains": str(plan.chains),
        "draws": str(plan.draws), **(_origin(ensemble) if plan.imported else _schedule(plan)),
    }  # fmt: skip
    facts: dict[str, Mapping[str, str]] = {"Settings": settings}
    if reasons := ensemble.algorithm_reasons:
        facts["Updates"] = {str(number): reason for number, reason in enumerate(reasons, start=1)}
    if ensemble.path is not None:
        facts["Time"] = {"sampling": f"{status(ensemble.path).seconds:.1f} s"}
    facts["Provenance"] = {"fingerprint": ensemble.fingerprint, **provenance_facts()}
    return Page(
        title=f"{plan.model.text}, {plan.lattice.text}",
        cautions=cautions_of(ensemble),
        facts=facts,
        systems=[system_of(ensemble, budget=BUDGET)],
    )


def _schedule(plan: Plan) -> dict[str, str]:
    return {
        "recordings": str(plan.recordings), "sweeps between them": str(plan.interval),
        "sweeps before them": str(plan.equilibration), "algorithm": plan.algorithm, "engine": plan.engine,
        "exchange": "yes" if plan.exchange else "no", "start": plan.start, "seed": str(plan.seed),
    }  # fmt: skip


def _origin(ensemble: Ensemble) -> dict[str, str]:
    """Return where imported draws come from."""
    said = ensemble.imported
    files = {f"file {k}": f"{each['name']}, SHA-256 {each['sha256']}" for k, each in enumerate(said["sources"], 1)}
    shown = dict(list(files.items())[:FILES_SHOWN])
    left = len(files) - len(shown)
    return {"imported axes": " ".join(said["axes"]), **shown, **({"further files": str(left)} if left else {})}


def provenance_facts(found: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return commit and versions, those of a summary or of the software that writes the page."""
    if found is None:
        here = {"commit of this page": commit() or "none", **versions()}
        return {str(name): str(value) for name, value in here.items()}
    rest = {name: value for name, value in found.items() if name != "versions"}
    every = {**rest, **found.get("versions", {})}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in every.items()}


def _axis(values: Any) -> str:
    return f"{values[0]:g} to {values[-1]:g}, {len(values)} values" if len(values) > 1 else f"{values[0]:g}"
