"""The boundaries, couplings and fields that every proof goes through."""

from __future__ import annotations

BOUNDARIES = {
    "periodic": "periodic",
    "antiperiodic": "antiperiodic",
    "antiperiodic along x": ("antiperiodic", "periodic"),
    "antiperiodic along y": ("periodic", "antiperiodic"),
    "free": "free",
    "free along x": ("free", "periodic"),
    "free along y": ("antiperiodic", "free"),
    "skewed": "skewed",
    "walls along y": ("free", (-1, -1)),
    "walls all round": ((1, 1), (1, -1)),
}

COUPLINGS = {"ferromagnet": 1.0, "antiferromagnet": -1.0, "two couplings": (1.0, -0.4)}
