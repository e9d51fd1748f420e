"""Geometry only: shapes, boundaries, bonds."""

from spinlens.lattice.bonds import Bonds, bond_sums, list_bonds, torus_bonds
from spinlens.lattice.boundary import Rule, axis_rule, parse_boundary
from spinlens.lattice.rectangle import Lattice

__all__ = ["Bonds", "Lattice", "Rule", "axis_rule", "bond_sums", "list_bonds", "parse_boundary", "torus_bonds"]
