"""Finish a painted canvas in the photo: a recipe of steps, one file a step. No network, no PyTorch."""
