"""Where things are, and what a person is told when something is missing."""

import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("LAB_DIR") or REPO / ".lab").absolute() / "tools"


class DenyError(Exception):
    """A check that cannot be made although it should be; its text is for the person who called."""
