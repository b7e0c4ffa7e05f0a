"""Ablations: rows of settings, each trained with several seeds at equal budget, measured, set in a table."""
