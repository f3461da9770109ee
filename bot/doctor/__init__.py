"""`jianliu doctor`: what is wrong with a deployment, why, and how to put it right in one line."""
