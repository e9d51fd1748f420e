"""The store of draws: the only room that touches ensemble files."""

from spinlens.ensemble.damage import Damage
from spinlens.ensemble.description import describe, equilibration_summary
from spinlens.ensemble.pooling import extend, pool
from spinlens.ensemble.reader import Ensemble, open_ensemble
from spinlens.ensemble.repair import Repair, repair
from spinlens.ensemble.seal import OPENED
from spinlens.ensemble.simulate import sample, sample_all, simulate
from spinlens.ensemble.status import Status, status
from spinlens.ensemble.study_ensemble import study_ensemble, study_ensembles
from spinlens.ensemble.verification import Verification, verify

__all__ = [
    "OPENED",
    "Damage",
    "Ensemble",
    "Repair",
    "Status",
    "Verification",
    "describe",
    "equilibration_summary",
    "extend",
    "open_ensemble",
    "pool",
    "repair",
    "sample",
    "sample_all",
    "simulate",
    "status",
    "study_ensemble",
    "study_ensembles",
    "verify",
]
