"""Who may see and do what: roles and their rights, the rows a person may see, accounts out of the ledger."""
