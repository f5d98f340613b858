"""What the worker does with a room it holds: load, decide, read, commit, publish, settle."""
