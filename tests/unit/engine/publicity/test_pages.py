import json

import pandas as pd

from engine.publicity.masking import RESULT_COLUMNS
from engine.publicity.pages import BANNER, SHARD_FIRMS, page, result_scripts, results_page, script_json, table


def results(n_firms):
    rows = [(f"店{n:05d}", f"code{n}", "区", "事项", "局", "2026-01-01", "未发现问题") for n in range(n_firms)]
    return pd.DataFrame(rows + rows[:1], columns=list(RESULT_COLUMNS))


def test_text_of_tables_cannot_become_markup():
    rows = pd.DataFrame({"name": ["<script>x</script>"]})

    assert "<script>" not in table(rows, headings={"name": "N"}, caption="<b>")
    assert "</script" not in script_json(["</script><!--"])
    assert "<!" not in script_json(["<!--"])
    assert json.loads(script_json(["</script><!--"])) == ["</script><!--"]


def test_every_firm_stands_in_the_shard_that_its_place_names():
    scripts = dict(result_scripts(results(SHARD_FIRMS + 3)))

    firms = json.loads(scripts["results/firms.js"][len("const FIRMS = ") : -2])
    last = json.loads(scripts["results/00001.js"][len("take(1, ") : -3])
    first = json.loads(scripts["results/00000.js"][len("take(0, ") : -3])

    assert len(firms) == SHARD_FIRMS + 3
    assert [firm[0][0] for firm in last] == [name for name, _ in firms[SHARD_FIRMS:]]
    assert len(first[0]) == 2


def test_a_demonstration_says_so_on_every_page_and_a_real_site_does_not():
    assert BANNER in results_page(n_firms=1, is_demo=True)
    assert BANNER not in page("t", "b", is_demo=False)


def test_pages_name_no_other_site():
    assert "://" not in results_page(n_firms=1, is_demo=False)
