"""Where contexts meet: one file for each thing that a member wishes or a day asks for.

A journey is one transaction. It locks the account row first, settles what the day already asks of that
account,
then does the wish; effects outside leave through the outbox with it. Doors call one journey and answer.
"""
