"""Keeps one live Graph subscription for every enabled room."""
