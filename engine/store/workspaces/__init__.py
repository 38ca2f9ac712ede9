"""The workspace: its tables and files, what of it a person may see, what was known on an earlier day."""
