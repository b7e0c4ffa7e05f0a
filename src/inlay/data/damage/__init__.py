"""Synthetic damage of old photos: a clean picture and a generator in, a damaged picture and its mask out."""
