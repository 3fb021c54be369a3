"""Characters that tell simplified from traditional Chinese, as pairs of the two.

Only characters whose forms differ and that support mail uses. A form that both scripts share
(后, 里, 只 are words of traditional text too) is mapped when folding, but does not
decide. Used to name the script of a text and to fold traditional text onto simplified phrases.
"""

_PAIRS = """
们們 个個 为為 这這 说說 时時 来來 对對 会會 过過 还還 没沒 问問 题題 账賬 账帳 户戶 号號
码碼 币幣 转轉 钱錢 资資 产產 现現 进進 请請 让讓 给給 谁誰 么麼 吗嗎 谢謝 帮幫 处處 审審
认認 证證 验驗 实實 关關 开開 发發 动動 务務 员員 应應 该該 样樣 条條 经經 历歷 记記 录錄
录録 单單 订訂 买買 卖賣 价價 费費 额額 数數 据據 图圖 点點 击擊 链鏈 连連 网網 络絡 电電
话話 机機 脑腦 邮郵 体體 统統 软軟 载載 装裝 设設 备備 终終 异異 盗盜 骗騙 诈詐 贼賊 骇駭
侠俠 风風 险險 冻凍 结結 锁鎖 输輸 错錯 误誤 试試 联聯 报報 调調 诉訴 讼訟 师師 钥鑰 词詞
语語 写寫 书書 读讀 听聽 讲講 谈談 议議 论論 评評 译譯 课課 谎謊 谅諒 谊誼 谋謀 诚誠 详詳
询詢 诺諾 从從 众眾 优優 伤傷 伦倫 侦偵 侧側 债債 倾傾 儿兒 兑兌 党黨 兰蘭 兴興 养養 兽獸
内內 冈岡 军軍 农農 冲衝 决決 况況 净淨 凉涼 减減 凑湊 几幾 凤鳳 凭憑 凯凱 刘劉 则則 刚剛
创創 删刪 别別 办辦 励勵 劲勁 劳勞 势勢 勋勳 匀勻 区區 医醫 华華 协協 卢盧 卫衛 却卻 厂廠
厅廳 厉厲 压壓 厌厭 厕廁 县縣 参參 双雙 变變 叙敘 叶葉 叹嘆 吓嚇 启啟 吴吳 呜嗚 响響 哑啞
唤喚 团團 园園 围圍 国國 圆圓 圣聖 场場 坏壞 块塊 坚堅 坛壇 坟墳 坠墜 垄壟 垒壘 垦墾 堕墮
墙牆 壮壯 声聲 壳殼 复復 够夠 头頭 夹夾 夺奪 奋奮 奖獎 妆妝 妇婦 妈媽 娱娛 婴嬰 婶嬸 孙孫
学學 宁寧 宝寶 宠寵 宪憲 宽寬 宾賓 寝寢 寻尋 导導 将將 尔爾 尘塵 尝嘗 层層 属屬 岁歲 岛島
帅帥 帐帳 帘簾 带帶 干幹 并並 广廣 庆慶 库庫 庙廟 废廢 弃棄 张張 弯彎 弹彈 强強 归歸 当當
彻徹 径徑 忆憶 忧憂 怀懷 态態 总總 恋戀 恳懇 恶惡 恼惱 悬懸 惊驚 惧懼 惨慘 惩懲 惯慣 愤憤
愿願 懒懶 戏戲 战戰 扑撲 执執 扩擴 扫掃 扬揚 扰擾 抚撫 抛拋 抢搶 护護 担擔 拟擬 拥擁 择擇
挂掛 挡擋 挣掙 挤擠 挥揮 损損 换換 捡撿 掷擲 搁擱 携攜 摄攝 摆擺 摇搖 撑撐 攒攢 敌敵 敛斂
斋齋 断斷 无無 旧舊 旷曠 显顯 晓曉 晕暈 暂暫 术術 杀殺 杂雜 权權 杨楊 极極 构構 枪槍 柜櫃
标標 栈棧 栏欄 树樹 档檔 桥橋 梦夢 检檢 楼樓 横橫 欢歡 欧歐 歼殲 残殘 殴毆 毁毀 毕畢 气氣
汇匯 汉漢 沟溝 沪滬 泪淚 泼潑 泽澤 洁潔 测測 济濟 浏瀏 浑渾 浓濃 涂塗 涌湧 涛濤 润潤 涨漲
涩澀 渊淵 渐漸 渔漁 温溫 湾灣 湿濕 溃潰 满滿 滚滾 滞滯 滥濫 滨濱 滩灘 潜潛 灭滅 灯燈 灵靈
灾災 炉爐 炼煉 烂爛 烦煩 烧燒 热熱 焕煥 爱愛 爷爺 牵牽 牺犧 状狀 犹猶 独獨 狱獄 猎獵 猪豬
猫貓 献獻 玛瑪 环環 珑瓏 画畫 畅暢 疗療 疟瘧 疯瘋 痒癢 瘫癱 皱皺 盏盞 盐鹽 监監 盖蓋 盘盤
着著 矫矯 矿礦 砖磚 础礎 硕碩 确確 碍礙 礼禮 祸禍 离離 种種 积積 称稱 稳穩 穷窮 窃竊 窍竅
窝窩 竞競 笔筆 签簽 简簡 类類 粮糧 紧緊 红紅 约約 级級 纪紀 纯純 纲綱 纳納 纵縱 纷紛 纸紙
纹紋 线線 练練 组組 细細 织織 绍紹 绑綁 绕繞 绘繪 绝絕 继繼 绩績 绪緒 续續 维維 绿綠 缓緩
编編 缘緣 缩縮 缴繳 罗羅 罚罰 罢罷 职職 聪聰 肃肅 肤膚 肿腫 胀脹 胁脅 胜勝 胶膠 脏髒 脚腳
脱脫 脸臉 腾騰 舆輿 艰艱 艺藝 节節 芜蕪 苏蘇 荐薦 荣榮 药藥 莱萊 获獲 萨薩 蓝藍 虑慮 虚虛
虽雖 蚀蝕 补補 袭襲 裤褲 见見 观觀 规規 视視 览覽 觉覺 触觸 誉譽 计計 讨討 训訓 讯訊 许許
访訪 识識 诸諸 谨謹 贝貝 负負 财財 责責 败敗 货貨 质質 贩販 贪貪 购購 贯貫 贴貼 贵貴 贷貸
贸貿 贺賀 赁賃 赃贓 赎贖 赏賞 赔賠 赖賴 赚賺 赛賽 赞贊 赠贈 赢贏 赵趙 赶趕 趋趨 跃躍 践踐
踪蹤 车車 轨軌 轮輪 轻輕 较較 辅輔 辆輛 辈輩 辑輯 辞辭 边邊 达達 迁遷 运運 远遠 违違 迟遲
适適 选選 递遞 逻邏 遗遺 邓鄧 郑鄭 释釋 鉴鑑 针針 钟鐘 钩鉤 钮鈕 铁鐵 铃鈴 银銀 销銷 锅鍋
锦錦 键鍵 镜鏡 长長 门門 闪閃 闭閉 间間 闹鬧 闻聞 阅閱 队隊 阳陽 阴陰 阶階 际際 陆陸 陈陳
随隨 隐隱 难難 雾霧 静靜 页頁 项項 顺順 须須 顾顧 顿頓 预預 领領 频頻 颜顏 飞飛 饭飯 饮飲
馆館 马馬 驱驅 骂罵 骚騷 鱼魚 鲜鮮 鸟鳥 麦麥 黄黃 齐齊 龄齡 龙龍 龟龜 两兩 严嚴 丧喪 丢丟
临臨 丽麗 举舉 义義 乌烏 乐樂 乔喬 习習 乡鄉 乱亂 争爭 亏虧 亚亞 亲親 亿億 仅僅 仓倉 仪儀
伟偉 传傳 伪偽 余餘 佣傭 侨僑 俩倆 俭儉 偿償 储儲 万萬 与與 专專 业業 东東 丝絲 丰豐 于於
云雲 亩畝 后後 里裡 里裏 只隻 发髮 复複 干乾 系係 准準 台臺 凶兇 制製 卷捲 历曆 困睏 回迴
周週 采採 志誌 念唸 松鬆 板闆 欲慾 注註 签籤 致緻 范範 表錶 赞讚 踊踴 迹跡 钟鍾 阀閥 鉴鑒
启啓 为爲 床牀 线綫 伙夥 吁籲 奸姦 岩巖 布佈 暗闇 游遊 珍珎 秘祕 群羣 说説 锈鏽 烟煙 么麽
证証 炮砲 抬擡 托託 扎紮 挨捱 恤卹 嗳噯
"""

_SHARED = frozenset(
    "后里只干系准台凶制卷历困回周采志念松板欲致范表余于云伙奸岩布游托扎挨面着签吁床升"
    "佈託遊週註煙"
)
"""Characters that also stand in texts of the other script: folded, never counted."""

PAIRS = tuple(pair for pair in dict.fromkeys(_PAIRS.split()) if pair[0] != pair[1])

SIMPLIFIED = frozenset(pair[0] for pair in PAIRS) - _SHARED - frozenset(p[1] for p in PAIRS)
"""Characters that stand in simplified text only."""

_CANTONESE = frozenset("嘅咗唔佢喺嚟啲冇噉哋嗰咩乜")

TRADITIONAL = (
    frozenset(pair[1] for pair in PAIRS) - _SHARED - frozenset(p[0] for p in PAIRS)
) | _CANTONESE
"""Characters that stand in traditional text only."""

TO_SIMPLIFIED = {ord(pair[1]): pair[0] for pair in PAIRS} | {ord(c): "账" for c in "帐帳"}
"""For str.translate. 帐 and 账 are one word to everybody who writes them."""
