"""The edge towards HTTP: one table of routes, and what turns a request into a call."""
