"""Small files of further platforms: what they are, and that their money and their rows are counted once."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest

from engine.store.database import Store
from tests.importing.conftest import Load

SQUARE = """Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Payment ID,Device Name,Event Type,Location
2026-08-15,14:00:00,Eastern Time (US & Canada),Ceramics,Mug,2,Regular,MUG-1,,$36.00,-$6.00,$30.00,$2.40,T1,P1,iPad,Payment,Market
2026-08-15,14:00:00,Eastern Time (US & Canada),Ceramics,Bowl,1,Regular,BOWL-1,,$20.00,$0.00,$20.00,$1.60,T1,P1,iPad,Payment,Market
2026-08-16,09:00:00,Eastern Time (US & Canada),Ceramics,Mug,-1,Regular,MUG-1,,-$18.00,$0.00,-$18.00,-$1.44,T2,P2,iPad,Refund,Market
"""
WALMART = """PO#,Order#,Order Date,Ship By,Delivery Date,Customer Name,Customer Shipping Address,FLIDS,Line#,UPC,Status,Item Description,Shipping SLA,Qty,SKU,Item Cost,Shipping Cost,Tax
1084,2001,2026-08-01,2026-08-03,2026-08-08,Ann Lee,"1 Road, Austin",F1,1,0123,Delivered,Oak board,2,2,OAK-1,20.00,5.00,3.00
1084,2001,2026-08-01,2026-08-03,2026-08-08,Ann Lee,"1 Road, Austin",F1,2,0124,Delivered,Steel bottle,2,1,BOT-1,15.00,0.00,1.00
"""
WIX = """Order number,Date created,Time,Total order quantity,Contact email,Item,Variant,SKU,Qty,Quantity refunded,Price,Delivery method,Payment status,Total,Currency
10001,"Aug 3, 2026",10:00,3,ann@example.com,Mug,Blue,MUG-B,2,0,12.00,Standard,Paid,39.00,EUR
10001,"Aug 3, 2026",10:00,3,ann@example.com,Bowl,,BOWL,1,0,10.00,Standard,Paid,39.00,EUR
"""
SQUARESPACE = """Order ID,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem variant,Billing Name,Private Notes,Channel Type
00012,ann@example.com,PAID,2026-08-03 10:00:00 +0000,FULFILLED,EUR,34.00,5.00,0.00,39.00,2026-08-03 10:00:00 +0000,2,Mug,12.00,MUG-B,Blue,Ann Lee,,web
00012,ann@example.com,,,,,,,,,,1,Bowl,10.00,BOWL,,,,
"""
MERCADO = """Vendas de agosto
Período de 1 a 31 de agosto

N.º de venda;Data da venda;Estado;Descrição do status;Unidades;Receita por produtos (BRL);Tarifa de venda e impostos (BRL);Tarifas de envio (BRL);Total (BRL);SKU;# de anúncio;Título do anúncio;Variação
200001;13 de agosto de 2026 10:05 hs.;Entregue;;2;199,80;-23,90;-20,00;155,90;LAMP-1;MLB1;Luminária;Azul
200002;14 de agosto de 2026 11:00 hs.;Cancelada;;1;99,90;-11,95;0,00;87,95;LAMP-1;MLB1;Luminária;Verde
"""
RAKUTEN = """注文番号,ステータス,注文日時,支払方法名,商品合計金額,送料合計,請求金額,商品ID,商品名,商品番号,商品管理番号,単価,個数
100-1,700,2026/08/03 10:00:00,クレジット,5000,500,5500,1,ランプ,L-1,lamp,2000,2
100-1,700,2026/08/03 10:00:00,クレジット,5000,500,5500,2,カップ,C-1,cup,1000,1
"""
ALLEGRO = """Id zamówienia;Data zakupu;Status;Login kupującego;Nazwa oferty;Id oferty;Sygnatura;Liczba sztuk;Cena;Wartość;Waluta;Metoda dostawy
A-1;13.08.2026 10:05;Wysłane;kowalski;Lampa;9001;LAMP-1;2;49,90;99,80;PLN;Paczkomat
"""
OZON = """Номер заказа;Номер отправления;Принят в обработку;Дата отгрузки;Статус;Сумма отправления;Код валюты отправления;Наименование товара;OZON id;Артикул;Ваша цена;Оплачено покупателем;Количество
1-1;1-1-1;2026-08-03 10:00:00;2026-08-04 10:00:00;Доставлен;1990,00;RUB;Лампа;77;LAMP-1;1990,00;1990,00;1
"""
NAVER = """상품주문번호,주문번호,구매자명,수취인명,주문상태,결제일,상품번호,상품명,옵션정보,수량,상품가격,상품별 총 주문금액,판매자 상품코드,주문일시
P1,O1,홍길동,홍길동,배송완료,2026-08-03 10:00:00,55,램프,화이트,2,19900,39800,LAMP-1,2026-08-03 09:59:00
"""
TRENDYOL = """Barkod;Paket No;Kargo Firması;Sipariş Tarihi;Sipariş Numarası;Alıcı;Stok Kodu;Ürün Adı;Marka;Sipariş Statüsü;Adet;Birim Fiyatı;Satış Tutarı;Faturalanacak Tutar
869;11;Aras;13.08.2026 10:05;TY-1;Ayşe;LAMP-1;Lamba;Işık;Teslim Edildi;2;100,00;200,00;180,00
"""
REFUNDS = """订单编号,退款编号,支付宝交易号,订单付款时间,退款完结时间,买家实际支付金额,商品标题,买家退款金额,售后类型,退款的申请时间,退款状态,货物状态,买家退款原因,买家退款说明
380001,9001,77,2026-08-01 10:00:00,2026-08-03 10:00:00,99.00,马克杯,49.50,退货退款,2026-08-02 10:00:00,退款成功,买家已退货,质量问题,杯子收到就碎了
"""
BILL = """#拼多多账务明细
#起始时间:2026-08-01 00:00:00
商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述
260801-1,2026-08-01 10:00:00,59.90,0.00,交易收入,,订单收入
260801-1,2026-08-01 10:00:00,0.00,-0.36,技术服务费,,基础技术服务费
"""
STATEMENT = """Date,Type,Title,Info,Currency,Amount,Fees & Taxes,Net,Tax Details
"August 3, 2026",Sale,Payment for Order #1,,EUR,€39.00,--,€39.00,--
"August 3, 2026",Fee,Transaction fee: Mug,Order #1,EUR,--,-€2.54,-€2.54,--
"""
TIKTOK_SETTLEMENT = """Order/adjustment ID,Type,Order created time(UTC),Order settled time(UTC),Currency,Total settlement amount,Total revenue,Subtotal after seller discounts,Total fees,Adjustment amount
5001,Order,2026/08/01,2026/08/09,USD,18.00,20.00,20.00,-2.00,0
"""
TRUSTPILOT = """Review Id,Review Created (UTC),Review Stars,Review Title,Review Content,Review Language,Reference Id,Review Username,Company Reply
r1,2026-08-03 10:00:00,2,Broken,The mug arrived broken and nobody answered,en,O-1,Ann L.,Sorry
"""
LIVE = """主播昵称,主播抖音号,直播开始时间,直播结束时间,直播时长(分钟),累计观看人数,成交件数,成交金额
小灯,lamp01,2026-08-03 20:00:00,2026-08-03 22:00:00,120,5000,30,1500.00
"""
SALES = """Day,Orders,Gross sales,Discounts,Returns,Net sales,Shipping charges,Duties,Additional fees,Taxes,Total sales
2026-08-01,18,4722.08,-135.04,-48.12,4538.92,42.16,0,0,29.03,4610.11
2026-08-02,11,2453.25,-112.42,0,2340.83,0,0,0,18.79,2359.62
"""
SHOPEE_ADS = """Semua Laporan Iklan CPC - Shopee Indonesia
Username,tokolampu
Periode,01/08/2026 - 31/08/2026

Urutan,Nama Iklan,Status,Jenis Iklan,Kode Produk,Tanggal Mulai,Tanggal Selesai,Dilihat,Jumlah Klik,Konversi,Produk Terjual,Omzet Penjualan,Biaya
1,Lampu,Berjalan,Iklan Produk,777,01/08/2026,Tidak Terbatas,1000,50,5,6,300000,20000
"""
PAYPAL_DE = """"Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Entgelt","Netto","Absender E-Mail-Adresse","Empfänger E-Mail-Adresse","Transaktionscode"
"13.08.2026","10:00:00","CEST","Ann Lee","Website-Zahlung","Abgeschlossen","EUR","39,00","-1,32","37,68","ann@example.com","shop@example.com","X1"
"""
WOO_DE = """ID,Typ,Artikelnummer,Name,Veröffentlicht,Sichtbarkeit im Katalog,Kurzbeschreibung,Beschreibung,Bestand,Angebotspreis,Regulärer Preis,Kategorien,Schlagwörter
11,simple,MUG-1,Tasse,1,visible,,Eine Tasse,5,,"12,90",Küche,
12,simple,BOWL,Schale,1,visible,,Eine Schale,2,"9,90","14,90",Küche,
"""
AMAZON_JP = """（親）ASIN,（子）ASIN,タイトル,SKU,セッション数 - 合計,ページビュー数 - 合計,おすすめ商品（カートボックス）の獲得率,注文された商品点数,注文商品の売上額,注文品目総数
B000000001,B000000002,ランプ,L-1,120,200,98.00%,4,"￥7,960",4
"""
# text, settings, platform and report, and queries with what they must answer
CASES: dict[str, tuple[str, dict[str, Any], tuple[str, str], dict[str, Any]]] = {
    "square": (
        SQUARE,
        {},
        ("square", "order items"),
        {"SELECT sum(amount) FROM order_lines": 32.0, "SELECT count(*) FROM orders": 2, "SELECT total FROM orders": 54.0,
         "SELECT status FROM orders WHERE order_id = 'T2'": "refunded"},
    ),
    "walmart": (
        WALMART,
        {},
        ("walmart", "orders"),
        {"SELECT sum(quantity * unit_price) FROM order_lines": 55.0, "SELECT shipping FROM orders": 5.0,
         "SELECT order_id FROM orders": "2001"},
    ),
    "wix": (WIX, {}, ("wix", "orders"), {"SELECT sum(total) FROM orders": 39.0, "SELECT count(*) FROM order_lines": 2}),
    "squarespace": (
        SQUARESPACE,
        {},
        ("squarespace", "orders"),
        {"SELECT sum(total) FROM orders": 39.0, "SELECT sum(quantity) FROM order_lines": 3.0,
         "SELECT count(*) FROM order_lines WHERE day = '2026-08-03'": 2},
    ),
    "mercado livre": (
        MERCADO,
        {},
        ("mercadolivre", "orders"),
        {"SELECT round(sum(amount), 2) FROM order_lines": 299.7, "SELECT status FROM orders WHERE order_id = '200002'": "cancelled"},
    ),
    "rakuten": (
        RAKUTEN,
        {"encoding": "cp932"},
        ("rakuten", "orders"),
        {"SELECT sum(total) FROM orders": 5500.0, "SELECT group_concat(sku) FROM order_lines": "lamp,cup"},
    ),
    "allegro": (ALLEGRO, {}, ("allegro", "orders"), {"SELECT amount FROM order_lines": 99.8, "SELECT currency FROM orders": "PLN"}),
    "ozon": (OZON, {}, ("ozon", "orders"), {"SELECT amount FROM order_lines": 1990.0, "SELECT order_id FROM orders": "1-1-1"}),
    "naver": (NAVER, {}, ("naver", "orders"), {"SELECT subtotal FROM orders": 39800.0, "SELECT day FROM orders": "2026-08-03"}),
    "trendyol": (TRENDYOL, {}, ("trendyol", "orders"), {"SELECT amount FROM order_lines": 180.0, "SELECT courier FROM orders": "Aras"}),
    "taobao refunds": (
        REFUNDS,
        {"encoding": "gb18030"},
        ("taobao", "returns"),
        {"SELECT refund FROM returns": 49.5, "SELECT comment FROM returns": "杯子收到就碎了"},
    ),
    "pinduoduo bill": (BILL, {}, ("pdd", "settlement"), {"SELECT round(sum(amount), 2) FROM fees": 59.54}),
    "etsy statement": (STATEMENT, {}, ("etsy", "statement"), {"SELECT round(sum(amount), 2) FROM fees": 36.46}),
    "tiktok settlement": (TIKTOK_SETTLEMENT, {}, ("tiktok", "settlement"), {"SELECT sum(amount) FROM fees": 18.0}),
    "trustpilot": (
        TRUSTPILOT,
        {},
        ("trustpilot", "reviews"),
        {"SELECT stars FROM reviews": 2.0, "SELECT order_id FROM reviews": "O-1", "SELECT author FROM reviews": "Ann L."},
    ),
    "douyin live": (LIVE, {}, ("douyin", "live"), {"SELECT sales FROM sessions": 1500.0, "SELECT day FROM sessions": "2026-08-03"}),
    "shopify sales": (SALES, {}, ("shopify", "sales"), {"SELECT round(sum(sales), 2) FROM sessions": 6969.73}),
    "shopee ads": (SHOPEE_ADS, {}, ("shopee", "ads"), {"SELECT spend FROM ads": 20000.0, "SELECT clicks FROM ads": 50.0}),
    "paypal in german": (PAYPAL_DE, {}, ("paypal", "transactions"), {"SELECT round(sum(amount), 2) FROM fees": 37.68}),
    "woocommerce in german": (
        WOO_DE,
        {},
        ("woocommerce", "products"),
        {"SELECT price FROM variants WHERE sku = 'BOWL'": 9.9, "SELECT title FROM products WHERE product_id = '11'": "Tasse"},
    ),
    "amazon business report in japanese": (
        AMAZON_JP,
        {},
        ("amazon", "sessions"),
        {"SELECT sales FROM sessions": 7960.0, "SELECT product_id FROM sessions": "B000000002"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_small_file(load: Load, store: Store, name: str) -> None:
    text, settings, (platform, report), answers = CASES[name]
    encoding = settings.get("encoding", "utf-8")
    loaded = load(text, encoding=encoding)
    assert (loaded.platform, loaded.report) == (platform, report)
    assert loaded.rows_rejected == 0 and loaded.import_id is not None, loaded.notes + loaded.questions
    assert {query: store.value(query) for query in answers} == answers
