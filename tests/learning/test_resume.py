"""A training that was stopped anywhere continues to the same weights."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from tests.learning.conftest import autoencoder, fit

from spinlens.errors import DamagedError, IncompleteError, InputError
from spinlens.learning.batches import Batches
from spinlens.learning.checkpoint import read_tensors
from spinlens.learning.continuation import CHECKPOINT
from spinlens.learning.history import HISTORY
from spinlens.learning.training import PATIENCE, Training

STEPS = 10  # two epochs of five steps


def weights(vae):
    return [parameter.detach() for parameter in vae.network_.parameters()]


def equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


def interrupt_at(monkeypatch, step):
    """Send Ctrl-C to this process when the batch of a step is drawn."""
    draw = Batches.__call__

    def drawn(self, number):
        if number == step:
            signal.raise_signal(signal.SIGINT)
        return draw(self, number)

    monkeypatch.setattr(Batches, "__call__", drawn)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("schedule", ["cosine", "plateau"])
@pytest.mark.parametrize("step", [0, 3, 4, 7])
def test_interrupted_and_continued(monkeypatch, ensemble, tmp_path, step, schedule, precision):
    more = {"schedule": schedule, "precision": precision}
    whole = fit(ensemble, **more)
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        interrupt_at(patch, step)
        with pytest.raises(IncompleteError, match=rf"step {step + 1} of {STEPS}.*The same call continues"):
            fit(ensemble, tmp_path / "model", **more)
    assert signal.getsignal(signal.SIGINT) is before
    assert (tmp_path / "model" / CHECKPOINT).is_file()
    continued = fit(ensemble, tmp_path / "model", **more)
    assert equal(whole, continued)
    assert whole.history_ == continued.history_
    lines = (tmp_path / "model" / HISTORY).read_text().splitlines()
    assert [json.loads(line) for line in lines] == whole.history_


def test_a_report_that_raises_stops_the_training_and_keeps_the_checkpoint(ensemble, tmp_path):
    """As the workers of a run that was interrupted do."""
    told = []

    def report(fraction, note):
        told.append((fraction, note))
        if len(told) == 4:
            raise LookupError

    with pytest.raises(LookupError):
        autoencoder().fit(ensemble, out=tmp_path / "model", progress=report)
    assert [fraction for fraction, _ in told] == [step / STEPS for step in range(1, 5)]
    assert told[-1][1].startswith("epoch 1/2: ")
    assert read_tensors(tmp_path / "model" / CHECKPOINT)[1]["state"]["done"] == 4
    assert equal(fit(ensemble, tmp_path / "model"), fit(ensemble))


def test_the_seed_decides(ensemble):
    first, second, other = (fit(ensemble, seed=seed) for seed in (3, 3, 4))
    assert equal(first, second)
    assert not equal(first, other)


def test_without_a_directory_nothing_is_promised(monkeypatch, ensemble):
    interrupt_at(monkeypatch, 2)
    with pytest.raises(IncompleteError, match=r"nothing was kept\. Pass out=DIRECTORY"):
        fit(ensemble)


KILLED = """
import sys, time
import torch
from tests.learning.conftest import Spins, autoencoder, striped
from spinlens.learning.batches import Batches
from spinlens.learning.checkpoint import read_tensors
torch.set_num_threads(2)
draw = Batches.__call__
def slow(self, step):
    print(step, flush=True)
    time.sleep(0.05)
    return draw(self, step)
Batches.__call__ = slow
spins = Spins(striped((3, 2, 4, 3, 16, 16)))
autoencoder().fit(spins, out=sys.argv[1], checkpoint_seconds=0.0, progress=False)
"""


def test_killed_and_continued(ensemble, tmp_path):
    out = tmp_path / "model"
    root = Path(__file__).parents[2]
    for last in (2, 6):
        command = [sys.executable, "-c", KILLED, str(out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if int(line) == last:
                    os.kill(process.pid, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    assert equal(fit(ensemble), fit(ensemble, out))


def test_a_finished_training_is_not_repeated(monkeypatch, ensemble, tmp_path):
    first = fit(ensemble, tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()
    monkeypatch.setattr(Training, "run", None)
    assert equal(first, fit(ensemble, tmp_path))


def test_another_training_is_refused_and_named(monkeypatch, ensemble, tmp_path):
    fit(ensemble, tmp_path / "done")
    with monkeypatch.context() as patch:
        interrupt_at(patch, 2)
        with pytest.raises(IncompleteError):
            fit(ensemble, tmp_path / "half")
    for name in ("done", "half"):
        before = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        with pytest.raises(InputError, match=r"other parameters\.recipe\.learning_rate, parameters\.seed, recipe\."):
            fit(ensemble, tmp_path / name, seed=9, learning_rate=0.1)
        with pytest.raises(InputError, match=r"other parameters\.beta\."):
            fit(ensemble, tmp_path / name, beta=2)
        assert before == {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}


def test_a_directory_with_something_else_is_refused(ensemble, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        fit(ensemble, tmp_path)
    with pytest.raises(InputError, match="is not a directory"):
        fit(ensemble, tmp_path / "notes.txt")


def test_a_damaged_checkpoint_is_named(monkeypatch, ensemble, tmp_path):
    with monkeypatch.context() as patch:
        interrupt_at(patch, 2)
        with pytest.raises(IncompleteError):
            fit(ensemble, tmp_path)
    path = tmp_path / CHECKPOINT
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="checksum"):
        fit(ensemble, tmp_path)


def test_a_rate_that_is_too_high_is_an_error_not_a_result(ensemble):
    with pytest.raises(Exception, match=r"diverged\. Lower learning_rate"):
        fit(ensemble, learning_rate=1e6)


def test_outside_the_main_thread(ensemble):
    found = []
    thread = threading.Thread(target=lambda: found.append(fit(ensemble)))
    thread.start()
    thread.join()
    assert found[0].history_


def test_plateau_lowers_the_rate_after_eight_epochs_without_gain(ensemble):
    training = object.__new__(Training)
    training.rate, training.lowest, training.idle = 1.0, float("inf"), 0
    rates = []
    for total in [10.0, 9.0, *[9.0] * PATIENCE, 8.0, *[9.0] * (PATIENCE - 1)]:
        training._follow_plateau(total)
        rates.append(training.rate)
    assert rates == [1.0] * (PATIENCE + 1) + [0.1] * PATIENCE + [0.1]


def test_cosine_ends_at_zero(ensemble):
    rates = [row["learning_rate"] for row in fit(ensemble, epochs=4).history_]
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 1e-5


def test_momentum_schedule_is_that_of_keras(ensemble, monkeypatch):
    """After n steps the product of the momenta is that of mu_t = 0.9 (1 - 0.96^(0.4 t) / 2)."""
    seen = []
    finish = Training._finish_epoch
    monkeypatch.setattr(Training, "_finish_epoch", lambda self: seen.append(self.optimizer) or finish(self))
    fit(ensemble)
    product = 1.0
    for step in range(1, STEPS + 1):
        product *= 0.9 * (1 - 0.5 * 0.96 ** (0.4 * step))
    state = seen[-1].state_dict()["state"][0]
    assert float(state["mu_product"]) == pytest.approx(product, rel=1e-5)
    assert seen[-1].defaults["eps"] == 1e-7


def test_progress_shows_every_term(ensemble, monkeypatch):
    notes = []
    run = Training.run
    monkeypatch.setattr(Training, "run", lambda self, _: run(self, lambda fraction, note: notes.append(note)))
    fit(ensemble)
    assert all(word in notes[-1] for word in ("epoch 2/2", "reconstruction", "MI", "TC", "KL", "nats"))


def test_time_passes_between_checkpoints(ensemble, tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(Training, "save", lambda self: saved.append(self.done))
    clock = iter(range(0, 10_000, 7))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    autoencoder().fit(ensemble, out=tmp_path, checkpoint_seconds=20.0, progress=False)
    assert saved == [3, 6, 9]
