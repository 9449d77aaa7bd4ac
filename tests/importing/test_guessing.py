"""What the columns of files without a profile mean, in several languages."""

from __future__ import annotations

import pytest

from engine.store.database import Store
from tests.importing.conftest import Load

REVIEWS = {
    "en": ("Date;Product;Rating;Review;Reviewer", "2026-03-01;Lamp;5;Gives a warm light in the evening;Ann"),
    "de": ("Datum;Produkt;Sterne;Bewertungstext;Autor", "01.03.2026;Lampe;5;Macht ein warmes Licht am Abend;Anna"),
    "es": ("Fecha;Producto;Calificación;Comentario;Cliente", "13/03/2026;Lámpara;5;Da una luz cálida por la noche;Ana"),
    "fr": ("Date;Produit;Étoiles;Commentaire;Client", "13/03/2026;Lampe;5;Donne une lumière chaude le soir;Anne"),
    "pt": ("Data;Produto;Nota;Comentário;Cliente", "13/03/2026;Lâmpada;5;Dá uma luz quente durante a noite;Ana"),
    "ja": ("投稿日;商品名;評価;レビュー本文;投稿者", "2026/03/01;ランプ;5;夜になると温かい光を出してくれます;アン"),
    "zh": ("评价时间;商品名称;星级;评价内容;用户昵称", "2026-03-01;台灯;5;晚上的光线很温暖不刺眼;安**"),
    "ko": ("작성일;상품명;별점;리뷰;작성자", "2026-03-01;램프;5;저녁에 따뜻한 빛을 비춰 줍니다;안나"),
    "ru": ("Дата;Товар;Оценка;Отзыв;Автор", "2026-03-01;Лампа;5;Вечером даёт тёплый и мягкий свет;Анна"),
}


@pytest.mark.parametrize("language", REVIEWS)
def test_review_columns(load: Load, language: str) -> None:
    header, row = REVIEWS[language]
    report = load(f"{header}\n{row}\n{row.replace('5', '4', 1)}\n")
    assert [c["meaning"] for c in report.columns] == ["written_at", "product_name", "stars", "text", "author"]
    assert report.import_id is None and report.report == "review"
    assert all(c["confidence"] >= 0.5 and c["samples"] for c in report.columns)


def test_what_a_customer_added_later_belongs_to_the_text(load: Load, store: Store) -> None:
    text = "评价时间,宝贝标题,评分,评价内容,追评\n2026-03-01,卫衣,5,刚收到很舒服,洗了一次就起球\n2026-03-02,卫衣,5,很好看,\n"
    report = load(text, accept=True, encoding="gb18030")
    assert [c["meaning"] for c in report.columns] == ["written_at", "product_name", "stars", "text", "follow_up"]
    assert [row["text"] for row in store.rows("SELECT text FROM reviews ORDER BY id")] == [
        "刚收到很舒服\n洗了一次就起球",
        "很好看",
    ]


ORDERS = {
    "de": ("Bestellnummer;Bestelldatum;Artikel;Menge;Einzelpreis", "B-1;15.03.2026;Lampe;2;19,90"),
    "fr": ("Numéro de commande;Date de commande;Produit;Quantité;Prix unitaire", "C-1;15/03/2026;Lampe;2;19,90"),
    "es": ("Número de pedido;Fecha de pedido;Producto;Cantidad;Precio unitario", "P-1;15/03/2026;Lámpara;2;19,90"),
    "ja": ("注文番号;注文日;商品名;個数;単価", "J-1;2026/03/15;ランプ;2;1990"),
    "zh": ("订单号;下单时间;商品名称;数量;单价", "Z-1;2026-03-15 10:00:00;台灯;2;19.90"),
}


@pytest.mark.parametrize("language", ORDERS)
def test_order_columns_and_what_they_load(load: Load, store: Store, language: str) -> None:
    header, row = ORDERS[language]
    report = load(f"{header}\n{row}\n", accept=True)
    assert [c["meaning"] for c in report.columns] == [
        "order_id",
        "ordered_at",
        "product_name",
        "quantity",
        "unit_price",
    ]
    assert report.totals["orders"] == 1 and report.totals["units"] == 2
    assert store.value("SELECT amount FROM order_lines") in (39.8, 3980.0)
    assert store.value("SELECT day FROM orders") == "2026-03-15"


def test_stock_columns(load: Load, store: Store) -> None:
    report = load("SKU;Bezeichnung;Lagerbestand;Lagerort\nA-1;Lampe;12;Graz\nA-2;Schirm;0;Graz\n", accept=True)
    assert report.report == "stock" and report.rows_loaded == 2
    assert store.rows("SELECT sku, on_hand, location FROM stock ORDER BY id")[0] == {
        "sku": "A-1",
        "on_hand": 12.0,
        "location": "Graz",
    }


def test_a_file_of_items_without_counts_says_that_it_counted_rows(load: Load, store: Store) -> None:
    text = "order_id,order_item_id,product_id,price\no1,1,p1,10.00\no1,2,p1,10.00\n"
    report = load(text, accept=True)
    assert report.totals["units"] == 2 and report.totals["gross"] == 20.0
    assert any("one unit" in note for note in report.notes)


def test_payments_become_orders_without_lines(load: Load, store: Store) -> None:
    report = load("order_id,payment_type,payment_value\no1,card,10.00\no1,voucher,5.00\n", accept=True)
    assert report.tables == {"orders": 1} and store.value("SELECT total FROM orders") == 15.0


def test_a_file_without_a_header_is_read_from_its_values(load: Load) -> None:
    rows = "".join(
        f"{1000 + i % 7},{1 + i % 28:02d}-07-2026,{name}\n"
        for i, name in enumerate(["milk", "bread", "milk", "rolls"] * 10)
    )
    report = load(rows)
    assert [c["meaning"] for c in report.columns] == [None, "ordered_at", "product_name"]


def test_ratings_without_words_are_kept_and_rows_without_either_are_rejected(load: Load, store: Store) -> None:
    text = "review_id,review_score,review_comment_message\n1,5,Chegou rápido e bem embalado\n2,4,\n3,,\n"
    report = load(text, accept=True)
    assert (report.rows_loaded, report.rows_rejected) == (2, 1)
    assert [tuple(r.values()) for r in store.rows("SELECT stars, text FROM reviews ORDER BY id")] == [
        (5.0, "Chegou rápido e bem embalado"),
        (4.0, ""),
    ]


def test_a_table_with_nothing_to_load_is_shown_and_left_alone(load: Load, store: Store) -> None:
    report = load("city,zip\nGraz,8010\nLinz,4020\n", accept=True)
    assert report.import_id is None and report.profile is None and store.value("SELECT count(*) FROM imports") == 0
