"""What the public sees of supervision: the page that recomputes a draw, and the content of the public site.

Takes public tables and records; gives page content from which everything the law keeps private is left out.
"""
