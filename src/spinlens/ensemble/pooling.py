"""One ensemble of the chains of several: runs of different seeds pooled, a run extended by more chains.

Nothing is sampled again. A block of chains depends on its seed and its place among the blocks of that seed alone, so
that its files, taken over under the names that they have in the larger ensemble, make that ensemble the very one that a
run of all seeds and chains would have been; what is missing then is sampled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spinlens.ensemble.estimate import check_fits
from spinlens.ensemble.journal import Entry, Journal
from spinlens.ensemble.layout import FORMAT_VERSION
from spinlens.ensemble.reader import Ensemble, open_ensemble
from spinlens.ensemble.simulate import sample, warn_where_unsound
from spinlens.ensemble.writer import Writer, files_of, unit_name
from spinlens.errors import DamagedError, IncompleteError, InputError
from spinlens.files import local_path
from spinlens.progress import Report, progress_bar
from spinlens.sampling import Plan, Unit
from spinlens.workers import check_workers


def extend(
    path: Path | str | Ensemble,
    *,
    chains: int,
    out: Path | str,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool | Report = True,
) -> Ensemble:
    """Make a larger ensemble of one that is there: its chains, and more of them.

    Parameters
    ----------
    path : path-like or Ensemble
        What there is, finished or not; it is left as it is.
    chains : int
        Chains at each condition in all, more than there are.
    out : path-like
        Directory of the larger ensemble; an unfinished one is continued.
    workers, scheduler, progress
        As in `simulate`.

    Returns
    -------
    Ensemble
        With the draws that `simulate` gives for so many chains, byte for byte. Blocks of 64 chains are taken over; the
        last block of a number that is no multiple of 64 is sampled anew.

    Raises
    ------
    InputError
        If there is no ensemble, it was imported or chose its algorithms by another rule, ``chains`` are no more than
        there are, or ``out`` holds something else.
    DamagedError
        If what is taken over does not match its checksums.
    IncompleteError
        If it was interrupted or the disk is full; the same call continues.

    Warns
    -----
    EquilibrationWarning
        As `simulate`.
    """
    source = _source(path)
    if len(source.plan.seeds) > 1:
        raise InputError("path", source.path, "has several seeds", "Pool it with runs of further seeds")
    plan = source.plan.with_chains(chains, seed=source.plan.seed)
    if plan.chains <= source.plan.chains:
        raise InputError("chains", chains, f"must be more than the {source.plan.chains} that are there")
    ensemble = _gathered(plan, [source], out, workers=workers, scheduler=scheduler, progress=progress)
    warn_where_unsound(ensemble)
    return ensemble


def pool(
    paths: Iterable[Path | str | Ensemble],
    *,
    out: Path | str,
    workers: int | None = None,
    progress: bool | Report = True,
) -> Ensemble:
    """Make one ensemble of runs that differ in nothing but their seeds.

    Parameters
    ----------
    paths : sequence of path-like or Ensemble
        At least two finished runs; they are left as they are.
    out : path-like
        Directory of the ensemble of all their chains; an unfinished one is continued.
    workers, progress
        As in `simulate`.

    Returns
    -------
    Ensemble
        With the draws that `simulate` gives with ``seed=(first, second, ...)``, byte for byte: the chains of one run
        after those of the other.

    Raises
    ------
    InputError
        If there are fewer than two, one is no ensemble, was imported or chose its algorithms by another rule, two have
        a seed in common, that is the same chains, or differ in anything else, or ``out`` holds something else.
    DamagedError
        If what is taken over does not match its checksums.
    IncompleteError
        If a run is not finished, or it was interrupted or the disk is full; the same call continues.

    Warns
    -----
    EquilibrationWarning
        As `simulate`.
    """
    sources = [_source(path) for path in paths]
    if len(sources) < 2:
        raise InputError("paths", len(sources), "must be at least two runs")
    first = sources[0].plan
    for source in sources:
        if source.missing:
            why = f"lacks {len(source.missing)} units of work"
            raise IncompleteError(f"{source.path} {why}. Run the command that made it again, then pool.")
        one, other = _of_one(first), _of_one(source.plan)
        if differing := [name for name in {**one, **other} if one.get(name) != other.get(name)]:
            why = f"differ in more than their seeds: {', '.join(differing)}"
            advice = "Extend those of fewer chains first" if "chains" in differing else ""
            raise InputError("paths", f"{sources[0].path}, {source.path}", why, advice)
    seeds = [seed for source in sources for seed in source.plan.seeds]
    if twice := sorted({seed for seed in seeds if seeds.count(seed) > 1}):
        why = f"have the seed {', '.join(map(str, twice))} in common, so they hold the same chains"
        raise InputError("paths", ", ".join(str(source.path) for source in sources), why, "Give each run its own seed")
    plan = first.with_chains(sum(source.plan.chains for source in sources), seed=seeds)
    ensemble = _gathered(plan, sources, out, workers=workers, scheduler=None, progress=progress)
    warn_where_unsound(ensemble)
    return ensemble


def _source(path: Path | str | Ensemble) -> Ensemble:
    """Return an ensemble whose chains can be taken over."""
    source = path if isinstance(path, Ensemble) else open_ensemble(path)
    plan = source.plan
    if source.path is None:
        raise InputError("ensemble", repr(source), "lies in memory", "Store it with out=...")
    if plan.imported:
        why = "was imported, so nobody can say which chains it holds"
        raise InputError("path", source.path, why, "Import all files together")
    described = Journal(source.path).described() or {"format_version": 1}
    if described["format_version"] != FORMAT_VERSION:
        why = f"has format version {described['format_version']}, and version {FORMAT_VERSION} is written"
        raise InputError("path", source.path, why)
    if plan.algorithm == "auto" and described.get("choice_rule") != plan.kernels.rule:
        why = f"chose its algorithms by rule {described.get('choice_rule')}, this spinlens does by {plan.kernels.rule}"
        raise InputError("path", source.path, why, f"Use the version that made it: {described.get('versions')}")
    return source


def _of_one(plan: Plan) -> dict[str, Any]:
    """Return a plan as if it had the chains of one seed, the same for all."""
    return {**plan.of_seed(plan.seeds[0]).to_dict(), "seed": 0}


def _gathered(plan: Plan, sources: Sequence[Ensemble], out: Path | str, **options: Any) -> Ensemble:
    """Take over what the sources have, and sample the rest."""
    place = local_path(out)
    check_workers(options["workers"], options["scheduler"])
    check_fits({place: plan})
    owners = {
        _identity(source.plan, block): (source, block) for source in sources for block in range(len(source.plan.blocks))
    }
    journals = {str(source.path): Journal(source.path).read() for source in sources if source.path}
    with progress_bar("take over", show=options["progress"]) as report:
        writer = Writer(place, plan)
        try:
            missing = writer.missing_units()
            for done, unit in enumerate(missing, start=1):
                if found := owners.get(_identity(plan, unit.block)):
                    source, block = found
                    name = unit_name(source.plan, Unit(unit.point, block))
                    if entry := journals[str(source.path)].get(name):
                        names = zip(files_of(unit_name(plan, unit), plan), files_of(name, source.plan), strict=True)
                        writer.take_over(unit, _contents(source, names, entry))
                report(done / len(missing), f"{done}/{len(missing)} units")
        except KeyboardInterrupt:
            raise IncompleteError("Interrupted. Run the same command again to continue.") from None
        finally:
            writer.close()
    return sample(plan, out=place, **options)


def _identity(plan: Plan, block: int) -> tuple[int, ...]:
    """Return what two blocks have in common whose files are equal: their streams, and how many chains they hold."""
    return *plan.blocks.origin(block), plan.blocks.lanes, len(plan.blocks.chains_of(block))


def _contents(source: Ensemble, names: Iterable[tuple[str, str]], entry: Entry) -> Iterator[tuple[str, bytes]]:
    """Yield files under their new names with their contents, which are compared with the checksums."""
    assert source.path is not None
    for name, its_name in names:
        path = source.path / its_name
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != entry.files.get(its_name):
            raise DamagedError(f"{path} does not match its checksum. Repair {source.path} first.")
        yield name, content
