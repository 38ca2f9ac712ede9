"""A dated ratio policy and a frame in, the exact ratio of every stratum of a draw out.

``policy`` reads yearly ratios per grade and item class and says what breaks the rules, ``strata`` cuts the frame into
opaque strata and merges small ones in the committed order, ``allocation`` turns yearly ratios into the committed ratios
of one draw (caps and capacity first). Whole numbers of units are the draw's business.
"""
