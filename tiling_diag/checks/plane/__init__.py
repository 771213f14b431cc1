"""How the wall is seen."""
