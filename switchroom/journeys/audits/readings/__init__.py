"""What the laws of the audit look at: rows of a span of accounts, each kind read once and as bare tuples.

A reading holds what laws of one subject compare: lives with what they were charged, the books, purchases,
phone systems. What only a finding needs, such as the number of an invoice, is read when there is one.
"""
