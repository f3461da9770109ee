"""Renderers: one card into each platform's wire format."""
