"""Contracts: what every space, lattice, model and engine must keep, as classes of tests to subclass.

A package with a model of its own writes one line a case::

    import pytest
    from spinlens.sampling.engines import ENGINES
    from spinlens.testing import Case, EngineContract, ModelContract, trials

    CASES = [Case(Mine(), temperature=1.2, controls={"field": 0.3})]

    @pytest.mark.parametrize("case", CASES, ids=str)
    class TestMine(ModelContract):
        pass

    @pytest.mark.parametrize("trial", trials(ENGINES, CASES), ids=str)
    class TestSampling(EngineContract):
        pass

pytest is needed; it comes with ``pip install spinlens[test]``.
"""

from spinlens.testing.cases import Case, Golden
from spinlens.testing.engine import EngineContract, Trial, trials
from spinlens.testing.lattice import LatticeContract
from spinlens.testing.model import ModelContract
from spinlens.testing.space import SpaceContract

__all__ = ["Case", "EngineContract", "Golden", "LatticeContract", "ModelContract", "SpaceContract", "Trial", "trials"]
