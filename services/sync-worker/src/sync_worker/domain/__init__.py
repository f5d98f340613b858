"""What the worker decides: pure functions over values, the time included."""
