"""Long work as jobs: what may run, its progress and its end."""
