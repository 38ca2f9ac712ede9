"""What is still due: everybody's inbox, nothing that falls through, objections as they are handled."""
