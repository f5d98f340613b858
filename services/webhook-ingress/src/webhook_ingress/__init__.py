"""Receives Graph notifications and publishes hints."""
