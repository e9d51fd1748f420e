"""The rules for the neighbour beyond an edge: their names, their normal form, their text."""

from __future__ import annotations

from typing import Any

import numpy as np

from spinlens.errors import InputError, did_you_mean

Rule = str | tuple[int, int]
"""One axis: ``"periodic"``, ``"antiperiodic"``, ``"twisted=5"``, ``"free"``, or what is held beyond its two edges."""

WORDS = ("periodic", "antiperiodic", "free")

TWISTED = "twisted="
"""What stands before the number of codes by which a seam turns."""
SKEWED: tuple[Rule, ...] = ((1, -1), "periodic")
"""Spins held up above the top row and down below the bottom row; periodic along the rows."""

_SIGNS = {"+": 1, "-": -1}
_BETWEEN = "|"
"""What stands between the two held values of a wall in text, where they are not both signs."""


def axis_rules(boundary: Any, axes: int = 2) -> tuple[Rule, ...]:
    """Return the rule of each axis that a boundary stands for.

    Parameters
    ----------
    boundary : str or sequence
        A word for all axes (on two axes also ``"skewed"``), or one rule an axis: a word, or a pair of held values.
    axes : int
        Number of axes.

    Raises
    ------
    InputError
        If it is anything else; nothing unknown is ever taken for periodic.
    """
    if isinstance(boundary, str):
        if boundary == "skewed" and axes == 2:
            return SKEWED
        known = (*WORDS, "skewed") if axes == 2 else WORDS
        return (_word("boundary", boundary, known),) * axes
    if axes == 1 and isinstance(boundary, tuple | list) and len(boundary) == 2 and all(map(_is_value, boundary)):
        return (axis_rule("boundary", boundary),)
    if not isinstance(boundary, tuple | list) or len(boundary) != axes:
        raise InputError("boundary", repr(boundary), f"must be a word or one rule for each axis, {axes} here")
    return tuple(axis_rule(f"boundary[{axis}]", rule) for axis, rule in enumerate(boundary))


def normal_form(rules: tuple[Rule, ...]) -> str | tuple[Rule, ...]:
    """Return one word where it says everything, else the rules."""
    return rules[0] if len(set(rules)) == 1 and isinstance(rules[0], str) else rules


def parse_boundary(text: str) -> str | tuple[Rule, ...]:
    """Return the boundary that a command line means: ``skewed``, ``free``, ``+-,periodic`` or ``0|2,free``.

    Raises
    ------
    InputError
        If a word is unknown.
    """
    words = [word.strip() for word in text.split(",")]
    if len(words) == 1 and _held(words[0]) is None:
        return SKEWED if text == "skewed" else normal_form(axis_rules(words[0], 1))
    return normal_form(axis_rules([_held(word) or word for word in words], len(words)))


def boundary_text(rules: tuple[Rule, ...]) -> str:
    """Return a boundary as `parse_boundary` reads it."""
    texts = [rule if isinstance(rule, str) else _text(rule) for rule in rules]
    return texts[0] if isinstance(normal_form(rules), str) else ",".join(texts)


def axis_rule(name: str, rule: Any) -> Rule:
    """Return the rule of one axis, or raise InputError naming ``name``."""
    if isinstance(rule, str):
        return _word(name, rule, WORDS)
    pair = isinstance(rule, tuple | list) and len(rule) == 2
    if not pair or not all(map(_is_value, rule)):
        raise InputError(
            name, repr(rule), "must be a word or a pair of held values, each a whole number", "For example (+1, -1)"
        )
    return int(rule[0]), int(rule[1])


def closes(rule: Rule) -> bool:
    """Return whether an axis with this rule is a ring."""
    return isinstance(rule, str) and rule != "free"


def twist_of(rule: Rule) -> int | None:
    """Return by how many codes a twisted seam turns what lies beyond it, or None of other rules."""
    return int(rule[len(TWISTED) :]) if isinstance(rule, str) and rule.startswith(TWISTED) else None


def _word(name: str, word: str, known: tuple[str, ...]) -> str:
    """Return a word as it is written, or raise InputError naming ``name``."""
    if word in WORDS:
        return word
    if not word.startswith(TWISTED):
        raise InputError(name, repr(word), "is unknown", did_you_mean(word, known))
    codes = word[len(TWISTED) :]
    if not codes.isascii() or not codes.isdigit() or int(codes) == 0:
        raise InputError(name, repr(word), "must say by how many codes, 1 or more", "For example 'twisted=5'")
    return f"{TWISTED}{int(codes)}"


def _text(held: tuple[int, int]) -> str:
    if set(held) <= {1, -1}:
        return "".join("+" if value > 0 else "-" for value in held)
    return _BETWEEN.join(map(str, held))


def _held(word: str) -> tuple[int, int] | None:
    if len(word) == 2 and set(word) <= set(_SIGNS):
        return _SIGNS[word[0]], _SIGNS[word[1]]
    parts = word.split(_BETWEEN)
    try:
        return (int(parts[0]), int(parts[1])) if len(parts) == 2 else None
    except ValueError:
        return None


def _is_value(held: Any) -> bool:
    return isinstance(held, int | np.integer) and not isinstance(held, bool)
