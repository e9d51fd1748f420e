"""Angles round a circle that are coupled by cosines: 64 chains side by side, whole-number energies."""
