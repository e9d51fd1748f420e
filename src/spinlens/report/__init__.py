"""One HTML file that explains a result: explored by mouse, touch or keys, with its data in it, offline."""

from spinlens.report.page import Chart, Page, Series, Table
from spinlens.report.write import Report, write_report

__all__ = ["Chart", "Page", "Report", "Series", "Table", "write_report"]
