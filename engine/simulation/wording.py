"""Names and addresses that read like real ones and are marked as invented: names by 虚构, addresses by 示例."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulation.industries import CODES, FIRM_WORDS, SHOP_WORDS, WORDS_PER_TRADE
from engine.simulation.layout import chosen, joined, numbered
from engine.simulation.places import DISTRICTS, NAME_PREFIXES
from engine.simulation.risk import Traits
from engine.simulation.stream import Generator

_MARKER = "虚构"
_FIRST = tuple(
    "瑞恒嘉盛宏泰永兴德润华锦云和裕丰鼎信安康佳新源正达金百万福祥顺通利众汇聚创博远启明晨旭东升海天越卧镜稽兰舜禹"
)
_SECOND = tuple(
    "昌达茂隆泽川林峰凯悦雅诚义仁礼智勇恩辉煌耀阳光辰星宇轩铭铠钰铂石磊岩松柏梅竹兰菊荷莲蓉芳菲春夏秋冬晴雨雪霖"
)
_THIRD = tuple("然宜可益立成士方平同人心元亨贞本朴真善美乐")
_SURNAMES = tuple("王李张陈徐金沈俞胡章朱杨周孙钱赵吴马郑何高郭罗谢许董袁潘蒋傅丁任姚石孟")
_GIVEN = tuple("明华军平伟芳敏静丽强磊洋艳勇杰娟涛超霞刚")
_ROADS = tuple(
    "云溪 兰栖 镜岸 稽风 鉴桥 舜耕 禹迹 越瓷 梅坞 竹径 柳浪 荷塘 松涛 枫林 茶香 桑田 织锦 青藤 曲水 流觞 沧浪 晓月 朝晖"
    " 望湖 临江 向阳 迎宾 兴业 创新 丰收".split()
)
_ROAD_KINDS = ("路", "街", "大道", "巷")
_FORMS = ("有限公司", "有限责任公司", "合伙企业（有限合伙）", "股份有限公司", "厂", "", "专业合作社")
_FORM_SHARES = (0.88, 0.07, 0.03, 0.02)
_FULL, _WORKS, _SHOP, _COOPERATIVE = 1, 4, 5, 6


def _pick(generator: Generator, words: tuple[str, ...], n: int) -> pa.Array:
    return chosen(generator.integers(0, len(words), n), words)


def entity_names(traits: Traits, generator: Generator) -> pa.Array:
    """Return one name per entity: place, marker, two or three characters, trade, legal form."""
    n = len(traits.kind)
    third = np.where(generator.random(n) < 0.5, generator.integers(0, len(_THIRD), n), len(_THIRD))
    word = traits.industry.astype(np.int64) * WORDS_PER_TRADE + generator.integers(0, WORDS_PER_TRADE, n)
    words = (*FIRM_WORDS, *SHOP_WORDS)
    is_shop = traits.kind == 1
    is_maker = np.array([code[0] == "C" for code in CODES])[traits.industry]
    form = generator.choice(len(_FORM_SHARES), size=n, p=_FORM_SHARES)
    form = np.where((form == _FULL) & is_maker, _WORKS, form)
    form = np.where(is_shop, _SHOP, np.where(traits.kind == 2, _COOPERATIVE, form))
    return joined(
        chosen(traits.district.astype(np.int64), NAME_PREFIXES),
        _MARKER,
        _pick(generator, _FIRST, n),
        _pick(generator, _SECOND, n),
        chosen(third, (*_THIRD, "")),
        chosen(word + np.where(is_shop, len(FIRM_WORDS), 0), words),
        chosen(form, _FORMS),
    )


def _begin(place: str) -> str:
    """Return the first part of an address; county-level cities stand directly below the province."""
    city = "" if place.endswith("市") else "绍兴市"
    town = "示例镇" if place[-1] in "县市" else "示例街道"
    return f"浙江省{city}{place}{town}"


def addresses(
    districts: npt.NDArray[np.integer],
    is_shop: npt.NDArray[np.bool_],
    generator: Generator,
) -> pa.Array:
    """Return one address per element of ``districts``; shops have a house number, others also building and room."""
    n = len(districts)
    begins = tuple(_begin(place.name) for place in DISTRICTS)
    building, floor, room = (generator.integers(1, top, n) for top in (12, 9, 13))
    inside = joined(numbered(building), "幢", numbered(floor), numbered(room, 2), "室")
    house = joined(
        chosen(districts, begins),
        _pick(generator, _ROADS, n),
        _pick(generator, _ROAD_KINDS, n),
        numbered(generator.integers(1, 900, n)),
        "号",
    )
    return joined(house, pc.if_else(pa.array(is_shop), "", inside))


def person_names(n: int, generator: Generator) -> pa.Array:
    """Return names of persons in the form used for anonymous ones (surname, 某, one character)."""
    return joined(_pick(generator, _SURNAMES, n), "某", _pick(generator, _GIVEN, n))
