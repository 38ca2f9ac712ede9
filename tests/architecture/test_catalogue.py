"""Every sentence for people has its Chinese text."""

from tests import catalogue


def test_no_text_is_missing_stale_or_has_other_fields():
    problems = catalogue.faults(catalogue.catalogue(), catalogue.templates())

    assert problems == []
