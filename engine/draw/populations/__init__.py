"""Who can be drawn and who can be sent: blinded frame and roster, and how they come from named tables."""
