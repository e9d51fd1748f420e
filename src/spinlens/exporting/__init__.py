"""Ensembles for other people's programs: arrays, tables, and images with their classes."""

from spinlens.exporting.write import FORMATS, export

__all__ = ["FORMATS", "export"]
