"""The catalogue of attacks D01–D35 as tests: `pytest tests/attacks` reads as its list."""
