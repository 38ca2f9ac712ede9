"""The parts of an object's credit record."""
