"""What happens by itself: jobs and the clock that starts them."""
