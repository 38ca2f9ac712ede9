"""The decisions database and what is appended to it: ledger, read log, one writer at a time, a limited view of it."""
