"""`jianliu init`: from a few answers to a configuration, and what to paste where."""
