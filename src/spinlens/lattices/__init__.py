"""Geometry only: shapes, kinds, boundaries, and the one table of neighbours."""

from spinlens.lattices.boundary import Rule, axis_rule, parse_boundary
from spinlens.lattices.lattice import DIRECTIONS, Lattice, check_lattice
from spinlens.lattices.neighbours import Neighbours

__all__ = ["DIRECTIONS", "Lattice", "Neighbours", "Rule", "axis_rule", "check_lattice", "parse_boundary"]
