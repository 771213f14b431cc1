"""How the wall compares with its reference."""
