"""Spins to pictures and back, without loss."""

from spinlens.images.export import export_images
from spinlens.images.files import find_images, read_images
from spinlens.images.render import render

__all__ = ["export_images", "find_images", "read_images", "render"]
