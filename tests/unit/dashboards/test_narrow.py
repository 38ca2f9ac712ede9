"""Tables on a phone: what does not fit is stacked under the names of its columns, what fits stays a table."""

import pandas as pd
import pytest

from dashboards import narrow, parts
from dashboards.parts import ONE_LINE

HEADS = ["事项", "代码", "已抽取次数"]
LONG = "企业年度报告公示信息检查、个体工商户年度报告检查"


def test_a_table_that_fits_has_no_rule() -> None:
    assert narrow.stacking(HEADS, [10, 8, 10], one_line=ONE_LINE) == []


def test_each_cell_of_a_wide_table_bears_its_columns_name_and_long_text_stands_below_it() -> None:
    rules = narrow.stacking(['a"', *HEADS], [4, 60, 20, 20], one_line=ONE_LINE)
    props = {rule["selector"]: dict(rule["props"]) for rule in rules}

    assert props[""]["--stacked"] == "block"
    assert props["td.col0"]["--stacked-name"] == r'"a\""'
    assert [props[f"td.col{at}"]["--stacked-cell"] for at in range(4)] == ["flex", "block", "flex", "flex"]


@pytest.mark.parametrize(
    ("cells", "is_stacked"), [([LONG, "SCJG01, SCJG03", "1 / 1"], True), (["登记", "A", "1"], False)]
)
def test_the_rules_go_with_the_table_that_does_not_fit(
    cells: list[str], is_stacked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []
    monkeypatch.setattr("dashboards.parts.st.table", lambda table, **_looks: shown.append(table))

    parts.plain_table(pd.DataFrame([cells], columns=HEADS))

    assert ('--stacked-name: "已抽取次数"' in shown[0].to_html()) == is_stacked
