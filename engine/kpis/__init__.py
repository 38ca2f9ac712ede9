"""What departments and districts are judged by: every figure declared once, counted from facts, never from volume."""
