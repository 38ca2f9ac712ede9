"""The public draw "ssdraw/1": a frame, a commitment, public entropy and a roster in; selection, teams and proof out.

Takes tables (object, item, stratum; inspectors; recusals), a secret key that only blinds, and the values of public
events. Gives a commitment record, the drawn objects with their tickets and probabilities, matched teams with a dual
certificate, a certificate record, a public bundle, and the checks by which anyone recomputes all of it. The bytes are
stated in ``docs/spec/draw-protocol.md``.
"""
