"""Column names that no list holds, taken apart into what their words mean; and files that are none of a shop's."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import pytest

from engine.importing import concepts, matching, profiles
from engine.importing.guessing import propose
from engine.importing.headers import normal
from tests.importing.conftest import Load


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bestellnummer", ["order", "number"]),
        ("Retourengrund", ["return", "reason"]),
        ("Artikelbezeichnung", ["product", "name"]),
        ("itemUnitPrice", ["product", "each", "price"]),
        ("orderid", ["order", "number"]),
        ("订单创建时间", ["order", "create", "date"]),
        ("注文番号", ["order", "number"]),
        ("주문상품명", ["order", "product", "name"]),
        ("วันที่สั่งซื้อ", ["date", "order"]),
        ("Номер заказа", ["number", "order"]),
        ("Zákazníkovo jméno", ["customer", "first_name"]),
    ],
)
def test_a_name_is_taken_apart(name: str, expected: list[str]) -> None:
    found = concepts.read(name)
    assert len(found.found) == len(expected)
    assert all(concept in piece for concept, piece in zip(expected, found.found, strict=True))
    assert found.rest < 0.3


def test_lost_accents_and_other_case_do_not_matter() -> None:
    assert normal("QUANTITÉ") == normal("quantite") and normal("Währung") == normal("WAHRUNG")
    assert normal("数量(件)") == normal("数量") and normal("ガ") != normal("カ")
    assert concepts.read("Référence").found == concepts.read("reference").found


def test_another_concept_in_a_name_speaks_against_a_meaning() -> None:
    assert concepts.says("Order date", [("date",)]) > 0.5
    assert concepts.says("Shipping date", [("date",)]) < 0.5
    assert concepts.says("Date of birth", [("date",)]) < concepts.says("Date", [("date",)])


# Header, one row, and the meanings in order; a dash is a column that means nothing here.
FILES = {
    "de": ("Auftrags-Nr.;Kaufzeitpunkt;Art.-Nr.;Artikelname;Stk.;VK-Preis;Zeilensumme", "B1;15.03.2026;A-1;Lampe;2;19,90;39,80",
           "order_id ordered_at sku product_name quantity unit_price amount"),
    "fr": ("N° commande;Date de création;Réf. produit;Désignation;Qté commandée;Prix unitaire TTC;Montant de la ligne",
           "C1;15/03/2026;A-1;Lampe;2;19,90;39,80", "order_id ordered_at sku product_name quantity unit_price amount"),
    "es": ("Nº de pedido;Fecha de creación;Código artículo;Título;Uds.;Precio por unidad;Importe total",
           "P1;15/03/2026;A-1;Lámpara;2;19,90;39,80", "order_id ordered_at sku product_name quantity unit_price amount"),
    "pl": ("Nr zamówienia;Data złożenia;Kod produktu;Nazwa;Liczba sztuk;Cena jednostkowa;Wartość;Waluta",
           "Z1;2026-03-15;A-1;Lampa;2;19,90;39,80;PLN", "order_id ordered_at sku product_name quantity unit_price amount currency"),
    "sv": ("Ordernr;Orderdatum;Artikelnr;Benämning;Antal;Á-pris;Belopp;Moms", "O1;2026-03-15;A-1;Lampa;2;19,90;39,80;7,96",
           "order_id ordered_at sku product_name quantity unit_price amount tax"),
    "cs": ("Číslo objednávky;Datum vytvoření;Kód zboží;Název zboží;Množství;Cena za kus;Celkem",
           "O1;15.03.2026;A-1;Lampa;2;19,90;39,80", "order_id ordered_at sku product_name quantity unit_price amount"),
    "ko": ("주문번호;주문일자;품번;상품명;주문수량;단가;결제금액;주문상태", "O1;2026-03-15;A-1;램프;2;19900;39800;배송완료",
           "order_id ordered_at sku product_name quantity unit_price amount status"),
    "zh-tw": ("訂單號碼;訂單日期;商品貨號;商品名稱;數量;商品單價;訂單合計;貨幣", "O1;2026-03-15;A-1;檯燈;2;199;398;TWD",
              "order_id ordered_at sku product_name quantity unit_price amount currency"),
    "th": ("เลขที่คำสั่งซื้อ;วันที่สั่งซื้อ;รหัสสินค้า;สินค้า;จำนวน;ราคาต่อหน่วย;ยอดรวม", "O1;2026-03-15;A-1;โคมไฟ;2;199;398",
           "order_id ordered_at sku product_name quantity unit_price amount"),
    "vi": ("Mã đơn hàng;Ngày tạo đơn;Mã SKU;Tên sản phẩm;Số lượng;Đơn giá;Thành tiền", "O1;2026-03-15;A-1;Đèn;2;199;398",
           "order_id ordered_at sku product_name quantity unit_price amount"),
    "ar": ("رقم الطلب;تاريخ الطلب;اسم المنتج;الكمية;السعر;الإجمالي", "O1;2026-03-15;مصباح;2;19.90;39.80",
           "order_id ordered_at product_name quantity unit_price amount"),
    "camel": ("orderNo;orderedOn;variantSku;productTitle;qtyOrdered;pricePerUnit;lineTotal;currencyCode",
              "O1;2026-03-15;A-1;Lamp;2;19.90;39.80;EUR",
              "order_id ordered_at sku product_name quantity unit_price amount currency"),
    "questions": ("Timestamp;How many stars would you give us?;What did you think of your purchase?;Which product did you buy?",
                  "2026-03-15;4;Gives a warm light but the switch is loose;Lamp", "written_at stars text product_name"),
    "products": ("Artikelnummer;Bezeichnung;Preis;Bestand;Hersteller", "A-1;Lampe;19,90;12;Licht AG", "sku title price stock brand"),
    "returns": ("RMA Number;Order Number;Return Date;SKU;Product Name;Qty Returned;Return Reason;Customer Comment;Refund Amount",
                "R1;O1;2026-03-15;A-1;Lamp;1;Defective;The switch was broken;19.90",
                "- order_id returned_at sku product_name quantity reason comment refund"),
    "ads": ("일별;캠페인;노출수;클릭수;총비용;전환수", "2026-03-15;봄;1000;50;20000;3", "day campaign impressions clicks spend orders"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_columns_of_an_unknown_file(load: Load, name: str) -> None:
    header, row, meanings = FILES[name]
    report = load(f"{header}\n{row}\n")
    assert [c["meaning"] or "-" for c in report.columns] == meanings.split()
    assert report.import_id is None and report.profile is None


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Employee ID,First name,Last name,Department,Hire date,Salary", "1,Ann,Lee,Sales,2026-03-15,50000"),
        ("Booking date,Value date,Purpose,IBAN,Balance", "2026-03-15,2026-03-16,Rent,AT611904300234573201,100.00"),
        ("Name,Phone,Street", "Ann,555,Main Street 1"),
    ],
)
def test_what_is_no_file_of_a_shop_is_not_proposed(header: str, row: str) -> None:
    assert propose(header.split(","), [row.split(",")]).family is None


def test_common_names_alone_are_no_platform() -> None:
    assert matching.best(["Day", "Campaign", "Displays", "Clicks", "Cost", "Sales", "Revenue"]) is None
    assert matching.best(["Date", "Order ID", "Status", "Product Name", "Quantity", "Total"]) is None
    assert matching.best(["title", "body", "rating", "author", "date"]) is None


def test_a_report_that_lost_columns_is_still_recognised() -> None:
    header = ["first name", "last name", "email", "default address city", "total spent", "total orders", "tax exempt"]
    hit = matching.best(header)
    assert hit is not None and hit.profile.name == "shopify_customers"


def test_profiles_are_listed_for_people() -> None:
    listed = profiles.listed()
    assert len(listed) == len(profiles.all_profiles()) and len({(s.platform, s.title) for s in listed}) > 100
    assert [s.platform for s in listed] == sorted(s.platform for s in listed)
    listed.clear()
    assert profiles.listed()


def test_every_profile_survives_its_own_toml() -> None:
    import msgspec

    for name, profile in profiles.all_profiles().items():
        again = profiles.load(profiles.as_toml(profile), name)
        assert msgspec.to_builtins(again) == msgspec.to_builtins(profile), name


def test_of_a_name_without_end_only_the_beginning_is_read() -> None:
    # Every beginning and ending of a word is looked up: a damaged cell of 300,000 letters would take half a minute.
    assert concepts.read("order " + "x" * 300_000 + " date") == concepts.read("order " + "x" * 300_000)
    assert concepts.read("order date" + " x" * 300_000).found == concepts.read("order date").found
