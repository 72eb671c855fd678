//! How the memory of `nl_query.shared_memory` is divided: arithmetic only, so that what the setting says is what is taken.
//!
//! Small fixed parts come first, then three tables (statements, refusals, statistics by question), then two areas for bytes: one for
//! schema snapshots, one for the texts of the tables. They are apart so that a flood of questions leaves room for the snapshot
//! without which no question can be answered quickly.

/// Partitions of the three tables: as many locks, so that as many backends can write at a time.
pub const STATEMENT_PARTITIONS: usize = 16;
pub const REFUSAL_PARTITIONS: usize = 4;
pub const QUESTION_PARTITIONS: usize = 16;

/// Every part begins on a cache line of its own, and pages of the areas on theirs.
const LINE: usize = 128;
const PAGE: usize = 4096;

/// Sizes of single things, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sizes {
    /// Of all small fixed parts together: what is kept by database, condition variables, the list of snapshots, counters.
    pub fixed: [usize; 4],
    pub partition: usize,
    pub slot: usize,
    pub question_slot: usize,
}

/// Where a table lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TablePlace {
    pub partitions: usize,
    pub partitions_at: usize,
    pub buckets: usize,
    pub buckets_at: usize,
    pub slots: usize,
    pub slots_at: usize,
}

/// Where an area for bytes lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AreaPlace {
    pub at: usize,
    pub length: usize,
}

/// Offsets and lengths of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub fixed_at: [usize; 4],
    pub statements: TablePlace,
    pub refusals: TablePlace,
    pub questions: TablePlace,
    pub schema: AreaPlace,
    pub texts: AreaPlace,
    pub total: usize,
}

impl Layout {
    /// Divides `total` bytes. A remembered statement takes 250 to 1,000 bytes, a question about 250 beside its counters; the tables have
    /// slots for what the bytes can hold.
    pub fn of(total: usize, sizes: &Sizes) -> Layout {
        let mut next = Next(0);
        let fixed_at = sizes.fixed.map(|size| next.take(size, LINE));
        // For 32 MB: 32,768 statements, 4,096 refusals, 16,384 questions.
        let unit = total / 4096;
        let statements = next.table(STATEMENT_PARTITIONS, unit * 4, sizes.slot, sizes);
        let refusals = next.table(REFUSAL_PARTITIONS, unit / 2, sizes.slot, sizes);
        let questions = next.table(QUESTION_PARTITIONS, unit * 2, sizes.question_slot, sizes);
        let rest = total.saturating_sub(next.0.next_multiple_of(PAGE));
        let texts = next.take(rest / 100 * 55, PAGE);
        let texts = AreaPlace { at: texts, length: next.0 - texts };
        let at = next.take(0, PAGE);
        let schema = AreaPlace { at, length: total.saturating_sub(at) / PAGE * PAGE };
        Layout { fixed_at, statements, refusals, questions, schema, texts, total }
    }
}

/// The next free offset.
struct Next(usize);

impl Next {
    fn take(&mut self, size: usize, alignment: usize) -> usize {
        let at = self.0.next_multiple_of(alignment);
        self.0 = at + size;
        at
    }

    fn table(&mut self, partitions: usize, slots: usize, slot: usize, sizes: &Sizes) -> TablePlace {
        let each = slots.div_ceil(partitions).max(8);
        let buckets = each.next_power_of_two() * partitions;
        let slots = each * partitions;
        TablePlace {
            partitions,
            partitions_at: self.take(partitions * sizes.partition, LINE),
            buckets,
            buckets_at: self.take(buckets * size_of::<u32>(), LINE),
            slots,
            slots_at: self.take(slots * slot, LINE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { fixed: [20_000, 3_000, 6_000, 1_000], partition: 48, slot: 64, question_slot: 256 };

    #[test]
    fn parts_follow_each_other_and_end_where_the_memory_ends() {
        for megabytes in [2, 3, 8, 32, 100, 1024] {
            let total = (megabytes << 20) - 12_345;
            let layout = Layout::of(total, &SIZES);
            let mut parts: Vec<(usize, usize)> = layout.fixed_at.into_iter().zip(SIZES.fixed).collect();
            for (table, slot) in [(layout.statements, 64), (layout.refusals, 64), (layout.questions, 256)] {
                assert!(table.slots.is_multiple_of(table.partitions));
                assert!((table.buckets / table.partitions).is_power_of_two() && table.buckets >= table.slots);
                parts.push((table.partitions_at, table.partitions * 48));
                parts.push((table.buckets_at, table.buckets * 4));
                parts.push((table.slots_at, table.slots * slot));
            }
            parts.push((layout.texts.at, layout.texts.length));
            parts.push((layout.schema.at, layout.schema.length));
            for pair in parts.windows(2) {
                assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{megabytes} MB: {pair:?}");
                assert!(pair[1].0.is_multiple_of(LINE));
            }
            assert!(layout.schema.at + layout.schema.length <= total);
            assert!(layout.texts.length > total / 3 && layout.schema.length > total / 4, "{megabytes} MB: {layout:?}");
        }
    }
}
