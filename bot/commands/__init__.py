"""The commands of the command line that have a topic of their own, and what all share."""
