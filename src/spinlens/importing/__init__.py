"""Configurations of other programs, from their files to an ensemble."""

from spinlens.importing.configurations import import_configurations

__all__ = ["import_configurations"]
