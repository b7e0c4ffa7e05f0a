"""Layers: tensors in, tensors out. No file, no config, no switch for train, test or editor."""
