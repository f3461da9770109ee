"""What people say and press: a command, a form or a button becomes one use-case and a card."""
