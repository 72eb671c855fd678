//! Small schemas for tests, written as text: a line that is not indented starts a relation, indented lines are its columns.
//!
//! `name type [pk] [!] [?] [-> relation.column]`: `pk` belongs to the primary key, `!` is NOT NULL, `u` is a unique key of its own.
//! A line `key (a, b) -> relation (c, d)` is a composite reference.

use nl_query_core::schema::{Column, ForeignKey, Relation, RelationKind, Schema, TypeKind};

use crate::ir::{ColumnUse, Expr, Source};

/// Builds the schema; panics on a mistake, as a test should.
pub fn schema(text: &str) -> Schema {
    let mut schema = Schema { search_path: vec!["public".to_string()], ..Schema::default() };
    let mut references: Vec<(usize, Vec<String>, String, Vec<String>)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with(' ') {
            schema.relations.push(relation(line.trim(), schema.relations.len()));
            continue;
        }
        let from = schema.relations.len() - 1;
        let (left, right) = line.trim().split_once("->").map_or((line.trim(), None), |(left, right)| (left, Some(right.trim())));
        if let Some(columns) = left.strip_prefix("key (") {
            let (to, to_columns) = right.expect("a key leads somewhere").split_once(" (").expect("to columns");
            let split = |text: &str| text.trim().trim_end_matches(')').split(", ").map(str::to_string).collect();
            references.push((from, split(columns), to.to_string(), split(to_columns)));
            continue;
        }
        let mut words = left.split_whitespace();
        let (name, type_name) = (words.next().expect("a name"), words.next().expect("a type"));
        let table = &mut schema.relations[from];
        let position = table.columns.len();
        let mut column = column(name, type_name, position);
        for word in words {
            match word {
                "pk" => table.primary_key.push(position),
                "u" => table.unique_keys.push(vec![position]),
                "!" => {}
                other => panic!("{other} says nothing about a column"),
            }
            column.not_null |= word != "u";
        }
        table.columns.push(column);
        if let Some((to, to_column)) = right.map(|right| right.split_once('.').expect("relation.column")) {
            references.push((from, vec![name.to_string()], to.to_string(), vec![to_column.to_string()]));
        }
    }
    for (from, from_columns, to, to_columns) in references {
        let to = schema.relations.iter().position(|relation| relation.name == to).expect("a known relation");
        let find = |relation: usize, names: &[String]| -> Vec<usize> {
            names.iter().map(|name| schema.relations[relation].column_position(name).expect("a known column")).collect()
        };
        let key =
            ForeignKey { from, from_columns: find(from, &from_columns), to, to_columns: find(to, &to_columns), declared: true };
        schema.foreign_keys.push(key);
    }
    schema
}

fn relation(name: &str, position: usize) -> Relation {
    let (kind, name) = name.strip_prefix("view ").map_or((RelationKind::Table, name), |name| (RelationKind::View, name));
    let (schema, visible, name) = name.split_once('.').map_or(("public", true, name), |(schema, name)| (schema, false, name));
    Relation {
        oid: 1000 + position as u32,
        schema: schema.to_string(),
        name: name.replace('~', " "),
        kind,
        visible,
        comment: None,
        rows: -1.0,
        uses: 0,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
    }
}

fn column(name: &str, type_name: &str, position: usize) -> Column {
    let (kind, full, fractional) = match type_name {
        "int" => (TypeKind::Number, "integer", false),
        "numeric" => (TypeKind::Number, "numeric(10,2)", true),
        "double" => (TypeKind::Number, "double precision", true),
        "money" => (TypeKind::Number, "money", true),
        "text" => (TypeKind::Text, "text", false),
        "bool" => (TypeKind::Boolean, "boolean", false),
        "date" => (TypeKind::Date, "date", false),
        "timestamp" => (TypeKind::Timestamp, "timestamp without time zone", false),
        "timestamptz" => (TypeKind::TimestampTz, "timestamp with time zone", false),
        "interval" => (TypeKind::Interval, "interval", false),
        "uuid" => (TypeKind::Uuid, "uuid", false),
        "status" => (TypeKind::Enum, "order_status", false),
        "json" => (TypeKind::Json, "json", false),
        "texts" => (TypeKind::Array, "text[]", false),
        "ints" => (TypeKind::Array, "integer[]", false),
        other => panic!("unknown type {other}"),
    };
    Column {
        number: position as i16 + 1,
        name: name.replace('~', " "),
        type_name: full.to_string(),
        kind,
        fractional,
        enum_labels: if kind == TypeKind::Enum { vec!["open".to_string(), "shipped".to_string()] } else { Vec::new() },
        comment: None,
        not_null: false,
        stats: None,
    }
}

/// A source by the relation's name.
pub fn source(schema: &Schema, name: &str) -> Source {
    Source::first(schema.relations.iter().position(|relation| relation.name == name).expect("a known relation"))
}

/// A column by `relation.column`; `relation#1.column` is role 1.
pub fn used(schema: &Schema, name: &str) -> ColumnUse {
    let (relation, column) = name.split_once('.').expect("relation.column");
    let (relation, role) =
        relation.split_once('#').map_or((relation, 0), |(relation, role)| (relation, role.parse().expect("a role")));
    let source = Source { role, ..source(schema, relation) };
    source.column(schema.relations[source.relation].column_position(column).expect("a known column"))
}

/// The same as an expression.
pub fn col(schema: &Schema, name: &str) -> Expr {
    Expr::Column(used(schema, name))
}

/// A shop: the schema of most tests.
pub fn shop() -> Schema {
    schema(
        "countries
  code text pk
  name text !
customers
  id int pk
  name text !
  country_code text -> countries.code
  credit_limit numeric
  joined_on date !
  active bool
orders
  id int pk
  customer_id int ! -> customers.id
  employee_id int -> employees.id
  bill_country text -> countries.code
  ship_country text -> countries.code
  ordered_at timestamptz !
  freight numeric
  status status !
order_items
  order_id int pk -> orders.id
  product_id int pk -> products.id
  quantity int !
  unit_price numeric !
products
  id int pk
  name text !
  category_id int -> categories.id
  price numeric
  weight double
  tags texts
  details json
categories
  id int pk
  name text !
employees
  id int pk
  first_name text !
  last_name text !
  manager_id int -> employees.id
  salary int
payments
  id int pk
  customer_id int ! -> customers.id
  amount numeric !
  paid_on date
reviews
  product_id int -> products.id
  customer_id int -> customers.id
  stars int
",
    )
}
