"""Coupling from the past: draws that are exact, and known to be, of ferromagnets in any fields."""
