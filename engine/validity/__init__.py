"""Which records count: histories of records and of repair decisions in, event relations with ``in_force_until`` out.

A record stops counting on the first date of: the end of its publicity period, the day after its validity ends, a
repair, revocation, correction or withdrawal known by then. Its rows stay; only the date says that they no longer
count. Listing and removal decisions become spans.
"""
