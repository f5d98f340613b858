"""The portal's nouns and decisions, pure."""
