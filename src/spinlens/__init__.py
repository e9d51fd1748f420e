"""Sample lattice spin models fast and exactly, and find their phases with neural networks."""

__version__ = "0.1.0"
