"""Inference: pictures in, pictures out. Knows no HTTP and no command line."""
