"""A Microsoft 365 tenant on loopback, for development and tests only."""
