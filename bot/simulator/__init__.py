"""A fake of both platforms and phones to look at; demo mode and tests only."""
