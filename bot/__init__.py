"""The running service: platforms, inbox, dispatch, delivery, settings, CLI, simulator."""
