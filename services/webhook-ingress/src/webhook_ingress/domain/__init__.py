"""What the ingress decides, as pure functions."""
