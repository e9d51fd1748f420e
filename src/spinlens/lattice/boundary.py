"""The rules for the neighbour beyond an edge: their names, their normal form, their text."""

from __future__ import annotations

from typing import Any

import numpy as np

from spinlens.errors import InputError, did_you_mean

Rule = str | tuple[int, int]
"""One axis: ``"periodic"``, ``"antiperiodic"``, ``"free"``, or the held spins beyond its two edges."""

WORDS = ("periodic", "antiperiodic", "free")
SKEWED: tuple[Rule, Rule] = ((1, -1), "periodic")
"""Spins held up above the top row and down below the bottom row; periodic along the rows."""

_SIGNS = {"+": 1, "-": -1}


def axis_rules(boundary: Any) -> tuple[Rule, Rule]:
    """Return the rules along x and along y that a boundary stands for.

    Parameters
    ----------
    boundary : str or pair
        A word for both axes (``"skewed"`` among them), or one rule an axis: a word, or a pair of held spins +-1.

    Raises
    ------
    InputError
        If it is anything else; nothing unknown is ever taken for periodic.
    """
    if isinstance(boundary, str):
        if boundary == "skewed":
            return SKEWED
        if boundary not in WORDS:
            raise InputError("boundary", repr(boundary), "is unknown", did_you_mean(boundary, (*WORDS, "skewed")))
        return boundary, boundary
    if not isinstance(boundary, tuple | list) or len(boundary) != 2:
        raise InputError("boundary", repr(boundary), "must be a word or one rule for each of the two axes")
    return axis_rule("boundary[0]", boundary[0]), axis_rule("boundary[1]", boundary[1])


def normal_form(rules: tuple[Rule, Rule]) -> str | tuple[Rule, Rule]:
    """Return one word where it says everything, else the two rules."""
    return rules[0] if rules[0] == rules[1] and isinstance(rules[0], str) else rules


def parse_boundary(text: str) -> str | tuple[Rule, Rule]:
    """Return the boundary that a command line means, such as ``skewed``, ``free`` or ``+-,periodic``.

    Raises
    ------
    InputError
        If a word is unknown or there are not one or two of them.
    """
    words = [word.strip() for word in text.split(",")]
    if len(words) == 1 and not (len(text) == 2 and set(text) <= set(_SIGNS)):
        return normal_form(axis_rules(words[0]))
    if len(words) != 2:
        raise InputError("boundary", repr(text), "must be a word, or two with a comma", "For example '+-,periodic'")
    return normal_form(axis_rules([_parse_rule(word) for word in words]))


def boundary_text(rules: tuple[Rule, Rule]) -> str:
    """Return a boundary as `parse_boundary` reads it."""
    texts = [rule if isinstance(rule, str) else "".join("+" if held > 0 else "-" for held in rule) for rule in rules]
    return texts[0] if rules[0] == rules[1] and isinstance(rules[0], str) else ",".join(texts)


def _parse_rule(word: str) -> Any:
    return tuple(_SIGNS[sign] for sign in word) if len(word) == 2 and set(word) <= set(_SIGNS) else word


def axis_rule(name: str, rule: Any) -> Rule:
    """Return the rule of one axis, or raise InputError naming ``name``."""
    if isinstance(rule, str):
        if rule not in WORDS:
            raise InputError(name, repr(rule), "is unknown", did_you_mean(rule, WORDS))
        return rule
    pair = isinstance(rule, tuple | list) and len(rule) == 2
    if not pair or not all(_is_spin(held) for held in rule):
        raise InputError(
            name, repr(rule), "must be a word or a pair of held spins, each +1 or -1", "For example (+1, -1)"
        )
    return int(rule[0]), int(rule[1])


def _is_spin(held: Any) -> bool:
    return isinstance(held, int | np.integer) and not isinstance(held, bool) and held in (1, -1)
