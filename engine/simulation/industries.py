"""Industries of the city: GB/T 4754-2017 divisions, who works in them, how risky, and how their firms are called.

Weights, effects and complaint factors are chosen; the local strengths (Keqiao textiles, Shangyu chemicals, Xinchang
bearings and medicines, Zhuji socks and copper, Shengzhou ties and kitchen ware) are common knowledge.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.simulation.places import DISTRICTS

WORDS_PER_TRADE = 4


@dataclass(frozen=True, slots=True)
class Industry:
    """One division.

    Parameters
    ----------
    code : letter and division.
    weights : relative frequency among enterprises, individual businesses, cooperatives.
    effect : risk on the logit scale against the city's mean.
    complaints : factor on the complaint rate.
    firms, shops : words for names of enterprises (and cooperatives), of individual businesses.
    """

    code: str
    weights: tuple[float, float, float]
    effect: float
    complaints: float
    firms: str
    shops: str = ""


INDUSTRIES = (
    Industry("A01", (1.0, 0.6, 58), -0.3, 0.3, "农业开发 茶叶 果蔬 粮油", "种植场 苗木场 果园 茶园"),
    Industry("A03", (0.4, 0.4, 18), -0.1, 0.3, "畜牧 禽业 生态养殖 牧业", "养殖场 养鸡场 蜂场 牧场"),
    Industry(
        "A04", (0.2, 0.3, 10), -0.1, 0.3, "水产 渔业 珍珠养殖 水产养殖", "鱼塘养殖户 水产养殖场 珍珠养殖场 甲鱼养殖场"
    ),
    Industry(
        "A05", (0.3, 0.1, 14), -0.2, 0.3, "农机 植保 农业服务 农机服务", "农机服务部 植保站 农资服务部 灌溉服务部"
    ),
    Industry("C13", (1.2, 1.0, 0), 0.3, 0.9, "食品 粮油食品 农副食品 豆制品", "豆腐坊 年糕坊 榨油坊 碾米厂"),
    Industry("C14", (0.9, 0.4, 0), 0.3, 1.0, "食品 糕点食品 调味品 糖果食品", "糕点坊 麦芽糖坊 酱菜坊 面包坊"),
    Industry("C15", (0.6, 0.1, 0), 0.2, 0.6, "酒业 黄酒 饮料 茶业", "酒坊 茶叶加工厂 米酒坊 酿酒坊"),
    Industry("C17", (8.0, 2.0, 0), 0.1, 0.3, "纺织 针纺 印染 化纤", "织布厂 绣花厂 针织厂 经编厂"),
    Industry("C18", (3.5, 1.5, 0), 0.0, 0.4, "服饰 袜业 领带服饰 制衣", "袜厂 制衣厂 缝纫店 服装加工厂"),
    Industry("C26", (1.3, 0.1, 0), 0.5, 0.4, "化工 新材料 助剂 涂料", "日化加工厂 涂料厂 胶粘剂厂 助剂厂"),
    Industry(
        "C27", (0.5, 0.0, 0), 0.2, 0.5, "药业 生物医药 制药 中药饮片", "中药材加工厂 饮片加工厂 药材加工坊 草药坊"
    ),
    Industry("C33", (3.0, 1.6, 0), 0.15, 0.3, "金属制品 厨具 五金 铜业", "五金厂 铁艺厂 不锈钢加工厂 模具厂"),
    Industry("C34", (3.5, 0.9, 0), 0.05, 0.2, "轴承 机械 制冷设备 机电", "机械加工厂 轴承厂 配件厂 机床修配厂"),
    Industry("C38", (2.0, 0.3, 0), 0.05, 0.4, "电器 照明 电机 集成灶具", "灯具厂 电器厂 电机厂 线束厂"),
    Industry("C39", (1.0, 0.1, 0), -0.2, 0.3, "电子 微电子 光电 集成电路", "电子厂 电子元件厂 线路板厂 电子加工部"),
    Industry("D46", (0.2, 0.0, 0), -0.2, 0.4, "水务 供水 水处理 排水", "供水站 净水站 水站 水处理站"),
    Industry("E47", (2.5, 0.2, 0), 0.4, 0.5, "建设 建筑工程 建工 市政工程", "泥水工程队 脚手架队 修缮队 土石方队"),
    Industry("E50", (2.2, 1.2, 0), 0.3, 1.6, "装饰 装饰工程 幕墙 门窗工程", "装潢部 门窗店 铝合金加工部 油漆部"),
    Industry("F51", (17.0, 5.0, 0), 0.0, 0.6, "贸易 供应链 进出口 轻纺贸易", "批发部 布行 水产批发部 粮油批发部"),
    Industry("F52", (9.0, 33.0, 0), 0.15, 1.6, "商贸 百货 超市 电子商务", "便利店 服装店 水果店 五金店"),
    Industry("G54", (2.2, 2.8, 0), 0.3, 0.7, "物流 运输 货运 汽车运输", "货运部 运输户 搬运部 配货部"),
    Industry("G59", (0.6, 0.1, 0), 0.1, 0.5, "仓储 冷链仓储 仓储服务 供应链仓储", "仓储部 寄存部 冷库 仓库"),
    Industry("H61", (0.7, 1.0, 0), 0.3, 1.6, "酒店 宾馆 酒店管理 民宿", "民宿 旅馆 客栈 农家客栈"),
    Industry("H62", (1.8, 17.0, 0), 0.6, 2.4, "餐饮 餐饮管理 酒楼 团餐配送", "小吃店 面馆 饭店 茶饮店"),
    Industry(
        "I65",
        (5.0, 0.3, 0),
        -0.5,
        0.5,
        "软件 信息技术 网络科技 数字科技",
        "电脑维修店 网络服务部 图文设计部 数码服务部",
    ),
    Industry("J66", (0.2, 0.0, 0), -0.4, 0.7, "金融信息服务 商业保理 融资担保 典当", "咨询部 代办部 信息部 服务部"),
    Industry(
        "K70", (2.5, 1.0, 0), 0.2, 1.8, "物业 置业 房地产经纪 房地产", "房产中介所 房屋租赁部 房产信息部 物业服务部"
    ),
    Industry("L72", (8.0, 1.5, 0), -0.2, 0.7, "企业管理咨询 人力资源 广告 商务服务", "广告部 图文店 商务服务部 劳务部"),
    Industry(
        "M73", (4.0, 0.1, 0), -0.5, 0.2, "科技 检测技术 工程设计 新材料科技", "设计工作室 测绘部 设计部 技术服务部"
    ),
    Industry("N77", (0.7, 0.1, 0), 0.1, 0.3, "环保 环境工程 园林 环保科技", "保洁部 园艺部 绿化部 垃圾清运部"),
    Industry("O80", (1.3, 11.0, 0), 0.3, 2.0, "美容 家政服务 健康管理 洗涤", "理发店 美容店 足浴店 洗衣店"),
    Industry("O81", (0.9, 4.0, 0), 0.3, 1.3, "汽车服务 汽车维修 家电服务 汽修", "修理铺 汽修店 电器维修店 洗车店"),
    Industry(
        "P83", (0.9, 0.6, 0), 0.2, 2.2, "教育 培训学校 文化艺术培训 教育咨询", "琴行培训部 书画培训部 舞蹈工作室 托管班"
    ),
    Industry(
        "Q84", (0.5, 0.5, 0), 0.1, 1.4, "口腔门诊部 医院管理 中医门诊部 康复医疗", "诊所 中医诊所 口腔诊所 理疗店"
    ),
    Industry("R88", (1.0, 0.7, 0), 0.0, 0.9, "文化传媒 文化创意 影视文化 文化旅游", "书画店 摄影店 书店 工艺品店"),
    Industry("R90", (0.5, 0.9, 0), 0.4, 1.5, "健身 娱乐 文化娱乐 体育", "棋牌室 网吧 台球室 健身房"),
)

CODES = tuple(industry.code for industry in INDUSTRIES)
EFFECTS = np.array([industry.effect for industry in INDUSTRIES])
COMPLAINT_FACTORS = np.array([industry.complaints for industry in INDUSTRIES])
FIRM_WORDS = tuple(word for industry in INDUSTRIES for word in industry.firms.split())
SHOP_WORDS = tuple(word for industry in INDUSTRIES for word in industry.shops.split())

_LOCAL_STRENGTHS: dict[str, dict[str, float]] = {
    "330602": {"I65": 1.5, "C15": 1.6, "L72": 1.3},
    "330603": {"C17": 2.5, "F51": 1.6},
    "330604": {"C26": 2.5, "C38": 1.6, "E47": 1.5},
    "330624": {"C34": 2.5, "C27": 2.5, "A01": 1.5},
    "330681": {"C18": 2.5, "C33": 1.8, "A04": 2.0},
    "330683": {"C33": 1.8, "C18": 1.6, "C38": 1.6, "H62": 1.2},
    "3306ZB": {"C39": 3.0, "C27": 2.0, "M73": 1.6},
}


def industry_shares() -> npt.NDArray[np.float64]:
    """Return the shares of industries, shape (type, district, industry); each row sums to 1."""
    weights = np.array([industry.weights for industry in INDUSTRIES]).T
    strengths = np.array([[_LOCAL_STRENGTHS[place.code].get(code, 1.0) for code in CODES] for place in DISTRICTS])
    product = weights[:, None, :] * strengths[None, :, :]
    return np.asarray(product / product.sum(axis=2, keepdims=True))
