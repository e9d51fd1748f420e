"""Any discrete model on any lattice."""

from __future__ import annotations


class TableEngine:
    """To come."""

    name = "table"
    generator = "xoshiro256++"
    rule = 1

    def refuses(self, model, lattice, algorithm):
        return "not yet"
