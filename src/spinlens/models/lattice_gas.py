"""The lattice gas: the same spins seen as particles, n = (s + 1) / 2."""

from __future__ import annotations

from dataclasses import dataclass

from spinlens.errors import InputError
from spinlens.lattice import Lattice
from spinlens.models.ising import Ising


@dataclass(frozen=True, slots=True)
class LatticeGas:
    """Constants of H = -4 Jx sum_x n n' - 4 Jy sum_y n n' - mu sum n + constant, equal to the Ising Hamiltonian.

    With s = 2 n - 1 a bond gives s s' = 4 n n' - 2 n - 2 n' + 1. Every site has two bonds along each axis, those to
    walls included, so that the linear terms add up to the same for each: mu = 2 h - 4 (Jx + Jy), which is 2 h - 8 J
    for one coupling, and the constant is N h - (Jx Bx + Jy By) with Bx and By the numbers of bonds. A wall is a row
    of occupied (+1) or empty (-1) sites, whose own linear terms add 2 Jx or 2 Jy for each bond to an occupied one.

    Attributes
    ----------
    attraction : tuple of float
        4 Jx and 4 Jy: the energy that two neighbouring particles gain.
    chemical_potential : float
        mu, in units of energy; mu = -8 J is the line of symmetry between particles and holes, h = 0.
    constant : float
        What is left, the whole lattice together.
    """

    attraction: tuple[float, float]
    chemical_potential: float
    constant: float


def lattice_gas(model: Ising, lattice: Lattice, field: float) -> LatticeGas:
    """Return the lattice gas that an Ising model in a field is.

    Raises
    ------
    InputError
        If the chemical potential would differ from site to site: at free edges, along antiperiodic seams and in a
        staggered field.
    """
    if model.staggered:
        raise InputError(
            "field_pattern", repr(model.field_pattern), "gives every sublattice another chemical potential"
        )
    for axis, rule in enumerate(lattice.rules):
        if rule in ("free", "antiperiodic"):
            raise InputError(
                f"boundary[{axis}]", repr(rule), "gives the sites at the edge another chemical potential",
                "A lattice gas has periodic boundaries or walls here",
            )  # fmt: skip
    occupied = 0.0
    for coupling, length, rule in zip(model.couplings, lattice.shape[::-1], lattice.rules, strict=True):
        if isinstance(rule, tuple):
            occupied += 2 * coupling * length * sum(held == 1 for held in rule)
    along_x, along_y = model.couplings
    bonds_x, bonds_y = lattice.bonds_along
    return LatticeGas(
        attraction=(4 * along_x, 4 * along_y),
        chemical_potential=2 * field - 4 * (along_x + along_y),
        constant=lattice.sites * field - along_x * bonds_x - along_y * bonds_y + occupied,
    )
