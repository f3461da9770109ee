"""HTTP: the callback paths answered by hand, every other route by FastAPI."""
