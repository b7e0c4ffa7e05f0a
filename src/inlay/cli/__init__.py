"""The command line: one file a command, heavy imports inside it. Computes nothing itself."""
