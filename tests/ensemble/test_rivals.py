"""Several processes on one directory: one writes, the others are refused or find the work done."""

from __future__ import annotations

from pathlib import Path

from spinlens.ensemble import verify
from tests.ensemble.doomed import Fate, run
from tests.ensemble.tiny import contents

REPEATS, RIVALS = 8, 4


def test_rivals_leave_one_whole_ensemble(tmp_path: Path, expected: dict[str, bytes]) -> None:
    places = [tmp_path / str(number) for number in range(REPEATS)]
    ends = run([Fate(out=str(place), rivals=RIVALS) for place in places])
    for place, (code, message) in zip(places, ends, strict=True):
        assert code in (0, 2), message
        assert contents(place) == expected
        found = verify(place)
        assert found.intact
        assert found.missing == ()
    refusals = [sentence for _, message in ends for sentence in message.split("; ") if sentence]
    assert all("another process is" in sentence for sentence in refusals), refusals
    assert len(refusals) > REPEATS
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(map(str, range(REPEATS)))
