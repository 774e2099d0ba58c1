"""Fixtures that every room of the suite uses."""
