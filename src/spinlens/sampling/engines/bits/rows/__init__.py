"""Local updates of two states on chains, square, triangular, honeycomb and cubic lattices, 64 chains a word.

The order of use: `geometry` of a lattice with its bonds and fields, `rules` at some temperatures, `to_words`, then
`sweep` and `measure` in turn; `to_codes`, `pack` and `to_sites` lead back.
"""

from spinlens.sampling.engines.bits.rows.geometry import Geometry, geometry, refuses
from spinlens.sampling.engines.bits.rows.layout import (
    columns,
    pack,
    places_of_sites,
    to_codes,
    to_sites,
    to_words,
    used_columns,
)
from spinlens.sampling.engines.bits.rows.rules import Rules, rules
from spinlens.sampling.engines.bits.rows.sums import Tally, measure, tally
from spinlens.sampling.engines.bits.rows.sweeps import sweep

__all__ = [
    "Geometry", "Rules", "Tally", "columns", "geometry", "measure", "pack", "places_of_sites", "refuses", "rules",
    "sweep", "tally", "to_codes", "to_sites", "to_words", "used_columns",
]  # fmt: skip
