"""What is done to test images to see what a network read, and what the best reader of energies makes of the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble
from spinlens.phases.regions import Labelled, score
from spinlens.seeds import Purpose, generator
from spinlens.spaces import Space
from spinlens.studies.classify.analysis import Findings
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.systems import find_system
from spinlens.studies.classify.trials import MODEL, Trial

Codes = NDArray[Any]

PROTOCOL = "clean"

WAVE = 1.0
"""Largest turn by a spin wave, in radians: the order parameter is J_0(1) = 0.77 of what it was."""


def shuffled(codes: Codes, space: Space, random: np.random.Generator) -> Codes:
    """Put the sites of each image into random order: how many of each state there are is all that is left."""
    del space
    return random.permuted(codes.reshape(len(codes), -1), axis=1).reshape(codes.shape)


def permuted(codes: Codes, space: Space, random: np.random.Generator) -> Codes:
    """Give the states of each image other names, at random: where neighbours are equal they stay so."""
    names = random.permuted(np.tile(np.arange(space.states), (len(codes), 1)), axis=1)
    return np.asarray(np.take_along_axis(names, codes.reshape(len(codes), -1).astype(np.int64), axis=1)).reshape(
        codes.shape
    )


def spin_waves(codes: Codes, space: Space, random: np.random.Generator) -> Codes:
    """Turn the angles of each image by a smooth wave along a random axis: the order falls, the energy hardly rises."""
    count, *sides = codes.shape
    axis = random.integers(len(sides), size=count)
    phase = random.uniform(0.0, 2.0 * np.pi, (count, *(1 for _ in sides)))
    places = np.stack([place / side for place, side in zip(np.indices(sides), sides, strict=True)])
    wave = np.sin(2.0 * np.pi * places[axis] + phase)
    turn = np.rint(WAVE * wave * space.states / (2.0 * np.pi)).astype(np.int64)
    return np.asarray((codes.astype(np.int64) + turn) % space.states)


DISTURBANCES: Mapping[str, Callable[[Codes, Space, np.random.Generator], Codes]] = MappingProxyType(
    {"shuffled": shuffled, "permuted": permuted, "spin_waves": spin_waves}
)
"""By name: from codes (n, *sides) to codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """What a disturbance of the test images does to a network of the first trial.

    Attributes
    ----------
    system, network, pretrained, disturbance : str
        What was done to what.
    before, after, error : float
        Macro F1 on the images as they are and disturbed, and the standard error of the latter.
    best : float
        Macro F1 on the disturbed images of the rule that is best on energies: what a reader of nothing but the energy
        gets.
    energy, order : float
        By how much energy per site and absolute order parameter change, root mean squares.
    """

    system: str
    network: str
    pretrained: str
    disturbance: str
    before: float
    after: float
    error: float
    best: float
    energy: float
    order: float

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def disturb(images: Labelled, name: str, ensemble: Ensemble, *, seed: int) -> Labelled:
    """Return disturbed images of an ensemble with the energies and order parameters that they have then.

    The recorded sums are left out.
    """
    space = images.space
    random = generator(seed, Purpose.NULLS, list(DISTURBANCES).index(name))
    codes = DISTURBANCES[name](space.codes(images.spins), space, random)
    controls, lattice = ensemble.plan.point_controls(0), ensemble.lattice
    tables = ensemble.model.at(**controls).tables(lattice)
    sums = dict(zip(tables.names, tables.sums(codes), strict=True))
    energy = ensemble.model.energy_total(lattice, sums, **controls) / lattice.sites
    (order, *_) = ensemble.model.order_parameters(lattice)
    size = order.size(sums, lattice.sites)
    return replace(images, spins=space.decode(codes), energy=np.asarray(energy), magnetization=size, terms={})


def disturbances(
    configuration: ClassifyConfiguration, folder: Path, found: Mapping[tuple[str, str], Findings]
) -> list[Disturbed]:
    """Disturb the large test set of the first trial of each network, in every way that its system names.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    folder : path
        The study's directory.
    found : mapping of (str, str) to Findings
        By system and protocol; only the clean protocol is looked at.
    """
    rows = []
    for system in configuration.systems if PROTOCOL in configuration.protocols else []:
        findings = found[system, PROTOCOL]
        first = [trial for trial in findings.outcomes if (trial.number, trial.labels) == (0, configuration.everything)]
        for name in find_system(system).disturbances:
            images = disturb(findings.test, name, findings.ensemble, seed=configuration.seed)
            rows += [_row(folder, trial, name, images, findings) for trial in first]
    return rows


def _row(folder: Path, trial: Trial, name: str, images: Labelled, findings: Findings) -> Disturbed:
    from spinlens.learning import load

    before = findings.test
    after = score(images.labels, load(folder / trial.folder / MODEL).predict(images.spins)).macro_f1
    change = (images.energy - before.energy, np.abs(images.magnetization) - np.abs(before.magnetization))
    energy, order = (float(np.sqrt(np.mean(each**2))) for each in change)
    return Disturbed(
        system=trial.system, network=trial.network, pretrained=trial.pretrained, disturbance=name,
        before=findings.outcomes[trial].large.macro_f1.value, after=after.value, error=after.error,
        best=score(images.labels, findings.ceiling.predict(images.energy)).macro_f1.value, energy=energy, order=order,
    )  # fmt: skip
