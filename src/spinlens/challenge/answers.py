"""Answers to problems: what may be said of a transition, one file a problem, written as they come."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from spinlens.challenge.folder import Challenge
from spinlens.challenge.problem import SealedProblem
from spinlens.challenge.records import read_record, write_record
from spinlens.config import Section
from spinlens.errors import IncompleteError, InputError
from spinlens.files import local_path
from spinlens.progress import Report, progress_bar

ANSWER_FORMAT = "spinlens-answer-1"

Number = Annotated[float, Field(allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
Interval = Annotated[list[Number], Field(min_length=2, max_length=2)]


class _Said(Section):
    """What others add for themselves is left alone; what is asked for must be there."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Transition(_Said):
    """A transition that somebody claims.

    Attributes
    ----------
    value, error : float
        Its temperature with the standard error, in the problem's unit.
    interval_68, interval_95 : list of float
        Where it lies with these probabilities: the lower and the upper end.
    kind : str
        What it most probably is.
    kind_probabilities : dict of str to float
        Of each kind; may be left out.
    probability : float
        That it is there at all.
    """

    value: Number
    error: Annotated[Number, Field(ge=0)]
    interval_68: Interval
    interval_95: Interval
    kind: Literal["continuous", "first_order", "bkt", "undecided"]
    kind_probabilities: dict[str, Probability] = Field(default_factory=dict)
    probability: Probability = 1.0

    @model_validator(mode="after")
    def _ends_in_order(self) -> Self:
        for name in ("interval_68", "interval_95"):
            low, high = getattr(self, name)
            if low > high:
                raise InputError(name, [low, high], "must be the lower and the upper end")
        return self


class Answer(_Said):
    """What somebody says of a problem.

    Attributes
    ----------
    challenge : str
        Hash of the challenge.
    problem : int
        Its number.
    transitions : list of Transition
        Empty where there is none, or nothing can be told.
    none_probability : float
        That there is no transition inside the window. An empty list says "none" where it is at least a half, and
        "cannot tell" where it is less.
    seconds : float
        That the answer took.
    method : str
        Who answers.
    sealed : bool
        Whether the secret was not published yet.
    """

    challenge: str
    problem: int
    transitions: list[Transition]
    none_probability: Probability
    seconds: Annotated[Number, Field(ge=0)] = 0.0
    method: str = ""
    sealed: bool = True

    @property
    def claimed(self) -> Transition | None:
        """The most probable of the transitions; None where none is claimed."""
        return max(self.transitions, key=lambda found: found.probability, default=None)


def answer_file(folder: Path, number: int) -> Path:
    """Return where the answer to a problem lies."""
    return folder / f"{number:03}.json"


def read_answer(folder: Path, number: int, challenge: Challenge) -> Answer | None:
    """Return the answer to a problem, or None where there is none.

    Raises
    ------
    InputError
        If the file is no answer, or one to another problem or challenge.
    """
    path = answer_file(folder, number)
    if not path.exists():
        return None
    values = read_record(path, what="answer", form=ANSWER_FORMAT)
    try:
        found = Answer.resolve(values)
    except InputError as error:
        raise InputError(f"{path}: {error.what}", error.got, error.why, error.do) from None
    if found.challenge != challenge.hash or found.problem != number:
        raise InputError("answer", path, f"is to problem {found.problem} of the challenge {found.challenge}")
    return found


def answer_all(
    challenge: Challenge,
    out: Path | str,
    method: Callable[[SealedProblem], Mapping[str, Any]],
    *,
    name: str,
    progress: bool | Report = True,
) -> int:
    """Answer every problem that has no answer yet; return how many were answered now.

    Parameters
    ----------
    challenge : Challenge
        All of its problems must be made.
    out : path-like
        Folder of the answers.
    method : callable
        Returns of a problem what `Answer` has: ``transitions`` and ``none_probability``.
    name : str
        Of the method.
    progress : bool or callable
        Whether to show progress on stderr.

    Raises
    ------
    InputError
        If the challenge is unfinished, or the folder has answers to another one or by another method.
    IncompleteError
        If it was interrupted; the same call goes on.
    """
    challenge.check_finished()
    out = local_path(out)
    given = {number: read_answer(out, number, challenge) for number in challenge.numbers}
    for found in given.values():
        if found is not None and found.method != name:
            raise InputError("out", out, f"has answers by {found.method!r}, not {name!r}", "Choose another folder")
    waiting = [number for number, found in given.items() if found is None]
    out.mkdir(parents=True, exist_ok=True)
    with progress_bar("answer", show=progress) as report:
        try:
            for done, number in enumerate(waiting):
                report(done / len(waiting), f"problem {number}")
                begun = time.perf_counter()
                # As it will be read: lists for tuples, numbers for those of NumPy that are floats.
                said = json.loads(json.dumps(dict(method(challenge.problem(number)))))
                values = {
                    **said, "format": ANSWER_FORMAT, "challenge": challenge.hash, "problem": number, "method": name,
                    "sealed": not challenge.opened, "seconds": round(time.perf_counter() - begun, 3),
                }  # fmt: skip
                Answer.resolve(values)
                write_record(answer_file(out, number), values)
                report((done + 1) / len(waiting), f"problem {number}")
        except KeyboardInterrupt:
            left = sum(not answer_file(out, number).exists() for number in waiting)
            raise IncompleteError(
                f"Interrupted with {len(given) - left} of {len(given)} answers in {out}. "
                "Run the same command again to continue."
            ) from None
    return len(waiting)
