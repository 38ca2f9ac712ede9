"""Papers for people: the bulletin, the papers of the conference, a draw's sheets, notices of correction."""
