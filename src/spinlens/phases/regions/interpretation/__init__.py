"""What a network sees: its attention, what its layers know, what its answers depend on; no torch."""

from spinlens.phases.regions.interpretation.attention import GROUPS, attention_report
from spinlens.phases.regions.interpretation.dependence import energy_dependence
from spinlens.phases.regions.interpretation.linear_heads import linear_head_report

__all__ = ["GROUPS", "attention_report", "energy_dependence", "linear_head_report"]
