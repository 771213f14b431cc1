"""The module names of the original scripts: change those in an import, and the script runs."""
