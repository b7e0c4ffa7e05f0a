"""Metrics: plain functions on uint8 arrays, one file a topic."""
