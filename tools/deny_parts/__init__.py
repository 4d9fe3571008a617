"""What tools/deny is made of."""
