"""Counts of random draws per cell in; what a ratio policy would cost and find, and the best ratios within limits, out.

``posterior`` turns counts into rates that borrow strength, ``experiment`` keeps what every simulation shares,
``simulation`` gives P10/P50/P90 under any ratios, ``problem`` states limits, ``optimum`` finds the best ratios,
``conflict`` names limits that cannot hold together, ``prices`` says in words what a limit costs.
"""
