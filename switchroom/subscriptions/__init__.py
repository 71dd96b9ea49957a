"""The promise: subscriptions, their items, and the wishes to leave or to hold less."""
