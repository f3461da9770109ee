"""Facts from outside."""
