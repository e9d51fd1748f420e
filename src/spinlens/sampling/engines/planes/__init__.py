"""Few states on bit planes: spin-1 and up to 16 colours, 64 chains in a word and a word for each bit of a code."""
