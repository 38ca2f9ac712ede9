import json
import re

import pandas as pd

from engine.publicity.search import N_BUCKETS, bucket_of, build_index, folded, index_scripts, standing_scripts

ROWS = pd.DataFrame(
    {
        "name": ["绍兴虚构五金店", "绍兴虚构茶馆Ａ", "诸暨虚构五金厂"],
        "uscc": ["91330603331110597J", "", "92330624MAW7JN1K8P"],
        "district": "越城区",
        "result": "no_problem",
    }
)


def taken(scripts):
    return {path: json.loads(re.fullmatch(r'take\("[^"]+",(.*)\);\n', text, re.DOTALL)[1]) for path, text in scripts}


def test_a_pair_lists_the_firms_that_have_it_as_differences_in_base_36():
    scripts = taken(index_scripts(build_index(ROWS)))

    assert len(scripts) == 2 * N_BUCKETS
    assert scripts[f"results/pairs/{bucket_of('五金'):03d}.js"]["五金"] == "0,2"
    assert scripts[f"results/pairs/{bucket_of('馆A'):03d}.js"]["馆A"] == "1"
    assert scripts[f"results/codes/{bucket_of('92330624MAW7JN1K8P'):03d}.js"]["92330624MAW7JN1K8P"] == 2


def test_a_pair_that_most_firms_have_is_left_out_of_the_index():
    many = pd.concat([ROWS] * 1_000, ignore_index=True).assign(uscc="")

    index = build_index(many)

    assert "虚构" in index.common
    assert "虚构" not in index.pairs
    assert "茶馆" in index.pairs


def test_names_are_compared_folded():
    assert folded("a b Ｃ公司 ") == "ABC公司"


def test_standings_come_in_order_and_cannot_end_their_script():
    rows = ROWS.assign(name=["</script><b>", "二", "三"])

    (path, text), *others = list(standing_scripts(rows))

    assert (path, others) == ("results/firms/00000.js", [])
    assert "</script>" not in text
    assert taken([(path, text)])[path][0][0] == "</script><b>"
