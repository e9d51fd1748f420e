"""Whether what is known of an ensemble's model may be said: not in a hidden unit, until its secret lies beside it."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path

from spinlens.sampling import Plan

OPENED = "opened.json"
"""File in the folder of a sealed study that publishes its secret, two levels above each of its ensembles."""


def unsealed(plan: Plan, path: Path) -> Plan:
    """Return the plan of the ensemble at ``path``, with its model opened where the secret is published."""
    if not plan.model.sealed:
        return plan
    published = None
    with suppress(OSError, ValueError, AttributeError):
        published = json.loads((path.resolve().parent.parent / OPENED).read_bytes()).get("secret")
    if published is None or published != plan.model.to_dict().get("secret"):
        return plan
    found = copy.copy(plan)
    object.__setattr__(found, "model", plan.model.opened())
    return found
