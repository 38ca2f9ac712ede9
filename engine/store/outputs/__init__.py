"""Files that are handed out: reports, workbooks, exports, the public site, records of long work."""
