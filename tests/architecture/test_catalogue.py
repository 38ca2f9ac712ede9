"""Every sentence for people has its Chinese text, and the compiled catalogue is current."""

import gettext
import io

from tests import catalogue


def test_no_text_is_missing_stale_or_has_other_fields():
    problems = catalogue.faults(catalogue.catalogue(), catalogue.templates())

    assert problems == []


def test_compiled_catalogue_is_current():
    texts = catalogue.catalogue()
    shipped = gettext.GNUTranslations(io.BytesIO(catalogue.COMPILED.read_bytes()))

    assert {m.id: m.string for m in texts if m.id} == {k: v for k, v in shipped._catalog.items() if k}
