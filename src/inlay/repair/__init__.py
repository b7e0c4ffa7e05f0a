"""A photo and its hole in, a repaired photo out. Knows no HTTP and no command line."""
