"""From published plan lines to a commitment: the frame, its quotas, what is frozen, what to hear before."""
