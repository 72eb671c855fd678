//! The schema model: what one caller may SELECT in one database, as plain data.
//!
//! The extension's catalog query fills it; the engine and, later, prompts read it. It holds nothing that the caller may not see:
//! a relation or a column without the privilege is absent, not marked. Indices (`RelationId`, column positions, positions in
//! `foreign_keys`) are positions in the vectors of the same `Schema` and mean nothing outside it.

use serde::{Deserialize, Serialize};

/// Position of a relation in [`Schema::relations`].
pub type RelationId = usize;

/// Everything the caller may read in this database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Schemas of the effective search_path, in order; implicit ones left out.
    pub search_path: Vec<String>,
    pub relations: Vec<Relation>,
    /// Declared keys first, in catalog order; inferred ones may be appended by [`crate::schema`]'s users.
    pub foreign_keys: Vec<ForeignKey>,
}

/// A table, view, materialised view, partitioned or foreign table. Partitions themselves are left out: their parent stands for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    pub oid: u32,
    /// Schema name, unquoted as in the catalog.
    pub schema: String,
    /// Relation name, unquoted as in the catalog.
    pub name: String,
    pub kind: RelationKind,
    /// True when the unqualified name finds this relation on the search_path.
    pub visible: bool,
    #[serde(default)]
    pub comment: Option<String>,
    /// The planner's row estimate (`reltuples`, of all partitions together); negative when never analysed.
    pub rows: f64,
    /// How much it is read, in powers of four of its scans, so that it says the same for a while: 0 is not at all, 10 a million times.
    #[serde(default)]
    pub uses: u8,
    pub columns: Vec<Column>,
    /// Column positions of the primary key, in key order; empty when there is none or the caller may not read all of it.
    #[serde(default)]
    pub primary_key: Vec<usize>,
    /// Column positions of each unique key that is not partial and has no expressions; the primary key is not repeated.
    #[serde(default)]
    pub unique_keys: Vec<Vec<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    Table,
    View,
    MaterializedView,
    PartitionedTable,
    ForeignTable,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// `attnum`, from 1.
    pub number: i16,
    /// Column name, unquoted as in the catalog.
    pub name: String,
    /// As `format_type` prints it, e.g. `character varying(40)`.
    pub type_name: String,
    /// What the type is once domains are looked through.
    pub kind: TypeKind,
    /// True for `numeric`, `real`, `double precision` and `money`, false for whole-number types; meaningful for `Number` only.
    #[serde(default)]
    pub fractional: bool,
    /// Labels of an enum type in their order; of the element type for an array of an enum. Empty otherwise.
    #[serde(default)]
    pub enum_labels: Vec<String>,
    #[serde(default)]
    pub comment: Option<String>,
    #[serde(default)]
    pub not_null: bool,
    /// From `pg_stats` as the caller sees it; none where the caller sees none or the table was never analysed.
    #[serde(default)]
    pub stats: Option<ColumnStats>,
}

/// The families of types that the engine tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeKind {
    Number,
    Text,
    Boolean,
    Date,
    Time,
    /// Without time zone.
    Timestamp,
    /// With time zone.
    TimestampTz,
    Interval,
    Enum,
    Uuid,
    Json,
    Array,
    Range,
    Binary,
    Other,
}

impl TypeKind {
    /// A type on a calendar: date and both timestamps.
    pub fn is_calendar(self) -> bool {
        matches!(self, TypeKind::Date | TypeKind::Timestamp | TypeKind::TimestampTz)
    }
}

/// Statistics of a column. They serve linking and never leave the machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnStats {
    /// As in `pg_stats`: positive is a count, negative a share of the rows.
    pub n_distinct: f64,
    /// Share of NULLs, 0 to 1.
    pub null_frac: f64,
    /// `most_common_vals` as text, in order; empty where the column has none.
    #[serde(default)]
    pub common_values: Vec<String>,
    /// `histogram_bounds` as text: a sample of the values that are not common, first and last are minimum and maximum.
    #[serde(default)]
    pub bounds: Vec<String>,
}

/// A reference from the columns of one relation to the columns of another (or the same).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub from: RelationId,
    pub from_columns: Vec<usize>,
    pub to: RelationId,
    pub to_columns: Vec<usize>,
    /// False for a key that was inferred from names and types.
    #[serde(default = "yes")]
    pub declared: bool,
}

fn yes() -> bool {
    true
}

impl Schema {
    /// The relations on the search path alone, where there are others behind them; none where all are, or none is. Positions stay.
    pub fn near(&self) -> Option<Schema> {
        let count = self.relations.iter().take_while(|relation| relation.visible).count();
        let (near, far) = self.relations.split_at(count);
        // A temporary table may hide one of another schema that stands between those on the path.
        if near.is_empty() || far.is_empty() || far.iter().any(|relation| relation.visible) {
            return None;
        }
        let keys = self.foreign_keys.iter().filter(|key| key.from < count && key.to < count);
        let foreign_keys = keys.cloned().collect();
        Some(Schema { search_path: self.search_path.clone(), relations: near.to_vec(), foreign_keys })
    }
}

impl Relation {
    /// Position of the column with this exact name.
    pub fn column_position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

impl ForeignKey {
    /// True when each row of `from` has at most one row with the same key: the reference is one to one.
    pub fn is_one_to_one(&self, schema: &Schema) -> bool {
        let from = &schema.relations[self.from];
        let covers = |key: &[usize]| !key.is_empty() && key.iter().all(|column| self.from_columns.contains(column));
        covers(&from.primary_key) || from.unique_keys.iter().any(|key| covers(key))
    }
}
