"""What a room further down gives to an object of a room above, by name: the arrow stays, nothing is loaded before."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def from_room(room: str, name: str) -> Any:
    """Return what a room offers under a name, and load the room on first use, as the package itself does.

    Parameters
    ----------
    room : str
        Below ``spinlens``, for example ``"figures"``.
    name : str
        A public name of it.
    """
    return getattr(import_module(f"spinlens.{room}"), name)
