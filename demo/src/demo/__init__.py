"""A simulated tenant, the standalone service and one page to see both."""
