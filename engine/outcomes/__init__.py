"""What becomes of a draw: results entered, reviewed and published, and by when each step is due.

Takes plain rows, what is known of visits and draws, and dated values; gives rows accepted or refused with the rule that
they break, the state of every result, and deadlines on the calendar of working days. Opens no file, asks no clock.
"""
