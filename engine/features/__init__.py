"""Features as of a date: event relations and a spine (entity_id, as_of) in, one column per declared feature out.

A feature is a declaration over a closed list of operators (``declaration``), grouped by source family; ``build``
compiles the declarations to ibis expressions, which any engine behind ibis can run. ``cohorts``, ``labels`` and
``spines`` say who is in scope on a date and what was found afterwards.
"""
