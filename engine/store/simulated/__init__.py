"""A simulated city as source files, clean or spoilt on purpose, with its truth beside it."""
