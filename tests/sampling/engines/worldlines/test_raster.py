"""Pictures of worldlines: bit for bit, as sums, and as correlations in imaginary time beside eigenstates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

import spinlens as sl
from spinlens.errors import InputError
from spinlens.models import TICKS, Ising, TransverseIsing
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling.chains import start_codes
from spinlens.sampling.engines.worldlines.raster import raster
from spinlens.sampling.engines.worldlines.reference import code_at
from spinlens.sampling.engines.worldlines.walkers import WorldlineWalkers
from spinlens.testing.chance import within

RING = sl.Lattice((4,))
SETTINGS: dict[str, Any] = {
    "model": TransverseIsing(), "lattice": RING, "temperature": (0.4, 0.9), "chains": 64, "recordings": 120,
    "draws": 60, "interval": 2, "equilibration": 40, "seed": 5, "transverse_field": (1.1,),
}  # fmt: skip


def moved(plan: Plan) -> WorldlineWalkers:
    """Chains after one interval."""
    walkers = WorldlineWalkers(plan, 0, 0, lambda t: start_codes(plan, units(plan)[0], t), [])
    walkers.sweep(slice(0, len(plan.temperature)))
    return walkers


def worldlines(walkers: WorldlineWalkers, chain: int) -> list[tuple[int, list[int]]]:
    first, times = walkers.first[chain], walkers.times[chain]
    return [
        (int(code), [int(tick) for tick in times[first[i] : first[i + 1]]])
        for i, code in enumerate(walkers.start[chain])
    ]  # fmt: skip


def pictures(walkers: WorldlineWalkers, height: int) -> np.ndarray:
    codes = np.empty((len(walkers.start), height, walkers.start.shape[1]), dtype=np.uint8)
    raster(walkers.start, walkers.first, walkers.times, np.arange(len(codes)), codes)
    return codes


@pytest.mark.parametrize("height", [1, 5, 64])
def test_every_slice_is_the_codes_at_its_tick(height: int) -> None:
    walkers = moved(Plan(**SETTINGS))
    # A kink at tick 0 itself is behind the code there, and one on the tick of a slice belongs to it.
    one, other = np.argwhere(np.diff(walkers.first, axis=1) == 2)[:2]
    for (chain, site), ticks in ((one, (0, TICKS // 2)), (other, (TICKS // 4, TICKS // 2))):
        first = walkers.first[chain, site]
        walkers.times[chain, first : first + 2] = ticks
    found = pictures(walkers, height)
    for chain in (one[0], other[0], *range(8), 70):
        lines = worldlines(walkers, chain)
        for k in range(height):
            assert found[chain, k].tolist() == [code_at(line, (k << 32) // height) for line in lines]


def test_fine_pictures_have_the_sums_of_their_worldlines() -> None:
    """Kinks are the bonds in time that differ, integrals the bonds in space, as far as slices tell times apart."""
    walkers, height = moved(Plan(**SETTINGS)), 1 << 12
    walkers.measure(slice(0, 2))
    kinks, bonds = (walkers.recorded(name).reshape(-1) for name in ("kinks", "bond_integral"))
    spins = 2 * pictures(walkers, height).astype(np.int64) - 1
    changes = (spins != np.roll(spins, 1, axis=1)).sum(axis=(1, 2))
    assert ((kinks - changes) % 2 == 0).all()
    assert (changes <= kinks).all()
    assert (changes == kinks).mean() > 0.9
    in_space = (spins * np.roll(spins, 1, axis=2)).sum(axis=(1, 2)) / height
    # A bond is wrong for less than one slice at each kink of its ends.
    assert (np.abs(in_space - bonds / TICKS) <= 2 * 2 * kinks / height).all()
    assert np.ptp(bonds) > 0


def test_correlations_in_imaginary_time_are_those_of_eigenstates() -> None:
    """<sz_i(0) sz_j(u / T)> = Tr exp(-(1 - u) H / T) sz_i exp(-u H / T) sz_j / Z, at all pairs and separations."""
    height, sites = 6, RING.sites
    plan = Plan(**SETTINGS, raster=height)
    drawn = run_unit(plan, units(plan)[0])
    spins = 2.0 * plan.model.space.unpack(drawn.codes, sites) - 1.0
    states = 2 * (np.arange(1 << sites)[:, None] >> np.arange(sites) & 1) - 1
    h = -np.diag((states * np.roll(states, 1, axis=1)).sum(axis=1)).astype(np.float64)
    for site in range(sites):
        h[np.arange(1 << sites), np.arange(1 << sites) ^ (1 << site)] -= 1.1
    for t, temperature in enumerate(plan.temperature):
        whole = np.trace(expm(-h / temperature))
        for later in range(height // 2 + 1):
            u = later / height
            before, after = expm(-(1 - u) * h / temperature), expm(-u * h / temperature)
            for apart in range(sites // 2 + 1):
                exact = np.trace(before * states[:, 0] @ after * states[:, apart]) / whole
                pairs = spins[t] * np.roll(spins[t], (-later, -apart), axis=(2, 3))
                chains = pairs.mean(axis=(1, 2, 3))
                if later or apart:
                    assert within(chains.mean(), exact, chains.std(ddof=1) / 8)


def test_an_ensemble_of_pictures(tmp_path: Path) -> None:
    """Its sums and first slices are those of the same plan without pictures; stored, opened and rebuilt from JSON."""
    options: dict[str, Any] = {
        "temperature": [0.5, 0.8], "chains": 8, "recordings": 64, "draws": 2, "equilibration": 16, "seed": 2,
        "progress": False,
    }  # fmt: skip
    plain = sl.simulate(TransverseIsing(), sl.Lattice((12,)), **options)
    sl.simulate(TransverseIsing(), sl.Lattice((12,)), raster=8, out=tmp_path / "r.ens", **options)
    found = sl.open_ensemble(tmp_path / "r.ens")
    assert found.spins().dims == (*plain.spins().dims[:-1], "tau", "x")
    assert (found.sizes["tau"], found.sizes["x"], found.drawn.shape) == (8, 12, (8, 12))
    assert np.array_equal(found.spins().isel(tau=0), plain.spins())
    assert (found.spins() != plain.spins()).any()
    for name in plain.series:
        assert np.array_equal(found.series[name], plain.series[name])
    assert Plan.from_dict(found.plan.to_dict()) == found.plan
    assert "raster" not in plain.plan.to_dict()
    assert found.fingerprint != plain.fingerprint
    assert found.lattice == plain.lattice


@pytest.mark.parametrize(
    ("model", "lattice", "height", "why"),
    [(Ising(), sl.Lattice((4,)), 4, "shows imaginary time, and ising has none"),
     (TransverseIsing(), sl.Lattice((4, 4), kind="triangular"), 4, "has no further axis"),
     (TransverseIsing(), RING, 1, "must be a whole number >= 2")],
)  # fmt: skip
def test_what_has_no_picture_says_why(model: Any, lattice: Any, height: int, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Plan(model=model, lattice=lattice, temperature=1.0, raster=height)
