"""A challenge on the disk: its hash first, then problem after problem; opened and drawn again by anyone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spinlens.challenge.problem import PROBLEM, SealedProblem, file_of, problem
from spinlens.challenge.recipes import Recipe, recipes
from spinlens.challenge.records import read_record, write_record
from spinlens.challenge.sampling import write_problem
from spinlens.challenge.schedule import Schedule
from spinlens.challenge.secret import Secret, read_secret
from spinlens.config import differences
from spinlens.errors import DamagedError, IncompleteError, InputError
from spinlens.files import local_path, write_atomically
from spinlens.progress import Report, progress_bar
from spinlens.provenance import versions
from spinlens.workers import check_workers, finished

CHALLENGE, CHALLENGE_FORMAT = "challenge.json", "spinlens-challenge-1"
SECRET, TRUTH = "secret.txt", "truth.json"
"""What an opened challenge has beside: the secret's bytes, and for readers what they stand for."""

TRUTH_FORMAT = "spinlens-truth-1"


@dataclass(frozen=True)
class Challenge:
    """A challenge in a folder.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    hash : str
        SHA-256 of its secret.
    problems, nulls : int
        How many have a transition, and how many have none.
    schedule : Schedule
        How its problems are sampled.
    """

    path: Path
    hash: str
    problems: int
    nulls: int
    schedule: Schedule

    @property
    def numbers(self) -> range:
        """Numbers of the problems."""
        return range(1, self.problems + self.nulls + 1)

    def folder(self, number: int) -> Path:
        """Return where a problem lies."""
        return self.path / "problems" / f"{number:03}"

    def problem(self, number: int) -> SealedProblem:
        """Open a problem.

        Raises
        ------
        InputError
            If it is not there, or belongs to another challenge.
        """
        found = problem(self.folder(number))
        if (found.challenge, found.number) != (self.hash, number):
            raise InputError("problem", found.folder, "belongs to another challenge or place")
        return found

    @property
    def missing(self) -> list[int]:
        """Numbers of the problems that are not made yet."""
        return [number for number in self.numbers if not (self.folder(number) / PROBLEM).exists()]

    @property
    def opened(self) -> bool:
        """Whether the secret is published."""
        return (self.path / SECRET).exists()

    def recipes(self, secret: Secret | None = None) -> list[Recipe]:
        """Return the recipes of the problems, from the published secret where none is given.

        Raises
        ------
        InputError
            If the secret is not published, or is another one.
        """
        if secret is None:
            if not self.opened:
                do = f"spinlens challenge open {self.path} --seed-file secret.txt publishes the secret"
                raise InputError("challenge", self.path, "is still sealed", do)
            secret = read_secret(self.path / SECRET)
        if secret.hash != self.hash:
            raise InputError("secret", f"SHA-256 {secret.hash}", f"this challenge was sealed with {self.hash}")
        return recipes(secret, problems=self.problems, nulls=self.nulls)

    def check_finished(self) -> None:
        """Refuse a challenge of which problems are missing.

        Raises
        ------
        InputError
            If some are.
        """
        if missing := self.missing:
            total = self.problems + self.nulls
            why = f"is unfinished: {len(missing)} of {total} problems are not made, the first is {missing[0]}"
            raise InputError("challenge", self.path, why, "Run spinlens challenge make again to continue")


def open_folder(path: Path | str) -> Challenge:
    """Return the challenge in a folder.

    Raises
    ------
    InputError
        If there is none.
    """
    path = Path(path)
    values = read_record(path / CHALLENGE, what="challenge", form=CHALLENGE_FORMAT, do="Name the folder of a challenge")
    try:
        schedule = Schedule.resolve(values["schedule"])
        counts = int(values["problems"]), int(values["nulls"])
        return Challenge(path, str(values["secret_sha256"]), *counts, schedule)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("challenge", path / CHALLENGE, f"is malformed ({error})") from None


def make(
    out: Path | str,
    secret: Secret,
    *,
    problems: int = 48,
    nulls: int = 24,
    schedule: Schedule | None = None,
    workers: int | None = None,
    progress: bool | Report = True,
) -> Challenge:
    """Make a challenge, or go on with one.

    Parameters
    ----------
    out : path-like
        Its folder: new, or with an unfinished challenge of the same secret, counts and schedule.
    secret : Secret
        What everything is drawn from; its hash is published before anything else.
    problems, nulls : int
        How many have a transition, and how many have none.
    schedule : Schedule, optional
        How each is sampled.
    workers : int, optional
        Problems that are made side by side; by default as many as there are cores.
    progress : bool or callable
        Whether to show progress on stderr.

    Raises
    ------
    InputError
        If a count cannot be used, the folder holds something else, or the secret was published with this challenge or
        one beside it.
    IncompleteError
        If it was interrupted; the same call goes on.
    """
    out, schedule = local_path(out), schedule or Schedule()
    check_workers(workers, None)
    drawn = recipes(secret, problems=problems, nulls=nulls)
    for place in sorted(other.parent for other in out.parent.glob(f"*/{CHALLENGE}")):
        if (place / SECRET).exists() and read_secret(place / SECRET) == secret:
            raise InputError("seed_file", f"SHA-256 {secret.hash}", f"was opened in {place}", "Make a new secret")
    described = {
        "format": CHALLENGE_FORMAT, "secret_sha256": secret.hash, "problems": problems, "nulls": nulls,
        "schedule": schedule.model_dump(),
    }  # fmt: skip
    if (out / CHALLENGE).exists():
        stored = read_record(out / CHALLENGE, what="challenge", form=CHALLENGE_FORMAT)
        if differing := differences(described, {key: stored.get(key) for key in described}):
            raise InputError("out", out, f"holds another challenge: {', '.join(differing)}", "Choose another folder")
    elif out.exists() and any(out.iterdir()):
        raise InputError("out", out, "is not empty, and holds no challenge", "Choose another folder")
    else:
        out.mkdir(parents=True, exist_ok=True)
        write_record(out / CHALLENGE, described | {"versions": versions()})
    found = open_folder(out)
    missing = found.missing

    def written(number: int, tell: Report) -> None:
        write_problem(found.folder(number), drawn[number - 1], schedule, challenge=found.hash, workers=1, report=tell)

    with progress_bar("challenge", show=progress) as report:
        try:
            for _ in finished(written, missing, workers=workers, report=_all_of(report, len(missing))):
                pass
        except KeyboardInterrupt:
            left = len(found.missing)
            raise IncompleteError(
                f"Interrupted with {problems + nulls - left} of {problems + nulls} problems in {out}. "
                "Run the same command again to continue."
            ) from None
    return found


def open_challenge(path: Path | str, secret: Secret) -> Challenge:
    """Publish the secret of a challenge inside its folder, with what it stands for.

    Raises
    ------
    InputError
        If the challenge is unfinished, or the secret is another one's.
    """
    found = open_folder(path)
    found.check_finished()
    rows = [recipe.to_dict() for recipe in found.recipes(secret)]
    write_record(found.path / TRUTH, {"format": TRUTH_FORMAT, "challenge": found.hash, "problems": rows})
    write_atomically(found.path / SECRET, secret.data)
    return found


def check(
    path: Path | str,
    *,
    numbers: Sequence[int] | None = None,
    workers: int | None = None,
    progress: bool | Report = True,
) -> int:
    """Draw the problems of an opened challenge again and compare every byte; return how many were compared.

    Parameters
    ----------
    path : path-like
        The challenge.
    numbers : sequence of int, optional
        Which problems; by default all.
    workers, progress
        As in `make`.

    Raises
    ------
    InputError
        If it is sealed or unfinished, or has no such problem.
    DamagedError
        If a file differs from what its secret gives.
    """
    found = open_folder(path)
    found.check_finished()
    drawn, wanted = found.recipes(), list(numbers or found.numbers)
    if strange := [number for number in wanted if number not in found.numbers]:
        raise InputError("problem", strange[0], f"must be from 1 to {len(found.numbers)}")

    def checked(number: int, tell: Report) -> None:
        recipe = drawn[number - 1]
        with tempfile.TemporaryDirectory() as place:
            again = Path(place)
            write_problem(again, recipe, found.schedule, challenge=found.hash, workers=1, report=tell)
            for name in _files(recipe, found.schedule):
                published = found.folder(number) / name
                if not published.exists() or published.read_bytes() != (again / name).read_bytes():
                    raise DamagedError(f"{published} is not what the secret of the challenge gives.")

    with progress_bar("check", show=progress) as report:
        for _ in finished(checked, wanted, workers=workers, report=_all_of(report, len(wanted))):
            pass
    return len(wanted)


def _files(recipe: Recipe, schedule: Schedule) -> Iterator[str]:
    yield from (file_of(length) for length in recipe.lengths(schedule))
    yield PROBLEM


def _all_of(report: Report, total: int) -> Callable[[int, float], None]:
    """Return a report on problems that are worked on side by side."""
    parts: dict[int, float] = {}

    def tell(number: int, fraction: float) -> None:
        parts[number] = fraction
        report(sum(parts.values()) / total, f"problem {number}")

    return tell
