"""Facts from outside; each fulfils a Protocol in sales/ports.py."""
