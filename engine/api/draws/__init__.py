"""What one draw is: its order in the ledger, life, signatures, running, verification, what may be shown of it."""
