"""Teams for the visits: posts, a min-cost flow, its proof, and the check of that proof without solving anything."""
