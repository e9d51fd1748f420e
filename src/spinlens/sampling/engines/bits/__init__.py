"""Compiled kernels on 64 chains a word, and their scalar twin."""
