"""Pages of the public site as text: plain HTML in Chinese with English beside it, for any file server or none.

Every page says by itself what it is; nothing is asked of another site. A page of a demonstration says so on top.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import pandas as pd

STYLE = (
    "body{margin:0 auto;max-width:70rem;padding:0 1rem 3rem;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei',"
    "'Noto Sans CJK SC',sans-serif;color:#1c2430;background:#fff}a{color:#0b57a4}table{border-collapse:collapse;"
    "width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid #c9d0d9;"
    "overflow-wrap:anywhere}nav a{margin-right:1.2rem}.banner{background:#8a1c00;color:#fff;font-weight:700;"
    "padding:.6rem 1rem;text-align:center}code{font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}"
    "input{font:inherit;padding:.4rem;width:100%;max-width:40rem;border:1px solid #55606f;border-radius:.3rem}"
    ":focus-visible{outline:3px solid #0b57a4;outline-offset:2px}"
)
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self' 'unsafe-inline' file:; "
    "form-action 'none'; base-uri 'none'"
)
BANNER = '<p class="banner" role="note">演示 · DEMONSTRATION：模拟数据，不产生任何效力 · simulated, decides nothing</p>'
NAVIGATION = (
    ("index.html", "首页 Home"),
    ("items.html", "抽查事项清单 Items"),
    ("draws.html", "抽取 Draws"),
    ("results.html", "检查结果 Results"),
    ("verifier.html", "核验 Verify"),
)
ITEM_HEADINGS = {
    "item_code": "编号 Code",
    "name": "抽查事项 Item",
    "department": "部门 Department",
    "item_class": "类别 Class",
    "ratio_cap": "比例上限 Cap",
    "basis": "依据 Basis",
    "body": "检查主体 Body",
    "content": "内容 Content",
    "method": "方式 Method",
    "edition": "版本 Edition",
}
RESULT_HEADINGS = {
    "name": "检查对象 Object",
    "uscc": "统一社会信用代码 Code",
    "district": "区县 District",
    "item": "抽查事项 Item",
    "department": "检查机关 Department",
    "inspected_on": "检查日期 Date",
    "result": "检查结果 Result",
}
DRAW_HEADINGS = {
    "draw_id": "抽取 Draw",
    "state": "状态 State",
    "committed_at": "承诺时间 Committed",
    "issued_at": "凭证时间 Issued",
    "n_frame": "名录 Frame",
    "n_visits": "户数 Visits",
    "n_checks": "事项次 Checks",
    "commit_digest": "承诺摘要 Commitment digest",
    "certificate_digest": "凭证摘要 Certificate digest",
    "files": "文件 Files",
}
SHARD_FIRMS = 500
"""Firms whose results stand in one script; a reader loads only the shards of the firms looked up."""


def page(title: str, body: str, *, is_demo: bool) -> str:
    """Return a whole page."""
    links = " ".join(f'<a href="{path}">{escape(name)}</a>' for path, name in NAVIGATION)
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head>\n'
        f"<body>{BANNER if is_demo else ''}<header><h1>{escape(title)}</h1>"
        f'<nav aria-label="目录 Contents">{links}</nav>'
        f"</header>\n<main>{body}</main></body></html>\n"
    )


def table(rows: pd.DataFrame, *, headings: Mapping[str, str], caption: str, raw: Sequence[str] = ()) -> str:
    """Return rows as an HTML table; text is escaped except in the columns of ``raw``."""
    head = "".join(f'<th scope="col">{escape(headings[column])}</th>' for column in headings)
    lines = (
        "<tr>"
        + "".join(
            f"<td>{value if column in raw else escape(str(value))}</td>"
            for column, value in zip(headings, row, strict=True)
        )
        + "</tr>"
        for row in rows[list(headings)].itertuples(index=False)
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
        "</table>"
    )


def index_page(*, as_of: str, n_items: int, n_draws: int, n_firms: int, n_results: int, is_demo: bool) -> str:
    """Return the first page."""
    body = (
        f"<p>截至 {as_of}：抽查事项 {n_items} 项，抽取 {n_draws} 次，已公示 {n_firms} 户的 {n_results} 条检查结果。</p>"
        f'<p lang="en">As of {as_of}: {n_items} items, {n_draws} draws, {n_results} results of {n_firms} firms.</p>'
        "<p>每次抽取都可以由任何人用“核验”页重算，不需联网。 "
        '<span lang="en">Anybody can recompute every draw with the page “Verify”, without a network.</span></p>'
    )
    return page("双随机、一公开 Public draw", body, is_demo=is_demo)


def items_page(items: pd.DataFrame, *, is_demo: bool) -> str:
    """Return the item list."""
    files = " · ".join(f'<a href="items.{kind}">{kind.upper()}</a>' for kind in ("json", "csv", "xlsx"))
    listed = table(items, headings=ITEM_HEADINGS, caption=f"{len(items)} 项 items")
    return page("随机抽查事项清单 Item list", f"<p>{files}</p>{listed}", is_demo=is_demo)


def draws_page(draws: pd.DataFrame, *, files: Mapping[str, Sequence[str]], is_demo: bool) -> str:
    """Return the list of draws with links to their files.

    Parameters
    ----------
    draws : one row per draw, columns of :data:`DRAW_HEADINGS` but ``files``.
    files : draw_id → paths of its files below ``draws/<draw_id>/``.
    """
    links = [
        "<br>".join(
            f'<a href="draws/{escape(draw_id)}/{escape(path)}">{escape(path)}</a>' for path in files.get(draw_id, ())
        )
        for draw_id in draws["draw_id"]
    ]
    listed = table(draws.assign(files=links), headings=DRAW_HEADINGS, caption=f"{len(draws)} 次 draws", raw=("files",))
    hint = (
        "<p>核验：下载一次抽取的全部文件，在“核验”页选择它们。"
        '<span lang="en"> To check a draw, save all of its files and choose them on the page “Verify”.</span></p>'
    )
    return page("抽取与凭证 Draws and certificates", hint + listed, is_demo=is_demo)


def results_page(*, n_firms: int, is_demo: bool) -> str:
    """Return the page that searches results by name or code; it loads the scripts of :func:`result_scripts`."""
    heads = json.dumps([RESULT_HEADINGS[column] for column in RESULT_HEADINGS], ensure_ascii=False)
    files = " · ".join(f'<a href="results.{kind}">{kind.upper()}</a>' for kind in ("csv", "xlsx"))
    body = (
        f'<p>{files}</p><label for="query">名称或统一社会信用代码 Name or code（{n_firms} 户 firms）</label><br>'
        '<input id="query" type="search" autocomplete="off"><p id="status" role="status"></p>'
        '<ul id="firms"></ul><div id="results" aria-live="polite"></div>'
        f'<script src="results/firms.js"></script><script>const HEADS = {heads}, SHARD = {SHARD_FIRMS};\n{_SEARCH}'
        "</script>"
    )
    return page("检查结果 Results", body, is_demo=is_demo)


_SEARCH = """
const at = (id) => document.getElementById(id), loaded = new Map(), MOST = 50;
window.take = (shard, firms) => loaded.get(shard)(firms);
const pending = new Map();
function shardOf(number) {
  if (!pending.has(number)) pending.set(number, new Promise((done) => {
    loaded.set(number, done);
    const script = document.createElement("script");
    script.src = "results/" + String(number).padStart(5, "0") + ".js";
    document.head.append(script);
  }));
  return pending.get(number);
}
async function show(firm) {
  const rows = (await shardOf(Math.floor(firm / SHARD)))[firm % SHARD];
  const table = document.createElement("table"), head = table.createTHead().insertRow(), body = table.createTBody();
  for (const name of HEADS) {
    const th = document.createElement("th");
    th.scope = "col";
    th.textContent = name;
    head.append(th);
  }
  for (const row of rows) {
    const line = body.insertRow();
    for (const value of row) line.insertCell().textContent = value;
  }
  const caption = table.createCaption();
  caption.textContent = FIRMS[firm][0] + "：" + rows.length + " 条 results";
  at("results").replaceChildren(table);
}
function search() {
  const wanted = at("query").value.trim().toUpperCase();
  at("firms").replaceChildren();
  at("results").replaceChildren();
  if (!wanted) { at("status").textContent = ""; return; }
  let found = 0;
  for (let firm = 0; firm < FIRMS.length; firm++) {
    if (!FIRMS[firm][0].toUpperCase().includes(wanted) && !FIRMS[firm][1].includes(wanted)) continue;
    if (++found > MOST) continue;
    const line = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = FIRMS[firm].filter(Boolean).join(" ");
    button.onclick = () => show(firm);
    line.append(button);
    at("firms").append(line);
  }
  const cut = found > MOST ? "（只列前 " + MOST + " 户 first " + MOST + "）" : "";
  at("status").textContent = found + " 户 firms" + cut;
}
at("query").oninput = search;
"""


def result_scripts(results: pd.DataFrame) -> Iterable[tuple[str, str]]:
    """Yield (path, content) of the scripts behind the search: the firms' names, then their results in shards.

    Parameters
    ----------
    results : from :func:`engine.publicity.masking.public_results`; rows of one firm share name, code and district.
    """
    rows_of: dict[tuple[str, str, str], list[list[str]]] = {}
    keys = zip(results["name"], results["uscc"], results["district"], strict=True)
    for key, row in zip(keys, results[list(RESULT_HEADINGS)].to_numpy().tolist(), strict=True):
        rows_of.setdefault(key, []).append(row)
    firms = sorted(rows_of)
    yield "results/firms.js", f"const FIRMS = {script_json([[name, code] for name, code, _ in firms])};\n"
    for start in range(0, len(firms), SHARD_FIRMS):
        shard = [rows_of[key] for key in firms[start : start + SHARD_FIRMS]]
        number = start // SHARD_FIRMS
        yield f"results/{number:05d}.js", f"take({number}, {script_json(shard)});\n"


def script_json(content: object) -> str:
    """Return JSON that cannot end the script it stands in."""
    return (
        json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/").replace("<!", "<\\u0021")
    )
