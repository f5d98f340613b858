"""Turns hints and due rooms into the mirror and into booking events."""
