"""REST for administrators, members and the operator; the live stream."""
