"""Sealed problems: systems whose transitions nobody knows who answers, and scores of the answers once they are opened.

The hash of a secret is published first; the secret decides every problem, and is opened after the answers were given.
"""

from spinlens.challenge.answers import Answer, Transition, answer_all, read_answer
from spinlens.challenge.baseline import baseline
from spinlens.challenge.folder import Challenge, check, make, open_challenge, open_folder
from spinlens.challenge.problem import SealedProblem, problem
from spinlens.challenge.schedule import Schedule
from spinlens.challenge.scoring import score
from spinlens.challenge.secret import Secret, read_secret

__all__ = [
    "Answer", "Challenge", "Schedule", "SealedProblem", "Secret", "Transition", "answer_all", "baseline", "check",
    "make", "open_challenge", "open_folder", "problem", "read_answer", "read_secret", "score",
]  # fmt: skip
