"""What to do about a room's subscription, decided without touching anything."""
