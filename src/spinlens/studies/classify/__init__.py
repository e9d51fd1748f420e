"""The classification study, from sampling to tables and figures."""

from spinlens.studies.classify.configuration import ClassifyConfiguration, configure
from spinlens.studies.classify.study import run_classify

__all__ = ["ClassifyConfiguration", "configure", "run_classify"]
