"""Whether spinlens works here: libraries, engines and their speed, the cache of compiled kernels, and a folder."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from spinlens.errors import EXTRAS
from spinlens.files import write_atomically
from spinlens.lattices import Lattice
from spinlens.workers import cores

FEWEST_BYTES = 2**30
"""Free space below which a study of the standard presets does not fit."""

SLOW_FLUSH = 0.05
"""Seconds for one flush above which writing many small units is slow."""

DEVIATION = 6.0
"""Standard errors from the exact energy beyond which an engine is not believed."""


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Attributes
    ----------
    name, found : str
        What, and what came out.
    works : bool
        Whether spinlens can do its work with it.
    advice : str
        What to do, where something is missing or slow.
    """

    name: str
    found: str
    works: bool = True
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return asdict(self)


def checks(folder: Path) -> Iterator[Check]:
    """Try everything, one after another.

    Parameters
    ----------
    folder : pathlib.Path
        Where ensembles are to be kept; what is written there is removed again.
    """
    yield from _libraries()
    yield from _engines()
    yield _tried("cache of kernels", _cache)
    yield _tried(f"folder {folder}", lambda: _folder(folder))


def _libraries() -> Iterator[Check]:
    yield Check("cores", str(cores()))
    for name in ("spinlens", "numpy", "scipy", "numba", "xarray", "zarr", *EXTRAS):
        try:
            yield Check(name, version(name))
        except PackageNotFoundError:
            extra = EXTRAS.get(name)
            advice = f"pip install 'spinlens[{extra}]' where you need it" if extra else "Install spinlens again"
            yield Check(name, "not installed", bool(extra), advice)


def _engines() -> Iterator[Check]:
    import spinlens as sl

    models = {"bits": sl.Ising(), "planes": sl.Potts(3), "clock": sl.Clock(6), "table": sl.Clock(6)}
    for engine, model in models.items():
        yield _tried(f"engine {engine}", partial(_engine, engine, model))


def _engine(engine: str, model: Any) -> Check:
    """Sample a small lattice, and compare with the sum over all states."""
    from spinlens.ensemble import sample
    from spinlens.exact import enumerate_states
    from spinlens.sampling import Plan

    plan = Plan(model=model, lattice=Lattice((3, 2)), temperature=2.0, recordings=400, seed=1, engine=engine)
    # Compile, or load what was compiled before, outside the measured time.
    sample(replace(plan, recordings=1, equilibration=0), progress=False)
    begun = time.perf_counter()
    found = sample(plan, progress=False).observables().squeeze()
    seconds = time.perf_counter() - begun
    exact = enumerate_states(model, plan.lattice, temperature=2.0).energy
    sigmas = (float(found.energy) - exact) / float(found.energy_error)
    words = f"energy {sigmas:+.1f} standard errors from exact, {seconds:.2f} s"
    return Check(f"engine {engine}", words, abs(sigmas) < DEVIATION, "" if abs(sigmas) < DEVIATION else "Report it")


def _cache() -> Check:
    """Return where Numba keeps compiled kernels; without such a place they are compiled in every process."""
    place = Path(os.environ.get("NUMBA_CACHE_DIR", Path(__file__).parent / "__pycache__"))
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=place):
        pass
    return Check("cache of kernels", str(place))


def _folder(folder: Path) -> Check:
    """Write, flush, rename, lock and read in a folder."""
    import fcntl  # Not everywhere, which is what this finds out.

    name = f"folder {folder}"
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "file"
        begun = time.perf_counter()
        write_atomically(path, b"spinlens" * 1024)
        seconds = time.perf_counter() - begun
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.read_bytes() != b"spinlens" * 1024:
            return Check(name, "reads something else than was written", False, "Use another file system")
    free = shutil.disk_usage(folder).free
    advice = (
        "Less than 1 GiB is free" if free < FEWEST_BYTES else "Flushes are slow here" if seconds > SLOW_FLUSH else ""
    )
    return Check(
        name, f"{free / 2**30:.0f} GiB free, written and flushed in {1000 * seconds:.1f} ms, locks", True, advice
    )


def _tried(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # Whatever goes wrong here is what the user wants to know.
        return Check(name, f"{type(error).__name__}: {error}", False, "See the message")
