"""No prediction ever sees what it must predict."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from spinlens.lattices import Lattice
from spinlens.learning.settings import Masking, Recipe
from spinlens.learning.vision.masked import Predictions
from spinlens.learning.vision.objective import HiddenSpins, divide
from spinlens.learning.vision.symmetries import Moves
from spinlens.models import Ising
from spinlens.symmetries import Symmetries

from .conftest import labelled


class Cheat(nn.Module):
    """Repeats each spin that it sees, with certainty; of a hidden one, 0, it can say nothing."""

    def forward(self, spins: torch.Tensor, patches: torch.Tensor) -> Predictions:
        self.seen, self.patches = spins[:, 0], patches
        odds = 60.0 * spins
        return Predictions(logits=odds, coupled=odds, bonds=None)


@pytest.mark.parametrize(("mask_ratio", "spin_ratio"), [(0.5, 0.0), (0.0, 0.2), (0.25, 0.1)])
def test_repeating_what_is_seen_is_worth_nothing(mask_ratio, spin_ratio):
    task = Masking(mask_ratio=mask_ratio, spin_ratio=spin_ratio, token_weight=1.0, coupling_weight=0.5, bond_weight=0.0)
    recipe = Recipe(batch=16)
    moves = Moves(Symmetries.of(Ising(), Lattice((8, 8))), np.array([1, 0]))
    material = divide(labelled(40)[0], 0.25)
    cheat, more = Cheat(), {"moves": moves, "precision": "float32", "seed": 1, "device": torch.device("cpu")}
    work = HiddenSpins(cheat, material, task, patch=4, recipe=recipe, **more)
    losses = work.loss(0)
    assert float(losses["loss"]) == pytest.approx(1.5 * np.log(2), rel=1e-6)
    assert float(losses["hidden_loss"]) == pytest.approx(np.log(2), rel=1e-6)
    hidden = (cheat.seen == 0).float().mean()
    assert hidden == pytest.approx(mask_ratio + (1 - mask_ratio) * spin_ratio, abs=0.03)
    assert cheat.patches.sum(1).unique().tolist() == [4 * mask_ratio]
    assert work.validate()["validation_loss"] == pytest.approx(np.log(2), rel=1e-6)
    assert work.single_spins()["single_spin_loss"] == pytest.approx(np.log(2), rel=1e-6)
    assert not cheat.patches.any()
    # A step is hidden in the same way whenever it is asked for, and the next one in another.
    seen = []
    for step in (0, 0, 1):
        work.loss(step)
        seen.append(cheat.seen[:10])
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0] == 0, seen[2] == 0)
