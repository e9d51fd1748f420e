"""Worldlines in continuous imaginary time, and clusters of their segments."""
