"""What a checkpoint keeps, and when one is due."""

from __future__ import annotations

import math
import signal
import time

import pytest
import torch

from spinlens.errors import DamagedError
from spinlens.learning.continuation import CHECKPOINT, Position, pauses, read_checkpoint, write_checkpoint
from spinlens.learning.history import read_history


def trained(seed=0, width=3):
    """A network after two steps that are not alike."""
    torch.manual_seed(seed)
    network = torch.nn.Linear(width, 2)
    optimizer = torch.optim.AdamW(network.parameters(), 0.1)
    for step in range(2):
        optimizer.zero_grad()
        network(torch.ones(1, width) * step).square().sum().backward()
        optimizer.step()
    return network, optimizer


def kept(folder, **state):
    network, optimizer = trained()
    position = Position(state, [{"epoch": 1, "loss": 0.5}], {"rest.one": torch.arange(3.0)})
    write_checkpoint(folder, position, network=network, optimizer=optimizer, configuration={"seed": 1})
    return network, optimizer


def test_everything_comes_back(tmp_path):
    network, optimizer = kept(tmp_path, done=7, best=math.inf, totals={"loss": 0.25})
    other, its_optimizer = trained(seed=1)
    with read_checkpoint(tmp_path, network=other, optimizer=its_optimizer) as position:
        assert position.state == {"done": 7, "best": math.inf, "totals": {"loss": 0.25}}
        assert position.history == read_history(tmp_path) == [{"epoch": 1, "loss": 0.5}]
        assert list(position.tensors) == ["rest.one"]
        assert torch.equal(position.tensors["rest.one"], torch.arange(3.0))
    for one, same in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, same)
        for name, moment in optimizer.state[one].items():
            assert torch.equal(moment, its_optimizer.state[same][name]), name


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    kept(tmp_path, done=1)
    network, optimizer = trained(width=4)
    message = rf"{CHECKPOINT} does not fit this network: .*\. Remove it to train anew"
    with (
        pytest.raises(DamagedError, match=message),
        read_checkpoint(tmp_path, network=network, optimizer=optimizer),
    ):
        pytest.fail("the block must not begin")


def test_a_state_that_lacks_a_number_is_refused(tmp_path):
    kept(tmp_path, done=1)
    network, optimizer = trained()
    with (
        pytest.raises(DamagedError, match="does not fit this network: 'waited'"),
        read_checkpoint(tmp_path, network=network, optimizer=optimizer) as position,
    ):
        _ = position.state["waited"]


def test_saving_is_due_when_time_has_passed_or_the_user_asks(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with pauses() as pause:
        now[0] = 10.0
        assert not pause.due(10.0)
        assert pause.due(9.0)
        pause.saved()
        assert not pause.due(9.0)
        signal.raise_signal(signal.SIGINT)
        assert pause.stopping.is_set()
        assert pause.due(9.0)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
