"""The four systems of the classification study, by name.

References
----------
O. Kara, A. Sehanobish and H. H. Corzo, arXiv:2109.13925 (2021), tables 1 and 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from spinlens.errors import InputError, did_you_mean
from spinlens.lattices import Lattice
from spinlens.lattices.boundary import Rule
from spinlens.models import Ising

PUBLISHED_NETWORKS = ("vit-base", "resnet-18", "resnet-50")
"""The networks of the published table."""


@dataclass(frozen=True, slots=True)
class System:
    """A model on a lattice with certain boundaries.

    Attributes
    ----------
    name : str
        As on the command line.
    title : str
        As in the published table.
    model : Ising
        The Hamiltonian; the field is zero.
    boundary : str or tuple
        As for `spinlens.Lattice`.
    published : mapping of str to (float, float)
        Macro F1 of each network on 400 test images: mean and standard deviation over five trials.
    """

    name: str
    title: str
    model: Ising
    boundary: str | tuple[Rule, ...]
    published: Mapping[str, tuple[float, float]]

    def lattice(self, side: int) -> Lattice:
        """Return the square lattice of the system.

        Raises
        ------
        InputError
            If the side is not a whole number >= 2, or is odd where a ring of antiferromagnetic bonds needs it even.
        """
        lattice = Lattice((side, side), boundary=self.boundary)
        if self.model.couplings(lattice).min() < 0 and not lattice.two_colourable:
            raise InputError("side", side, "an odd ring has no antiferromagnetic order", "Take an even side")
        return lattice


def _system(name: str, title: str, coupling: float, boundary: str, *published: tuple[float, float]) -> System:
    scores = MappingProxyType(dict(zip(PUBLISHED_NETWORKS, published, strict=True)))
    return System(name, title, Ising(coupling), boundary, scores)


_ALL = (
    _system("periodic", "Periodic (ferromagnetic)", 1.0, "periodic", (0.934, 0.008), (0.865, 0.034), (0.907, 0.021)),
    _system(
        "antiferromagnet", "Periodic (antiferromagnetic)", -1.0, "periodic",
        (0.935, 0.012), (0.906, 0.016), (0.899, 0.026),
    ),
    _system("antiperiodic", "Antiperiodic", 1.0, "antiperiodic", (0.921, 0.013), (0.91, 0.021), (0.917, 0.008)),
    _system("skewed", "Skewed +/-", 1.0, "skewed", (0.931, 0.021), (0.886, 0.019), (0.917, 0.009)),
)  # fmt: skip

SYSTEMS: Mapping[str, System] = MappingProxyType({system.name: system for system in _ALL})
"""The systems by name, in the order of the issue of the study: periodic, antiferromagnet, antiperiodic, skewed."""


def find_system(name: str) -> System:
    """Return the system of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in SYSTEMS:
        raise InputError("system", repr(name), "is unknown", did_you_mean(str(name), SYSTEMS))
    return SYSTEMS[name]
