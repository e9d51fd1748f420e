"""Whatever stands in a plan, in zarr.json or in the journal: a right result, or one sentence about what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spinlens.config import parse_assignment, parse_grid
from spinlens.ensemble import open_ensemble, verify
from spinlens.ensemble.journal import Entry, Journal, _check, _text
from spinlens.ensemble.layout import fingerprint
from spinlens.errors import DamagedError, InputError
from spinlens.sampling import Plan
from tests.ensemble.tiny import PLAN

FIXED = settings(
    derandomize=True, deadline=None, max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3),
    max_leaves=6,
)
KEYS = [*PLAN.to_dict(), "colour"]
INNER = [None, "shape", "boundary", "name", "coupling", "colour"]


def changed(key: str, inner: str | None, value: Any) -> dict[str, Any]:
    """Return a plan with one value replaced, on the surface or within the lattice or the model."""
    plan = PLAN.to_dict()
    if inner is None or not isinstance(plan.get(key), dict):
        return {**plan, key: value}
    return {**plan, key: {**plan[key], inner: value}}


def assert_one_sentence(error: Exception) -> None:
    assert "\n" not in str(error).replace("\\n", "")
    assert len(str(error)) > 10


@FIXED
@given(key=st.sampled_from(KEYS), inner=st.sampled_from(INNER), value=JSON)
@example(key="seed", inner=None, value=float("nan"))
@example(key="field", inner=None, value=[[1.0], [2.0]])
@example(key="temperature", inner=None, value=[1.0, None])
@example(key="chains", inner=None, value=10**20)
@example(key="lattice", inner="shape", value=[4, float("inf")])
@example(key="lattice", inner="shape", value=[4, 4, 4])
@example(key="lattice", inner="boundary", value=["periodic", {}])
@example(key="model", inner="coupling", value=[1.0, None])
@example(key="model", inner="name", value=["ising"])
def test_a_plan(key: str, inner: str | None, value: Any) -> None:
    given_plan = changed(key, inner, value)
    try:
        plan = Plan.from_dict(given_plan)
    except InputError as error:
        assert_one_sentence(error)
        return
    again = Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert again == plan
    assert again.to_dict() == plan.to_dict()


@FIXED
@given(plan=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6) | JSON)
def test_a_plan_of_anything(plan: Any) -> None:
    if isinstance(plan, dict):
        with pytest.raises(InputError):
            Plan.from_dict(plan)


@pytest.fixture(scope="module")
def victim(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(finished, tmp_path_factory.mktemp("victim") / "out"))


@settings(FIXED, max_examples=80)
@given(
    name=st.sampled_from(["format", "format_version", "plan", "fingerprint", "random_generator", "versions", "new"]),
    value=JSON,
    matching=st.booleans(),
)
def test_attributes(name: str, value: Any, matching: bool, finished: Path, victim: Path) -> None:
    file = victim / "zarr.json"
    metadata = json.loads((finished / "zarr.json").read_text())
    same = metadata["attributes"].get(name) == value
    metadata["attributes"][name] = value
    if matching and isinstance(value, dict):
        metadata["attributes"]["fingerprint"] = fingerprint(value)
    file.write_text(json.dumps(metadata))
    assert same or not verify(victim).intact
    try:
        ensemble = open_ensemble(victim)
    except (InputError, DamagedError) as error:
        assert_one_sentence(error)
        return
    assert ensemble.plan == PLAN


@settings(FIXED, max_examples=80)
@given(data=st.data())
def test_zarr_json_with_bytes_replaced(data: st.DataObject, finished: Path, victim: Path) -> None:
    content = bytearray((finished / "zarr.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (victim / "zarr.json").write_bytes(content)
    try:
        ensemble = open_ensemble(victim)
        series = ensemble.series
    except (InputError, DamagedError) as error:
        assert_one_sentence(error)
        return
    assert series.identical(open_ensemble(finished).series)


LINES = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())


@FIXED
@given(lines=st.lists(LINES, max_size=5))
def test_a_journal_of_anything_is_no_commit(lines: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(lines))
    assert Journal(tmp_path).read() == {}
    assert Journal(tmp_path).readable() == b""


@FIXED
@given(
    unit=st.text(max_size=5) | JSON,
    files=st.dictionaries(st.text(max_size=12), st.text(max_size=5), max_size=3) | JSON,
    seconds=st.floats() | JSON,
    attributes=JSON,
)
@example(unit="a", files={"../../etc/passwd": "0"}, seconds=1.0, attributes=None)
@example(unit="a", files={"/etc/passwd": "0"}, seconds=1.0, attributes=None)
@example(unit="a", files={"spins/c.0": "0"}, seconds=float("inf"), attributes=None)
@example(unit="a", files={"spins/c.0": "0"}, seconds=1.0, attributes={"plan": 5})
def test_lines_with_a_right_check(unit: Any, files: Any, seconds: Any, attributes: Any, tmp_path: Path) -> None:
    values = {"unit": unit, "files": files, "seconds": seconds, "attributes": attributes}
    (tmp_path / "log.jsonl").write_text(_text({**values, "check": _check(_text(values))}) + "\n")
    for entry in Journal(tmp_path).read().values():
        assert isinstance(entry, Entry)
        assert isinstance(entry.unit, str)
        assert all(isinstance(digest, str) for digest in entry.files.values())
        for file in entry.files:
            assert (tmp_path / file).resolve().is_relative_to(tmp_path.resolve())
    with pytest.raises((InputError, DamagedError)):
        verify(tmp_path)


@FIXED
@given(text=st.text(max_size=12) | st.from_regex(r"[-0-9.:,einfa ]{0,12}", fullmatch=True))
@example(text="1:2:1e400")
@example(text="0:1:99999999999999999999")
@example(text="0:1:1000000000000")
def test_grids_and_assignments(text: str) -> None:
    try:
        values = parse_grid(text)
        assert all(isinstance(value, float) for value in values)
    except InputError as error:
        assert_one_sentence(error)
    try:
        assert isinstance(parse_assignment(text), dict)
    except InputError as error:
        assert_one_sentence(error)
