"""How many objects a cell gives and which: sizes, smallest tickets, the control arm, joint visits."""
