"""The shell and Python start from the same values."""

from __future__ import annotations

import inspect

from spinlens.cli.pretrain import pretrain as verb
from spinlens.cli.simulate import simulate as simulate_verb
from spinlens.ensemble import simulate
from spinlens.learning.vision import pretrain
from spinlens.studies.classify.configuration import Pretraining


def shared(command: object, function: object) -> dict[str, tuple[object, object]]:
    of_shell, of_python = (inspect.signature(each).parameters for each in (command, function))  # type: ignore[arg-type]
    return {
        name: (option.default.default, of_python[name].default)
        for name, option in of_shell.items()
        if name in of_python
        and of_python[name].default is not inspect.Parameter.empty
        and option.default.default is not ...
    }


def test_pretraining() -> None:
    found = shared(verb, pretrain)
    assert set(found) >= {"epochs", "batch", "learning_rate", "stem", "patch", "bond_weight", "size"}
    assert all(here == there for here, there in found.values()), found
    defaults = Pretraining().model_dump()
    assert {name: found[name][0] for name in defaults} == defaults


def test_simulating() -> None:
    found = shared(simulate_verb, simulate)
    assert set(found) >= {"chains", "draws", "equilibration", "interval", "algorithm", "exchange", "start", "seed"}
    assert all(here == there for here, there in found.values()), found
