"""What tools/parity is made of."""
