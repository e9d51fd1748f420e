"""The published studies as compositions of the other rooms."""

from spinlens.studies.crossover import CrossoverConfiguration, configure, run_crossover

__all__ = ["CrossoverConfiguration", "configure", "run_crossover"]
