"""The long connection of WeCom's smart bot."""
