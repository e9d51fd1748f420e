"""What a network sees: its attention, what its layers know, what its answers depend on; no torch."""

from spinlens.regions.reading.attention import GROUPS, attention_report
from spinlens.regions.reading.dependence import energy_dependence
from spinlens.regions.reading.probes import probe_report

__all__ = ["GROUPS", "attention_report", "energy_dependence", "probe_report"]
