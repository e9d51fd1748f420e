"""Hamiltonians: spaces, terms and how strongly each counts. A model is data and takes one file."""

from spinlens.models.blume_capel import BlumeCapel
from spinlens.models.clock import Clock
from spinlens.models.hidden_unit import HiddenUnit, refuse_sealed
from spinlens.models.ising import Ising
from spinlens.models.lattice_gas import LatticeGas
from spinlens.models.model import SMALLEST_TEMPERATURE, Model, Reference
from spinlens.models.order import OrderParameter, component, vector
from spinlens.models.pairwise import Pairwise
from spinlens.models.potts import Potts
from spinlens.models.random_bond import RandomBondIsing
from spinlens.models.random_field import RandomFieldIsing
from spinlens.models.registry import check_model, model_from_dict, models, parse_model, register
from spinlens.models.stiffness import Stiffness
from spinlens.models.tables import TermTables
from spinlens.models.terms import TICKS, Bonds, Kinks, Pattern, Sites, Term
from spinlens.models.transverse_ising import TransverseIsing
from spinlens.models.trotter import Trotter
from spinlens.models.unspecified import Unspecified
from spinlens.models.xy import XY

__all__ = [
    "SMALLEST_TEMPERATURE", "TICKS", "XY", "BlumeCapel", "Bonds", "Clock", "HiddenUnit", "Ising", "Kinks", "LatticeGas",
    "Model", "OrderParameter", "Pairwise", "Pattern", "Potts", "RandomBondIsing", "RandomFieldIsing", "Reference",
    "Sites", "Stiffness", "Term", "TermTables", "TransverseIsing", "Trotter", "Unspecified", "check_model", "component",
    "model_from_dict", "models", "parse_model", "refuse_sealed", "register", "vector",
]  # fmt: skip
