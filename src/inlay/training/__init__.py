"""Training: a config and data in, a run folder out. First reading for a stranger: `loop.py`."""
