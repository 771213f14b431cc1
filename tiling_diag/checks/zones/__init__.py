"""Where the wall differs."""
