"""The shell and Python start from the same values."""

from __future__ import annotations

import inspect

from spinlens.cli.pretrain import pretrain as verb
from spinlens.cli.simulate import simulate as simulate_verb
from spinlens.ensemble import simulate
from spinlens.learning.settings import MASKED, Masked, Masking
from spinlens.learning.vision import Pretraining
from spinlens.learning.vision.pretraining import SHAPE


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
    of_shell = {name: option.default.default for name, option in inspect.signature(verb).parameters.items()}
    for settings in (Masking(), SHAPE):
        assert settings.given.items() <= of_shell.items()
    assert {name: of_shell[name] for name in ("epochs", "batch", "learning_rate")}.items() <= MASKED.given.items()
    assert of_shell["seed"] == Pretraining().seed
    own = Pretraining().get_params()
    assert {name: own[name] for name in ("task", "augment", "held_out")}.items() <= dict(Masked()).items()


def test_simulating() -> None:
    found = shared(simulate_verb, simulate)
    assert set(found) >= {"chains", "draws", "equilibration", "interval", "algorithm", "exchange", "start", "seed"}
    assert all(here == there for here, there in found.values()), found
