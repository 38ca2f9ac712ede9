"""Early warning (风险预警): records, scores and registers of a day in, warnings with evidence and due date out.

``surges`` and ``clusters`` give p-values, ``discovery`` holds false discoveries at a stated rate, ``rules`` reads the
dated rules (``warnings.rules``) and raises each warning once per subject and rule, ``disposal`` says which steps a
warning may take and how precise each rule was.
"""
