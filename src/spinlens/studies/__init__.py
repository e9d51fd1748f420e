"""The published studies as compositions of the other rooms."""

from spinlens.studies.crossover import CrossoverConfiguration, configure, run_crossover
from spinlens.studies.presets import planes

__all__ = ["CrossoverConfiguration", "configure", "planes", "run_crossover"]
