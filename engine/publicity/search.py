"""Search for a firm without a server: an index of pairs of characters, cut into small scripts that load on demand.

A name is found by any part of it that has two characters or more, a firm by its whole registered code. Each pair of
neighbouring characters lists the firms that have it; a query loads the lists of its pairs and intersects them. Scripts
work from a file server and from a disk alike, where pages may not fetch. Names and queries are compared in NFKC and
capitals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import normalize

import pandas as pd

from engine.messages import N_
from engine.publicity.layout import CHINESE, Edition, page
from engine.publicity.pages import downloads, script_json
from engine.publicity.results import STANDING_COLUMNS, WORDINGS
from engine.vocabulary import JOINER, ResultCode

SHARD_FIRMS = 500
"""Firms whose standings stand in one script."""
N_BUCKETS = 256
COMMON_SHARE, COMMON_LEAST = 0.3, 2_000
"""A pair that more firms have says nothing; queries leave it out."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
RESULT_NAMES = {
    ResultCode.NO_PROBLEM: N_("no problem found"),
    ResultCode.PENDING: N_("problem found, to be dealt with"),
    ResultCode.NOT_PUBLICISED: N_("did not publish what it must publish"),
    ResultCode.FALSE_PUBLICITY: N_("published false statements or hid the truth"),
    ResultCode.UNREACHABLE: N_("could not be reached at the registered premises"),
    ResultCode.CORRECTED: N_("problem found, ordered to correct it"),
    ResultCode.REFUSED: N_("did not cooperate with the inspection, serious"),
    ResultCode.NO_ACTIVITY: N_("no business activity of the inspected kind found"),
    ResultCode.OTHER_LAW: N_("broke other rules"),
    ResultCode.EXITED: N_("closed, deregistered, revoked or moved away"),
}


def folded(text: str) -> str:
    """Return text as it is compared."""
    return "".join(normalize("NFKC", text).upper().split())


def bucket_of(text: str) -> int:
    """Return the number of the script that lists a pair or a code; over UTF-16 units, as scripts see text."""
    units = text.encode("utf-16-le")
    found = 0
    for at in range(0, len(units), 2):
        found = (found * 31 + units[at] + 256 * units[at + 1]) % 65_521
    return found % N_BUCKETS


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """The index of the published firms.

    Parameters
    ----------
    n_firms : number of standings. common : pairs that too many firms have.
    """

    n_firms: int
    common: tuple[str, ...]
    pairs: dict[str, list[int]]
    codes: dict[str, int]


def build_index(standings: pd.DataFrame) -> SearchIndex:
    """Return the index; one pass over the names, about 100 bytes a pair of firm and characters while it is built."""
    pairs: dict[str, list[int]] = {}
    for firm, name in enumerate(standings["name"].tolist()):
        text = folded(name)
        for pair in {text[at : at + 2] for at in range(len(text) - 1)}:
            pairs.setdefault(pair, []).append(firm)
    most = max(COMMON_LEAST, int(COMMON_SHARE * len(standings)))
    common = sorted(pair for pair, firms in pairs.items() if len(firms) > most)
    for pair in common:
        del pairs[pair]
    codes = {code: firm for firm, code in enumerate(standings["uscc"].tolist()) if code}
    return SearchIndex(len(standings), tuple(common), pairs, codes)


def index_scripts(index: SearchIndex) -> Iterator[tuple[str, str]]:
    """Yield (path, content) of the scripts of the index; lists of firms are differences in base 36."""
    buckets: list[dict[str, str]] = [{} for _ in range(N_BUCKETS)]
    for pair in sorted(index.pairs):
        buckets[bucket_of(pair)][pair] = _packed(index.pairs[pair])
    codes: list[dict[str, int]] = [{} for _ in range(N_BUCKETS)]
    for code in sorted(index.codes):
        codes[bucket_of(code)][code] = index.codes[code]
    for number in range(N_BUCKETS):
        yield f"results/pairs/{number:03d}.js", f'take("pairs/{number:03d}",{script_json(buckets[number])});\n'
        yield f"results/codes/{number:03d}.js", f'take("codes/{number:03d}",{script_json(codes[number])});\n'


def standing_scripts(standings: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield (path, content) of the scripts with the standings, in their order, :data:`SHARD_FIRMS` in each."""
    columns = list(STANDING_COLUMNS)
    for start in range(0, len(standings), SHARD_FIRMS):
        rows = standings.iloc[start : start + SHARD_FIRMS][columns].to_numpy().tolist()
        number = f"firms/{start // SHARD_FIRMS:05d}"
        yield f"results/{number}.js", f'take("{number}",{script_json(rows)});\n'


def results_page(edition: Edition, index: SearchIndex, *, clean_months: int, adverse_months: int) -> str:
    """Return the page that searches standings.

    Parameters
    ----------
    clean_months, adverse_months : how long a result without and with problems stays public.
    """
    names = {
        code: WORDINGS[code] if edition.language == CHINESE else edition.translate(name)
        for code, name in RESULT_NAMES.items()
    }
    words = {
        "none": edition.translate(N_("No such object among the published results.")),
        "short": edition.translate(N_("Give a longer part of the name, or the whole code.")),
        "found": edition.translate(N_("{n} found")),
        "cut": edition.translate(N_("the first {n} are listed, give more of the name")),
        "failed": edition.translate(N_("A file of this site could not be read.")),
        "heads": [
            edition.translate(one)
            for one in (
                N_("Object"),
                N_("Unified social credit code"),
                N_("District"),
                N_("Result"),
            )
        ],
        "object": edition.translate(N_("Object to this result")),
    }
    constants = {"n": index.n_firms, "shard": SHARD_FIRMS, "buckets": N_BUCKETS, "common": list(index.common)}
    label = edition.say(N_("Part of the name, or the whole unified social credit code"))
    note = edition.say(
        N_(
            "One line per object drawn and checked within the period of publication ({clean} months, {adverse} months "
            "for results with problems). What was looked at is published on the page of items, in counts."
        ),
        clean=clean_months,
        adverse=adverse_months,
    )
    said_n = edition.say(N_("Results of {n} objects."), n=f"{index.n_firms:,}")
    body = (
        f"<p>{said_n} {note}</p><p>{downloads(edition, 'results', ('csv', 'xlsx'))}</p>"
        f'<label for="query">{label}</label><input id="query" type="search" autocomplete="off" spellcheck="false">'
        '<p id="status" role="status"></p><div id="results" aria-live="polite"></div><ul id="firms" class="list"></ul>'
    )
    # the page's own depth decides where the scripts lie
    base = "results/" if edition.language == CHINESE else "../results/"
    said = {"names": names, **words, **constants, "base": base, "joiner": JOINER}
    script = f"const SAID = {script_json(said)};\n{_SEARCH}"
    return page(edition, "results.html", title=edition.say(N_("Results")), body=body, script=script)


def _packed(firms: Sequence[int]) -> str:
    return ",".join(_base36(firm - before) for before, firm in zip((0, *firms[:-1]), firms, strict=True))


def _base36(number: int) -> str:
    text = _DIGITS[number % 36]
    while number := number // 36:
        text = _DIGITS[number % 36] + text
    return text


_SEARCH = """
const at = (id) => document.getElementById(id), MOST = 50, STEP = 50, FARTHEST = 5000;
const waiting = new Map(), loaded = new Map();
window.take = (name, content) => waiting.get(name)(content);
function load(name) {
  if (!loaded.has(name)) loaded.set(name, new Promise((done, failed) => {
    waiting.set(name, done);
    const script = document.createElement("script");
    script.src = SAID.base + name + ".js";
    script.onerror = failed;
    document.head.append(script);
  }));
  return loaded.get(name);
}
const pad = (n, width) => String(n).padStart(width, "0");
function bucket(text) {
  let found = 0;
  for (let i = 0; i < text.length; i++) found = (found * 31 + text.charCodeAt(i)) % 65521;
  return pad(found % SAID.buckets, 3);
}
const folded = (text) => text.normalize("NFKC").toUpperCase().replace(/\\s+/g, "");
const unpacked = (list) => { let n = 0; return list.split(",").map((one) => (n += parseInt(one, 36))); };
const firm = async (n) => (await load("firms/" + pad(Math.floor(n / SAID.shard), 5)))[n % SAID.shard];
async function candidates(text) {
  if (/^[0-9A-Z]{18}$/.test(text)) {
    const found = (await load("codes/" + bucket(text)))[text];
    if (found !== undefined) return [found];
  }
  const pairs = new Set();
  for (let i = 0; i + 1 < text.length; i++) pairs.add(text.slice(i, i + 2));
  const telling = [...pairs].filter((pair) => !SAID.common.includes(pair));
  if (!telling.length) return null;
  let found = null;
  for (const pair of telling) {
    const list = (await load("pairs/" + bucket(pair)))[pair];
    if (!list) return [];
    const own = unpacked(list), set = new Set(own);
    found = found === null ? own : found.filter((n) => set.has(n));
    if (!found.length) return [];
  }
  return found;
}
/* names that hold all pairs need not hold the text: each is compared, some at a time, until enough are found */
async function matching(found, text, isWanted) {
  const rows = [], fits = (row) => row[1] === text || folded(row[0]).includes(text);
  let at = 0;
  for (; at < found.length && rows.length < MOST && at < FARTHEST && isWanted(); at += STEP) {
    rows.push(...(await Promise.all(found.slice(at, at + STEP).map(firm))).filter(fits));
  }
  return { rows: rows.slice(0, MOST), left: at < found.length || rows.length > MOST };
}
const made = (tag, text) => { const one = document.createElement(tag); one.textContent = text; return one; };
function show(row) {
  const [name, code, district, result] = row, table = document.createElement("table"), body = table.createTBody();
  table.append(made("caption", name));
  const words = result.split(SAID.joiner).filter(Boolean).map((one) => SAID.names[one] || one);
  for (const [k, value] of [name, code, district, words.join("；")].entries()) {
    if (!value) continue;
    const line = body.insertRow(), head = made("th", SAID.heads[k]);
    head.scope = "row";
    line.append(head, made("td", value));
  }
  const link = made("a", SAID.object);
  link.href = "objection.html#" + new URLSearchParams({ object: name, code });
  at("results").replaceChildren(table, link);
  at("results").scrollIntoView({ block: "nearest" });
}
let asked = 0;
async function search() {
  const mine = ++asked, text = folded(at("query").value);
  at("firms").replaceChildren();
  at("results").replaceChildren();
  at("status").textContent = "";
  if (!text) return;
  try {
    const found = await candidates(text);
    if (mine !== asked) return;
    if (found === null) { at("status").textContent = SAID.short; return; }
    const { rows, left } = await matching(found, text, () => mine === asked);
    if (mine !== asked) return;
    const said = left ? SAID.cut : SAID.found;
    at("status").textContent = rows.length ? said.replace("{n}", rows.length) : left ? SAID.short : SAID.none;
    for (const row of rows) {
      const line = document.createElement("li"), words = row.slice(0, 3).filter(Boolean).join(" · ");
      const button = made("button", words);
      button.type = "button";
      button.onclick = () => show(row);
      line.append(button);
      at("firms").append(line);
    }
  } catch (error) { if (mine === asked) at("status").textContent = SAID.failed; }
}
at("query").oninput = search;
"""
