"""Any discrete model on any lattice: codes of 64 chains side by side, probabilities from tables."""
