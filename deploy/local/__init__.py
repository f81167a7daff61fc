"""The embedded local stack: everything that `make up` starts, on this machine alone."""
