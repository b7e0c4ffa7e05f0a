"""Files in, batches out. No network, no device, no global randomness."""
