//! Stems, word forms, names taken apart and spellings compared.

use super::*;

#[test]
fn forms_of_one_word_meet_in_one_stem() {
    let families = [
        "person people persons",
        "child children",
        "man men",
        "woman women",
        "country countries",
        "address addresses",
        "company companies",
        "city cities",
        "status statuses",
        "series",
        "movie movies",
        "criterion criteria",
        "buy bought buys buying",
        "sell sold selling sells",
        "pay paid pays paying",
        "write wrote written writes writing",
        "make made makes",
        "spend spent spends",
        "teach taught teaches",
        "born birth",
        "bus buses",
        "box boxes",
        "category categories",
        "purchase purchases purchased",
        "house houses",
        "database databases",
        "analysis analyses",
        "cache caches",
        "index indices indexes",
        "invoice invoices invoiced",
        "ship shipped shipping shipment",
        "employee employees",
        "salary salaries",
        "order orders ordered ordering",
        "genre genres",
        "bonus bonuses",
        "hero heroes",
        "wife wives",
        "fly flew flown flies",
        "id ids",
        "gas gases",
        "quiz quizzes",
        "survey surveys",
    ];
    for family in families {
        let stems: Vec<String> = family.split(' ').map(stem).collect();
        assert!(stems.iter().all(|other| *other == stems[0]), "{family}: {stems:?}");
    }
}

#[test]
fn different_words_keep_different_stems() {
    for (a, b) in [
        ("news", "new"),
        ("state", "status"),
        ("person", "personal"),
        ("engine", "engineer"),
        ("rating", "rate"),
        ("custom", "customer"),
        ("active", "activity"),
        ("depart", "department"),
        ("manage", "manager"),
        ("product", "production"),
        ("order", "border"),
        ("bus", "business"),
        ("sale", "salary"),
        ("address", "add"),
        ("found", "find"),
    ] {
        assert_ne!(stem(a), stem(b), "{a} {b}");
    }
}

#[test]
fn singular_and_plural_are_each_others_inverse() {
    let pairs = [
        ("country", "countries"),
        ("day", "days"),
        ("box", "boxes"),
        ("address", "addresses"),
        ("status", "statuses"),
        ("child", "children"),
        ("person", "people"),
        ("movie", "movies"),
        ("shoe", "shoes"),
        ("house", "houses"),
        ("branch", "branches"),
        ("series", "series"),
        ("id", "ids"),
        ("customer", "customers"),
        ("analysis", "analyses"),
        ("bus", "buses"),
        ("expense", "expenses"),
        ("shelf", "shelves"),
        ("criterion", "criteria"),
        ("hero", "heroes"),
    ];
    for (one, many) in pairs {
        assert_eq!(singular(many), one);
        assert_eq!(plural(one), many);
        assert_eq!(singular(one), one);
        assert_eq!(plural(many), many);
    }
    for word in ["", "s", "gps", "this", "boss", "data", "staff", "é", "münchens"] {
        let _ = (singular(word), plural(word), stem(word));
    }
}

#[test]
fn pasts_of_verbs_are_told_from_nouns() {
    ["listed", "made", "taught", "sold", "shot"].iter().for_each(|word| assert!(is_past(word), "{word}"));
    ["list", "people", "children", "satisfaction", "bed", "speed", "sell", ""]
        .iter()
        .for_each(|word| assert!(!is_past(word), "{word}"));
}

#[test]
fn identifiers_fall_into_words() {
    let cases = [
        ("orderDate", "order date"),
        ("order_date", "order date"),
        ("ORDERS2018", "orders 2018"),
        ("tblCustomer", "customer"),
        ("tblcustomer", "customer"),
        ("cust_nm", "cust nm"),
        ("custname", "cust name"),
        ("orderdetails", "order details"),
        ("bedtype", "bed type"),
        ("createdate", "create date"),
        ("rainforest", "rainforest"),
        ("birthdate", "birth date"),
        ("OrderID", "order id"),
        ("orderid", "order id"),
        ("XMLFileName", "xml file name"),
        ("ORDER_LINE_NO", "order line no"),
        ("unitprice", "unit price"),
        ("isactive", "is active"),
        ("createdat", "created at"),
        ("address1", "address 1"),
        ("q1_sales", "q1 sales"),
        ("URLs", "urls"),
        ("eMail", "email"),
        ("dim_customer", "customer"),
        ("customer_tbl", "customer"),
        ("Order Details", "order details"),
        ("island", "island"),
        ("warehouse", "warehouse"),
        ("straße_nr", "straße nr"),
        ("chinook", "chinook"),
        ("person", "person"),
        ("phonenumber", "phone number"),
        ("productcategoryid", "product category id"),
        ("firstName", "first name"),
        ("unitsinstock", "units in stock"),
        ("quantityperunit", "quantity per unit"),
        ("hiredate", "hire date"),
        ("salesorderid", "sales order id"),
        ("isonline", "is online"),
        ("percentage", "percentage"),
        ("performance", "performance"),
        ("perfume", "perfume"),
        ("island", "island"),
        ("forecast", "forecast"),
        ("information", "information"),
        ("invoices", "invoices"),
        ("hashtag", "hashtag"),
        ("addressline1", "address line 1"),
        ("dueDate", "due date"),
        ("duedate", "due date"),
        ("tbl", "tbl"),
        ("", ""),
        ("__", ""),
    ];
    for (name, words) in cases {
        assert_eq!(words_of_identifier(name).join(" "), words, "{name}");
    }
}

#[test]
fn edit_distance_counts_swaps_once_and_gives_up_early() {
    for (a, b, most, distance) in [
        ("customer", "custoemr", 2, Some(1)),
        ("kitten", "sitting", 3, Some(3)),
        ("kitten", "sitting", 2, None),
        ("", "abc", 3, Some(3)),
        ("abc", "abc", 0, Some(0)),
        ("größe", "grösse", 2, Some(2)),
        ("short", "a much longer text", 2, None),
    ] {
        assert_eq!(edit_distance(a, b, most), distance, "{a} {b}");
    }
    assert_eq!(edit_distance(&"a".repeat(100_000), &"b".repeat(100_000), 3), None);
}

#[test]
fn typos_are_near_and_begin_alike() {
    for (written, meant) in [
        ("custmers", "customers"),
        ("prodcut", "product"),
        ("emplyoee", "employee"),
        ("deparmtnet", "department"),
        ("catagory", "category"),
        ("ocuntry", "country"),
    ] {
        assert!(is_typo_of(written, meant), "{written}");
    }
    for (written, meant) in [
        ("cat", "car"),
        ("order", "order"),
        ("border", "order"),
        ("q1sales", "q2sales"),
        ("2021", "2022"),
        ("product", "profile"),
        ("rate", "rental"),
    ] {
        assert!(!is_typo_of(written, meant), "{written}");
    }
}

#[test]
fn trigrams_agree_with_pg_trgm() {
    assert!((trigram_similarity("word", "two words") - 4.0 / 11.0).abs() < 1e-6);
    assert!((trigram_similarity("abc", "abc") - 1.0).abs() < 1e-6);
    assert_eq!(trigram_similarity("", ""), 0.0);
}

#[test]
fn no_name_or_word_makes_it_panic() {
    let pieces = [
        "a", "Z", "9", "_", "é", "İ", "ß", "\u{301}", "🎵", "'", " ", "ies", "ses", "order", "date", "ing", "ＡＢ", "½", "٣",
        "\u{0}", "-", "e", "mail",
    ];
    let mut state = 0x9e37_79b9_u32;
    for _ in 0..20_000 {
        let mut name = String::new();
        for _ in 0..state % 9 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            name.push_str(pieces[(state >> 8) as usize % pieces.len()]);
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let lower = name.to_lowercase();
        assert!(words_of_identifier(&name).iter().all(|word| !word.is_empty()), "{name}");
        assert_eq!(singular(&singular(&lower)).is_empty(), lower.is_empty(), "{name}");
        let _ = (stem(&lower), plural(&lower), is_typo_of(&lower, "customer"), edit_distance(&lower, &name, 2));
        assert!((0.0..=1.0).contains(&trigram_similarity(&lower, "order date")), "{name}");
    }
    assert_eq!(words_of_identifier(&"order".repeat(10_000)).len(), 1);
}
