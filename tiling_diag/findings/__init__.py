"""From what was measured to named defects."""
