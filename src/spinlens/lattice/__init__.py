"""Geometry only: shapes, boundaries, bonds."""

from spinlens.lattice.bonds import Bonds, bond_sums, list_bonds, torus_bonds
from spinlens.lattice.boundary import parse_boundary
from spinlens.lattice.rectangle import Lattice

__all__ = ["Bonds", "Lattice", "bond_sums", "list_bonds", "parse_boundary", "torus_bonds"]
