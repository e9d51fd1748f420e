"""The page of a sealed challenge, and of one of its problems: what was recorded, and nothing of what is sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.challenge import SealedProblem, open_folder, problem
from spinlens.report.configurations import HUES, MOST, Shown
from spinlens.report.ensembles import BUDGET
from spinlens.report.page import Page, Table
from spinlens.report.system import MISSING, Quantity, System
from spinlens.spaces import Discrete


def challenge_page(path: Path) -> Page:
    """Return the page of a challenge: its problems as far as they are made, the first of them to be explored."""
    found = open_folder(path)
    made = [number for number in found.numbers if number not in found.missing]
    problems = [found.problem(number) for number in made]
    rows = [
        [each.number, each.dimensions, ", ".join(map(str, each.sizes)), each.states, each.components, each.boundary]
        for each in problems
    ]
    state = "Its secret is published." if found.opened else "It is sealed: nobody knows the systems behind it."
    left = len(found.missing)
    return Page(
        title="A sealed challenge",
        answer=[f"{found.problems} problems with a transition and {found.nulls} without one. {state}"],
        cautions=[f"Unfinished: {left} of {len(found.numbers)} problems are not made."] if left else [],
        facts={"Challenge": {"SHA-256 of the secret": found.hash}},
        systems=_systems(problems[0]) if problems else [],
        tables=[Table("Problems", ["number", "dimensions", "sizes", "states", "components", "boundary"], rows)],
    )


def problem_page(path: Path) -> Page:
    """Return the page of one problem."""
    found = problem(path)
    return Page(
        title=f"Problem {found.number} of a sealed challenge",
        answer=["Recordings of several sizes at temperatures in a hidden unit of energy."],
        facts={"Problem": {"SHA-256 of the secret": found.challenge, "boundary": found.boundary}},
        systems=_systems(found),
    )


def _systems(found: SealedProblem) -> list[System]:
    # The largest size first, whose recordings say most.
    return [_system(found, length, BUDGET // len(found.sizes)) for length in reversed(found.sizes)]


def _system(found: SealedProblem, length: int, budget: int) -> System:
    size, sites = found[length], found.sites[length]
    temperature = size["temperature"]
    order = np.linalg.norm(size["order_parameter"].astype(np.float64), axis=-1)
    energy = size["energy"].astype(np.float64) / sites
    recorded = {"energy": ("energy per site", energy), "order": ("size of the order parameter per site", order)}
    return System(
        name=f"problem {found.number}, L = {length}",
        text=f"Problem {found.number}: {found.dimensions} dimensions, L = {length}, {found.states} states a site",
        grid={"temperature": temperature},
        quantities=[_mean(name, words, values) for name, (words, values) in recorded.items()],
        verdict=np.full(len(temperature), MISSING, dtype=np.uint8),
        configurations=_shown(found, size["codes"], budget),
        group=f"problem {found.number}",
    )


def _mean(name: str, words: str, values: NDArray[np.float64]) -> Quantity:
    """Return averages of recordings (T, chain, recording), with standard errors between chains."""
    chains = values.mean(axis=-1)
    return Quantity(name, words, "1", chains.mean(axis=1), chains.std(axis=1, ddof=1) / np.sqrt(chains.shape[1]))


def _shown(found: SealedProblem, codes: NDArray[Any], budget: int) -> Shown:
    """Return the first draws of some chains at every temperature."""
    space = Discrete(tuple(found.values_of_codes.tolist()))
    plane = codes[:, :, 0, 0] if found.dimensions == 3 else codes[:, :, 0]
    rows = plane.reshape(*plane.shape[:2], *(plane.shape[2:] if plane.ndim == 4 else (1, plane.shape[-1])))
    size = rows.shape[2] * space.packed_length(rows.shape[3])
    count = max(1, min(MOST, rows.shape[1], budget // (size * len(rows))))
    return Shown(
        codes=space.pack(rows[:, :count]), bits=space.bits, columns=rows.shape[3], states=min(space.states, HUES),
        conditions=np.arange(len(rows), dtype=np.int32), draws=[(chain, 0) for chain in range(count)],
        values=found.values_of_codes.tolist(), circular=False, numbers={}, outputs={},
        layer=f"the layer x = 0 of {codes.shape[3]}" if found.dimensions == 3 else "",
    )  # fmt: skip
