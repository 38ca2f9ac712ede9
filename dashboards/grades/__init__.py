"""The parts of the page of grades, one module each."""
