"""``spinlens challenge`` from the secret to the scores, and every wrong turn in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_verbs import spinlens

SHORT = [word for key in ("sizes=2", "temperatures=4", "chains=4", "recordings=4", "equilibration=0", "interval=1")
         for word in ("--set", key)]  # fmt: skip


def test_a_challenge_from_its_secret_to_its_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret, out, answers = tmp_path / "secret.txt", tmp_path / "it", tmp_path / "answers"

    def refused(why: str, *words: object) -> None:
        assert spinlens("challenge", *words) == 2
        said = capsys.readouterr().err
        assert said.startswith("spinlens: ")
        assert said.count("\n") == 1
        assert why in said

    making = ["make", "--seed-file", secret, "--out", out, "--nulls", 1, *SHORT]
    refused("cannot be read", *making)
    secret.write_text("short\n")
    refused("from 16 to", *making)
    secret.write_text("a secret for the shell\n")
    refused("problems = 0: must be a whole number >= 1", *making, "--problems", 0)
    refused("Did you mean 'recordings'", *making, "--set", "recording=4")
    refused("less than or equal to 5", *making, "--set", "sizes=6")
    assert not out.exists()
    assert spinlens("challenge", *making, "--problems", 2) == 0
    assert "3 problems in" in capsys.readouterr().out
    refused("holds another challenge: problems", *making, "--problems", 3)
    refused("is not empty, and holds no challenge", *making[:4], tmp_path)
    refused("Did you mean 'baseline'", "answer", out, "--out", answers, "--method", "basline")

    hidden = out / "problems" / "002" / "problem.json"
    kept = hidden.read_bytes()
    hidden.unlink()
    for verb in (["open", out, "--seed-file", secret], ["answer", out, "--out", answers, "--method", "baseline"],
                 ["score", out, answers]):  # fmt: skip
        refused("1 of 3 problems are not made", *verb)
    hidden.write_bytes(kept)

    assert spinlens("challenge", "answer", out, "--out", answers, "--method", "baseline") == 0
    assert "3 problems answered by baseline" in capsys.readouterr().out
    assert spinlens("challenge", "answer", out, "--out", answers, "--method", "baseline") == 0
    assert "0 problems answered by baseline" in capsys.readouterr().out
    refused("is still sealed", "score", out, answers)
    refused("is still sealed", "check", out)
    assert spinlens("challenge", "open", out, "--seed-file", secret) == 0
    assert (out / "secret.txt").read_text() == secret.read_text()
    assert spinlens("challenge", "check", out, "--problem", 3) == 0
    capsys.readouterr()
    refused("must be from 1 to 3", "check", out, "--problem", 4)
    assert spinlens("challenge", "score", out, answers, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["answers"]["all"] | {"seconds": 0} == found["baseline"]["all"] | {"seconds": 0}
    assert spinlens("challenge", "score", out, answers) == 0
    assert "interval score" in capsys.readouterr().out
    refused("holds no answer", "score", out, tmp_path)
    refused("was opened in", *making)
