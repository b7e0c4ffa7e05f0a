"""Model or program -> numbers with their provenance. No module here changes a weight."""
