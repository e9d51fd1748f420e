"""Spins to pictures and back, without loss."""

from spinlens.images.files import encode_png, find_images, read_images
from spinlens.images.render import render

__all__ = ["encode_png", "find_images", "read_images", "render"]
