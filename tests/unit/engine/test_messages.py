"""Sentences for people keep their values, also through JSON."""

import json
from datetime import date

from engine.messages import Message, recorded, revived


def test_a_message_kept_as_json_comes_back_with_the_messages_in_it() -> None:
    inner = Message("use {n} more", {"n": 3})
    said = Message("{table}: {remedy} by {day}", {"table": "grades", "remedy": inner, "day": date(2026, 3, 1)})

    held = revived(said.template, json.loads(json.dumps(recorded(said.params))))

    assert held.params["remedy"] == inner
    assert held.render() == said.render() == "grades: use 3 more by 2026-03-01"
