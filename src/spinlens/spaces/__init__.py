"""What can stand on one site of a lattice."""

from spinlens.spaces.angles import Angles
from spinlens.spaces.binary import Binary
from spinlens.spaces.colours import Colours
from spinlens.spaces.discrete import Discrete
from spinlens.spaces.space import Space, checked_states

__all__ = ["Angles", "Binary", "Colours", "Discrete", "Space", "checked_states"]
