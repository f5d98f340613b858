"""The portal's only SQL: one method is one transaction."""
