"""inlay repairs and edits portraits: holes are filled from the known pixels of the right kind."""
