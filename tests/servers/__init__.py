"""Real servers for tests and benchmarks: found, or started privately on loopback, and never left running."""
