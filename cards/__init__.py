"""What goes out: the card model, one builder per card, renderers, the posting API."""
