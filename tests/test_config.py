"""Configurations: grids, merging, differences, and mistakes that are named."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinlens.config import (
    Grid,
    Section,
    Sides,
    differences,
    merge,
    parse_assignment,
    parse_grid,
    read_toml,
    write_toml,
)
from spinlens.errors import InputError


class Inner(Section):
    beta: float = 8.0
    grid: Grid = "1:2:3"


class Outer(Section):
    seed: int
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1:5:5", (1, 2, 3, 4, 5)),
        ("2", (2,)),
        ("3:3:1", (3,)),
        ("1, 2.5,4", (1, 2.5, 4)),
        (2.5, (2.5,)),
        ([1, 2], (1, 2)),
    ],
)
def test_grids(text: object, values: tuple[float, ...]) -> None:
    assert parse_grid(text) == values


@pytest.mark.parametrize("text", ["", "1:2", "1:2:0", "1:2:1", "1:2:x", "a", "1,,2", None, [True], ["1"], {}])
def test_bad_grids(text: object) -> None:
    with pytest.raises(InputError, match="start:stop:count"):
        parse_grid(text)


@given(st.text(max_size=30))
def test_any_text_is_a_grid_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert len(parse_grid(text)) >= 1


def test_defaults_are_filled_in() -> None:
    assert Outer.resolve({"seed": 1}).model_dump() == {"seed": 1, "inner": {"beta": 8.0, "grid": "1:2:3"}}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seed": 1, "inner": {"betta": 2.0}}, r"inner.betta.*Did you mean 'beta'"),
        ({"sead": 1, "seed": 1}, r"sead.*Did you mean 'seed'"),
        ({}, "'seed': is missing"),
        ({"seed": "one"}, "seed = 'one'"),
        ({"seed": 1, "inner": {"grid": "1:2"}}, "inner.grid = '1:2': must be start:stop:count"),
    ],
)
def test_mistakes_are_named(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Outer.resolve(values)


def test_merge_goes_table_by_table() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}}) == {"a": {"b": 9, "c": 2}, "d": 3}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("training.beta=4", {"training": {"beta": 4}}),
        ("sampling.field=-1:1:3", {"sampling": {"field": "-1:1:3"}}),
        ("a=[1, 2]", {"a": [1, 2]}),
        ("a=true", {"a": True}),
        ("a=x = y", {"a": "x = y"}),
    ],
)
def test_assignments(text: str, values: dict) -> None:
    assert parse_assignment(text) == values


@pytest.mark.parametrize("text", ["beta", "=4", "a..b=1"])
def test_bad_assignments(text: str) -> None:
    with pytest.raises(InputError, match="key=value"):
        parse_assignment(text)


def test_differences_are_named_with_both_values() -> None:
    assert differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}, "c": 2}) == ["a.b (asked 1, stored 3)"]


def test_toml_round_trips(tmp_path: Path) -> None:
    values = {"preset": "quick", "training": {"beta": 8.0, "filters": [4, 16]}}
    write_toml(tmp_path / "config.toml", values)
    assert read_toml(tmp_path / "config.toml") == values


def test_a_broken_file_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("a = = 1")
    with pytest.raises(InputError, match="is not TOML"):
        read_toml(tmp_path / "config.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_toml(tmp_path / "nothing.toml")


def test_sides_as_the_shell_writes_them() -> None:
    class Shaped(Section):
        shape: Sides

    for text, sides in (("32x20", [32, 20]), (48, [48, 48]), ([8, 4], [8, 4])):
        assert Shaped.resolve({"shape": text}).shape == sides
    assert parse_assignment("shape=20x20") == {"shape": "20x20"}
    for wrong in ("32by20", True, "x"):
        with pytest.raises(InputError, match="shape"):
            Shaped.resolve({"shape": wrong})
