"""The editor and the HTTP server: requests in, calls to `inlay.repair`, answers out."""
