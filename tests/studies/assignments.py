"""Settings as the shell takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def assignments(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield ``section.key=value`` of nested settings."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from assignments(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}={json.dumps(value)}"
