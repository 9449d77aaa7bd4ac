"""The schema of a shop file, as sqlite-utils migrations: frozen text, applied once each, in order, never edited after a
release. What the tables of imported rows hold is declared in `store.tables`, which no migration reads.

Plain words name every table and column; amounts are REAL in the row's own currency, days are ISO text (`2026-03-15`),
moments are ISO text with the zone the file states. Every imported row carries where it came from:
`import_id` -> `imports`, `sheet` (workbooks only) and `line` (physical line in the file, from 1).
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("backroom")

# The tables as they were first made, word for word: later columns come by later migrations, and `store.tables` says what
# they hold today.
_PROVENANCE = """
    id INTEGER PRIMARY KEY,
    import_id INTEGER NOT NULL REFERENCES imports(id),
    sheet TEXT,
    line INTEGER NOT NULL,
    row_key TEXT NOT NULL UNIQUE,
    platform TEXT,
    product TEXT,
"""

_FIRST_TABLES: dict[str, str] = {
    "reviews": """
        review_id TEXT, product_id TEXT, sku TEXT, product_name TEXT, variant TEXT, order_id TEXT,
        title TEXT, body TEXT, text TEXT NOT NULL, stars REAL, written_at TEXT, day TEXT, language TEXT,
        author TEXT, email TEXT, verified INTEGER, reply TEXT, courier TEXT, extra TEXT
    """,
    "orders": """
        order_id TEXT NOT NULL, ordered_at TEXT, day TEXT, paid_at TEXT, status TEXT, status_original TEXT,
        currency TEXT,         subtotal REAL, shipping REAL, tax REAL, discount REAL, total REAL, refunded REAL,
        discount_code TEXT,
        customer TEXT, email TEXT, city TEXT, region TEXT, country TEXT, courier TEXT, shipped_at TEXT,
        cancelled_at TEXT, payment TEXT, channel TEXT, note TEXT, extra TEXT
    """,
    "order_lines": """
        order_id TEXT, line_id TEXT, ordered_at TEXT, day TEXT, status TEXT, status_original TEXT,
        product_id TEXT, sku TEXT, product_name TEXT, variant TEXT, quantity REAL, unit_price REAL, discount REAL,
        amount REAL, tax REAL, currency TEXT, extra TEXT
    """,
    "products": """
        product_id TEXT, title TEXT, description TEXT, brand TEXT, category TEXT, kind TEXT, tags TEXT, status TEXT,
        price REAL, currency TEXT, published_at TEXT, url TEXT, extra TEXT
    """,
    "variants": """
        product_id TEXT, sku TEXT, title TEXT, option1_name TEXT, option1 TEXT, option2_name TEXT, option2 TEXT,
        option3_name TEXT, option3 TEXT, price REAL, compare_at_price REAL, cost REAL, currency TEXT, stock REAL,
        barcode TEXT, weight_grams REAL, extra TEXT
    """,
    "stock": """
        sku TEXT, product_id TEXT, product_name TEXT, variant TEXT, location TEXT, day TEXT, condition TEXT,
        on_hand REAL, available REAL, committed REAL, incoming REAL, unavailable REAL, extra TEXT
    """,
    "stock_movements": """
        sku TEXT, product_id TEXT, product_name TEXT, kind TEXT, quantity REAL, reason TEXT, condition TEXT,
        location TEXT, reference TEXT, day TEXT, extra TEXT
    """,
    "returns": """
        order_id TEXT, sku TEXT, product_id TEXT, product_name TEXT, quantity REAL, reason TEXT, comment TEXT,
        returned_at TEXT, day TEXT, status TEXT, disposition TEXT, refund REAL, currency TEXT, extra TEXT
    """,
    "fees": """
        order_id TEXT, sku TEXT, product_name TEXT, kind TEXT, description TEXT, amount REAL, currency TEXT,
        posted_at TEXT, day TEXT, settlement_id TEXT, extra TEXT
    """,
    "ads": """
        day TEXT, day_to TEXT, campaign TEXT, ad_group TEXT, ad TEXT, keyword TEXT, search_term TEXT, match TEXT,
        impressions REAL, clicks REAL, spend REAL, orders REAL, units REAL, sales REAL, currency TEXT, extra TEXT
    """,
    "coupons": """
        coupon_id TEXT, name TEXT, code TEXT, starts TEXT, ends TEXT, kind TEXT, value REAL, clips REAL,
        redemptions REAL, budget REAL, spent REAL, sales REAL, currency TEXT, extra TEXT
    """,
    "sessions": """
        day TEXT, day_to TEXT, product_id TEXT, parent_id TEXT, sku TEXT, product_name TEXT, channel TEXT, page TEXT,
        sessions REAL, page_views REAL, featured_share REAL, units REAL, orders REAL, sales REAL, currency TEXT,
        extra TEXT
    """,
    "customers": """
        customer_id TEXT, name TEXT, email TEXT, city TEXT, region TEXT, country TEXT, accepts_marketing INTEGER,
        total_spent REAL, total_orders REAL, tags TEXT, note TEXT, extra TEXT
    """,
}


def _run(db: Database, script: str) -> None:
    """Execute statements one by one: `executescript` would commit the migration's transaction first."""
    for statement in script.split(";"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m001_imports(db: Database) -> None:
    """Imports, the tables that hold imported rows, what an import changed, and learned mappings.

    `row_seen` holds the rows that an import brought again: they stay when the first import of them is undone.
    """
    _run(
        db,
        """
        CREATE TABLE imports (
            id INTEGER PRIMARY KEY,
            file TEXT NOT NULL, path TEXT NOT NULL, content_hash TEXT NOT NULL, bytes INTEGER,
            profile TEXT, platform TEXT, report TEXT, encoding TEXT, delimiter TEXT, language TEXT, currency TEXT,
            rows_read INTEGER NOT NULL DEFAULT 0, rows_loaded INTEGER NOT NULL DEFAULT 0,
            rows_rejected INTEGER NOT NULL DEFAULT 0, rows_duplicate INTEGER NOT NULL DEFAULT 0,
            rows_updated INTEGER NOT NULL DEFAULT 0,
            period_from TEXT, period_to TEXT, report_json TEXT NOT NULL DEFAULT '{}',
            imported_at TEXT NOT NULL, seconds REAL, state TEXT NOT NULL DEFAULT 'loaded'
        );
        CREATE INDEX imports_content ON imports(content_hash, state);
        CREATE TABLE row_changes (
            id INTEGER PRIMARY KEY,
            import_id INTEGER NOT NULL REFERENCES imports(id),
            table_name TEXT NOT NULL, row_id INTEGER NOT NULL,
            before TEXT NOT NULL, after TEXT NOT NULL
        );
        CREATE INDEX row_changes_import ON row_changes(import_id);
        CREATE INDEX row_changes_row ON row_changes(table_name, row_id);
        CREATE TABLE row_seen (
            import_id INTEGER NOT NULL REFERENCES imports(id), table_name TEXT NOT NULL, row_id INTEGER NOT NULL,
            line INTEGER NOT NULL,
            PRIMARY KEY (table_name, row_id, import_id)
        ) WITHOUT ROWID;
        CREATE TABLE mappings (
            header_hash TEXT PRIMARY KEY, name TEXT NOT NULL, mapping TEXT NOT NULL, accepted_at TEXT NOT NULL
        );
        """,
    )
    for table, columns in _FIRST_TABLES.items():
        # No index on import_id: only taking an import back asks for it, and a scan is quick enough there.
        db.execute(f"CREATE TABLE {table} ({_PROVENANCE}{columns})")
    _run(
        db,
        """
        CREATE INDEX reviews_product ON reviews(product, day);
        CREATE INDEX reviews_order ON reviews(order_id);
        CREATE INDEX orders_order ON orders(order_id);
        CREATE INDEX order_lines_order ON order_lines(order_id);
        CREATE INDEX order_lines_product ON order_lines(product, day);
        CREATE INDEX returns_product ON returns(product, day);
        """,
    )


@migrations()
def m002_products(db: Database) -> None:
    """One key per product across files and platforms, and every identifier that leads to it."""
    _run(
        db,
        """
        CREATE TABLE product_keys (product TEXT PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE product_identifiers (
            kind TEXT NOT NULL, value TEXT NOT NULL, product TEXT NOT NULL REFERENCES product_keys(product),
            PRIMARY KEY (kind, value)
        ) WITHOUT ROWID;
        """,
    )


@migrations()
def m003_search(db: Database) -> None:
    """Full-text search over reviews.

    The tokenizer is unicode61 over text in which every Han character stands alone (`store.search.spaced`), and a
    Chinese word is searched as a phrase: it finds words of one or two characters, which a trigram index cannot,
    and needs no
    dictionary, so that names and slang are found as well.
    """
    db.execute("CREATE VIRTUAL TABLE reviews_search USING fts5(text, tokenize='unicode61 remove_diacritics 2')")


@migrations()
def m004_analysis(db: Database) -> None:
    """What reading the shop produced: labels, clauses and themes, findings with evidence, caches, settings, audit."""
    _run(
        db,
        """
        CREATE TABLE labels (
            id INTEGER PRIMARY KEY,
            table_name TEXT NOT NULL, row_id INTEGER NOT NULL, task TEXT NOT NULL, source TEXT NOT NULL,
            label TEXT NOT NULL, probabilities TEXT, confidence REAL, abstain INTEGER NOT NULL DEFAULT 0,
            method TEXT NOT NULL, made_at TEXT NOT NULL,
            UNIQUE (table_name, row_id, task, source)
        );
        CREATE TABLE clauses (
            id INTEGER PRIMARY KEY,
            review_row INTEGER NOT NULL REFERENCES reviews(id),
            start INTEGER NOT NULL, end INTEGER NOT NULL,
            sentiment TEXT, probability REAL,
            UNIQUE (review_row, start, end)
        );
        CREATE TABLE themes (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, polarity TEXT NOT NULL, language TEXT,
            words TEXT, size INTEGER NOT NULL, renamed TEXT
        );
        CREATE TABLE theme_clauses (
            theme_id INTEGER NOT NULL REFERENCES themes(id), clause_id INTEGER NOT NULL REFERENCES clauses(id),
            similarity REAL NOT NULL,
            PRIMARY KEY (theme_id, clause_id)
        ) WITHOUT ROWID;
        CREATE TABLE findings (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE, desk TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
            sentence TEXT NOT NULL, numbers TEXT NOT NULL, n INTEGER, k INTEGER, low REAL, high REAL,
            confidence REAL, rank REAL NOT NULL DEFAULT 0, method TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'new', state_reason TEXT,
            query TEXT, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, current INTEGER NOT NULL DEFAULT 1
        );
        CREATE INDEX findings_desk ON findings(desk, current, rank);
        CREATE TABLE evidence (
            id INTEGER PRIMARY KEY,
            finding_id INTEGER NOT NULL REFERENCES findings(id) ON DELETE CASCADE,
            table_name TEXT NOT NULL, row_id INTEGER NOT NULL, column_name TEXT,
            start INTEGER, end INTEGER, role TEXT NOT NULL DEFAULT 'for', position INTEGER NOT NULL
        );
        CREATE INDEX evidence_finding ON evidence(finding_id, position);
        CREATE TABLE inference_cache (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE audit_log (
            id INTEGER PRIMARY KEY, at TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL
        );
        """,
    )


@migrations()
def m005_views(db: Database) -> None:
    """The views named for people; part of the public interface."""
    _run(
        db,
        """
        CREATE VIEW v_labels AS
            SELECT * FROM (
                SELECT labels.*, row_number() OVER (
                    PARTITION BY table_name, row_id, task
                    ORDER BY CASE source WHEN 'seller' THEN 0 ELSE 1 END, id DESC) AS choice
                FROM labels)
            WHERE choice = 1;
        CREATE VIEW v_reviews AS
            SELECT r.id, i.file, r.sheet, r.line, r.platform, r.product,
                   coalesce(p.name, r.product_name) AS product_name, r.variant, r.order_id, r.day, substr(r.day, 1,
                   7) AS month, r.stars, r.title, r.text, r.language,
                   l.label AS sentiment, l.confidence, l.abstain, l.probabilities, l.source AS sentiment_source,
                   r.author, r.verified, r.courier
            FROM reviews r
            JOIN imports i ON i.id = r.import_id
            LEFT JOIN product_keys p ON p.product = r.product
            LEFT JOIN labels l ON l.id = (
                SELECT x.id FROM labels x WHERE x.table_name = 'reviews' AND x.row_id = r.id AND x.task = 'sentiment'
                ORDER BY x.source = 'seller' DESC, x.id DESC LIMIT 1);
        CREATE VIEW v_order_lines AS
            SELECT l.id, i.file, l.sheet, l.line, l.platform, l.order_id, l.ordered_at, l.day,
                   substr(l.day, 1, 7) AS month, l.status, l.product, coalesce(p.name, l.product_name) AS product_name,
                   l.sku, l.variant, l.quantity, l.unit_price, l.discount, l.amount, l.currency
            FROM order_lines l
            JOIN imports i ON i.id = l.import_id
            LEFT JOIN product_keys p ON p.product = l.product;
        CREATE VIEW v_returns AS
            SELECT r.id, i.file, r.sheet, r.line, r.platform, r.order_id, r.day, substr(r.day, 1, 7) AS month,
                   r.product, coalesce(p.name, r.product_name) AS product_name, r.sku, r.quantity, r.reason, r.comment,
                   r.refund, r.currency
            FROM returns r
            JOIN imports i ON i.id = r.import_id
            LEFT JOIN product_keys p ON p.product = r.product;
        CREATE VIEW v_stock AS
            SELECT s.id, i.file, s.sheet, s.line, s.platform, s.sku, s.product,
                   coalesce(p.name, s.product_name) AS product_name,                    s.variant, s.location, s.day,
                   s.on_hand, s.available, s.committed, s.incoming
            FROM stock s
            JOIN imports i ON i.id = s.import_id
            LEFT JOIN product_keys p ON p.product = s.product;
        """,
    )


@migrations()
def m006_review_links(db: Database) -> None:
    """What linking, not a file, told of a review, so that it can be found anew after every import and undo."""
    _run(
        db,
        """
        CREATE TABLE review_links (
            review_row INTEGER PRIMARY KEY REFERENCES reviews(id) ON DELETE CASCADE,
            order_id TEXT, courier TEXT, product TEXT
        );
        """,
    )


@migrations()
def m007_mentions(db: Database) -> None:
    """What rows say of products, counted, so that a small import into a large shop need not read all rows to link its own;
    and what an import that brought a row again left unsaid, so that taking another one back is exact."""
    _run(
        db,
        """
        CREATE TABLE product_mentions (
            table_name TEXT NOT NULL, platform TEXT NOT NULL, product_id TEXT NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL,
            product TEXT, rows INTEGER NOT NULL,
            PRIMARY KEY (table_name, platform, product_id, sku, name)
        ) WITHOUT ROWID;
        ALTER TABLE row_seen ADD COLUMN sheet TEXT;
        ALTER TABLE row_seen ADD COLUMN silent TEXT;
        """,
    )


@migrations()
def m008_impact(db: Database) -> None:
    """What ranks findings (raw and corrected p-value, impact and its unit), and which part of a desk's findings one
    is of.

    `quiet_tests` holds the p-values of what a desk tested and did not report: correcting for having looked counts them.
    News is of one report of one platform. Sentences are made when they are shown, so the stored ones go; some news
    kept too little beside them to be said again, and is told anew by the next import.
    """
    _run(
        db,
        """
        ALTER TABLE findings ADD COLUMN scope TEXT NOT NULL DEFAULT '';
        ALTER TABLE findings ADD COLUMN p REAL;
        ALTER TABLE findings ADD COLUMN q REAL;
        ALTER TABLE findings ADD COLUMN impact_low REAL;
        ALTER TABLE findings ADD COLUMN impact_mean REAL;
        ALTER TABLE findings ADD COLUMN impact_high REAL;
        ALTER TABLE findings ADD COLUMN impact_unit TEXT;
        ALTER TABLE findings DROP COLUMN sentence;
        CREATE INDEX evidence_row ON evidence(table_name, row_id);
        CREATE TABLE quiet_tests (desk TEXT NOT NULL, scope TEXT NOT NULL, p REAL NOT NULL);
        UPDATE findings SET scope = coalesce(json_extract(subject, '$.platform'), '') || '/' ||
            coalesce(json_extract(subject, '$.report'), '') WHERE desk = 'imports';
        UPDATE findings SET current = 0 WHERE desk = 'imports' AND kind IN ('first_sold', 'price', 'out_of_stock');
        UPDATE findings SET numbers = json_set(numbers, '$.table',
            (SELECT table_name FROM evidence WHERE finding_id = findings.id ORDER BY position LIMIT 1))
            WHERE desk = 'imports' AND current;
        UPDATE findings SET impact_low = rank, impact_unit = 'news' WHERE rank > 0 AND desk = 'imports';
        UPDATE findings SET impact_low = rank, impact_unit = 'customers' WHERE rank > 0 AND desk != 'imports';
        """,
    )


@migrations()
def m009_desk_tables(db: Database) -> None:
    """What customers write, what the shop answers and orders, its suppliers, payouts and rates, and more of what is known."""
    provenance = (
        "id INTEGER PRIMARY KEY, import_id INTEGER NOT NULL REFERENCES imports(id), sheet TEXT, line INTEGER NOT NULL, "
        "row_key TEXT NOT NULL UNIQUE, platform TEXT, product TEXT"
    )
    _run(
        db,
        f"""
        CREATE TABLE messages ({provenance},
            thread_id TEXT, message_id TEXT, author_role TEXT, author TEXT, email TEXT, sent_at TEXT, day TEXT,
            channel TEXT, subject TEXT, text TEXT, language TEXT, order_id TEXT, product_id TEXT, sku TEXT,
            product_name TEXT, variant TEXT, public INTEGER, status TEXT, extra TEXT);
        CREATE INDEX messages_thread ON messages(thread_id);
        CREATE TABLE articles ({provenance},
            article_id TEXT, kind TEXT, title TEXT, question TEXT, text TEXT, language TEXT, url TEXT, status TEXT,
            updated_at TEXT, day TEXT, extra TEXT);
        CREATE TABLE purchase_orders ({provenance},
            po_id TEXT, line_id TEXT, supplier TEXT, product_id TEXT, sku TEXT, product_name TEXT, variant TEXT,
            quantity REAL, received REAL, unit_cost REAL, amount REAL, discount REAL, shipping REAL, tax REAL,
            currency TEXT, status TEXT, status_original TEXT, ordered_at TEXT, expected_at TEXT, received_at TEXT,
            day TEXT, location TEXT, extra TEXT);
        CREATE INDEX purchase_orders_product ON purchase_orders(product, day);
        CREATE TABLE suppliers ({provenance},
            supplier TEXT, product_id TEXT, sku TEXT, product_name TEXT, variant TEXT, unit_cost REAL, currency TEXT,
            lead_days REAL, moq REAL, pack REAL, email TEXT, terms TEXT, valid_from TEXT, extra TEXT);
        CREATE TABLE payouts ({provenance},
            payout_id TEXT, reference TEXT, kind TEXT, status TEXT, status_original TEXT, amount REAL, fee REAL, net REAL,
            currency TEXT, posted_at TEXT, day TEXT, order_id TEXT, extra TEXT);
        CREATE TABLE rates ({provenance},
            day TEXT, currency TEXT, to_currency TEXT, rate REAL, extra TEXT);
        ALTER TABLE coupons ADD COLUMN minimum REAL;
        ALTER TABLE coupons ADD COLUMN minimum_kind TEXT;
        ALTER TABLE coupons ADD COLUMN per_customer REAL;
        ALTER TABLE coupons ADD COLUMN funded_by TEXT;
        ALTER TABLE coupons ADD COLUMN status TEXT;
        ALTER TABLE coupons ADD COLUMN issued REAL;
        ALTER TABLE stock ADD COLUMN stocked INTEGER;
        ALTER TABLE ads ADD COLUMN level TEXT;
        ALTER TABLE ads ADD COLUMN status TEXT;
        ALTER TABLE orders ADD COLUMN customer_id TEXT;
        ALTER TABLE orders ADD COLUMN phone_hash TEXT;
        ALTER TABLE orders ADD COLUMN accepts_marketing INTEGER;
        ALTER TABLE customers ADD COLUMN phone_hash TEXT;
        CREATE VIEW v_products AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.product, coalesce(p.name, t.title) AS product_name,
                   t.product_id, t.title, t.brand, t.category, t.kind, t.tags, t.status, t.price, t.currency, t.description,
                   t.published_at, t.url
            FROM products t
            JOIN imports i ON i.id = t.import_id
            LEFT JOIN product_keys p ON p.product = t.product;
        CREATE VIEW v_orders AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.order_id, t.ordered_at, t.day,
                   substr(t.day, 1, 7) AS month, t.status, t.subtotal, t.shipping, t.tax, t.discount, t.total, t.refunded,
                   t.currency, t.discount_code, t.customer, t.customer_id, t.city, t.region, t.country, t.courier, t.channel
            FROM orders t
            JOIN imports i ON i.id = t.import_id;
        CREATE VIEW v_messages AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.thread_id, t.message_id, t.author_role, t.author, t.sent_at,
                   t.day, substr(t.day, 1, 7) AS month, t.channel, t.subject, t.text, t.language, t.order_id, t.product,
                   coalesce(p.name, t.product_name) AS product_name, t.public, t.status
            FROM messages t
            JOIN imports i ON i.id = t.import_id
            LEFT JOIN product_keys p ON p.product = t.product;
        CREATE VIEW v_articles AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.article_id, t.kind, t.title, t.question, t.text, t.language,
                   t.status, t.updated_at, t.day, t.url
            FROM articles t
            JOIN imports i ON i.id = t.import_id;
        CREATE VIEW v_purchase_orders AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.po_id, t.line_id, t.supplier, t.product,
                   coalesce(p.name, t.product_name) AS product_name, t.sku, t.variant, t.quantity, t.received, t.unit_cost,
                   t.amount, t.currency, t.status, t.ordered_at, t.expected_at, t.received_at, t.day,
                   substr(t.day, 1, 7) AS month
            FROM purchase_orders t
            JOIN imports i ON i.id = t.import_id
            LEFT JOIN product_keys p ON p.product = t.product;
        CREATE VIEW v_suppliers AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.supplier, t.product,
                   coalesce(p.name, t.product_name) AS product_name, t.sku, t.variant, t.unit_cost, t.currency, t.lead_days,
                   t.moq, t.pack, t.email, t.terms, t.valid_from
            FROM suppliers t
            JOIN imports i ON i.id = t.import_id
            LEFT JOIN product_keys p ON p.product = t.product;
        CREATE VIEW v_coupons AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.coupon_id, t.name, t.code, t.starts, t.ends, t.kind, t.value,
                   t.minimum, t.minimum_kind, t.per_customer, t.funded_by, t.status, t.issued, t.clips, t.redemptions,
                   t.budget, t.spent, t.sales, t.currency
            FROM coupons t
            JOIN imports i ON i.id = t.import_id;
        CREATE VIEW v_ads AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.day, t.day_to, substr(t.day, 1, 7) AS month, t.level,
                   t.campaign, t.ad_group, t.ad, t.keyword, t.search_term, t.match, t.status, t.impressions, t.clicks,
                   t.spend, t.orders, t.units, t.sales, t.currency
            FROM ads t
            JOIN imports i ON i.id = t.import_id;
        CREATE VIEW v_fees AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.order_id, t.product,
                   coalesce(p.name, t.product_name) AS product_name, t.sku, t.kind, t.description, t.amount, t.currency,
                   t.posted_at, t.day, substr(t.day, 1, 7) AS month, t.settlement_id
            FROM fees t
            JOIN imports i ON i.id = t.import_id
            LEFT JOIN product_keys p ON p.product = t.product;
        CREATE VIEW v_payouts AS
            SELECT t.id, i.file, t.sheet, t.line, t.platform, t.payout_id, t.reference, t.kind, t.status, t.amount, t.fee,
                   t.net, t.currency, t.posted_at, t.day, substr(t.day, 1, 7) AS month, t.order_id
            FROM payouts t
            JOIN imports i ON i.id = t.import_id;
        """,
    )


@migrations()
def m010_marks(db: Database) -> None:
    """The mark by which a side file is known to belong to a shop, and findings that their rows have left behind."""
    _run(
        db,
        """
        CREATE TABLE marks (id INTEGER PRIMARY KEY CHECK (id = 1), mark TEXT NOT NULL);
        INSERT INTO marks VALUES (1, 'backroom mark new ' || lower(hex(randomblob(16))));
        ALTER TABLE findings ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
        """,
    )


@migrations()
def m011_answers(db: Database) -> None:
    """What a finding's query answered when it was stored, so that it can be told when that is no longer so."""
    db.execute("ALTER TABLE findings ADD COLUMN answer TEXT")


@migrations()
def m012_audit_chain(db: Database) -> None:
    """The log as a chain of hashes (see `audit`); rows from before have none."""
    _run(db, "ALTER TABLE audit_log ADD COLUMN hash TEXT;")
