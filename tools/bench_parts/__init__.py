"""tools/bench: see cli.py."""
