"""What the benchmarks ran on, and how they time."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def hardware() -> dict[str, Any]:
    """Name the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "register_bits": 512 if "avx512f" in flags else 256 if "avx2" in flags else None,
        "cores": os.cpu_count(),
        "cores_used": 1,
        "load_average_at_start": round(os.getloadavg()[0], 2),
    }


def pin_to_one_core() -> None:
    """Let this process run on one core alone, where the system can say so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def speed(work: Callable[[], int]) -> float:
    """Run a piece of work that returns how many updates it made; return updates a nanosecond."""
    begun = time.perf_counter()
    updates = work()
    return updates / (time.perf_counter() - begun) / 1e9
