"""The customer's side of the promise: what is owed, less what was billed, becomes documents."""
