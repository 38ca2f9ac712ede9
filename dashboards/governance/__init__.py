"""The parts of the page for whoever answers for the models: who decides, groups of firms, movement, runs."""
