"""What the portal does, by noun; no driver and no HTTP."""
