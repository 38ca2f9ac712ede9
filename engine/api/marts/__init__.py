"""Small tables made ready for the pages, with the version of the records they rest on."""
