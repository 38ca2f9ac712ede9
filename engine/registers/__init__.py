"""The registers of supervision: takes the versions of libraries and lists as tables, gives what stands on a day.

Objects and their duplicates, departments, inspectors and experts with what excludes them, the item list and its
editions, the annual plan with its approval path, and the tasks that follow from it. Nothing here opens a file or asks
the clock.
"""
