"""What every service process has: settings, logs, health, signals.

Import the modules: `clock`, `settings`, `run`, `http`, `ops`, `logs`.
"""
