"""What the phones look like: wire JSON read into a face, a face drawn as HTML."""
