"""What the spectrum and its relatives show."""
