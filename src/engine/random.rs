//! Random queries over any schema, from a seed: well-typed more often than not, and sometimes absurd. For tests.

use nl_query_core::schema::{Schema, TypeKind};

use crate::ir::*;

/// A small deterministic generator (xorshift); statistics do not matter here.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A generator of queries over one schema.
pub struct Generator<'a> {
    pub schema: &'a Schema,
    pub random: Random,
    /// The relations that the query in hand is about, so that its parts have something to do with each other.
    sources: Vec<Source>,
}

impl<'a> Generator<'a> {
    pub fn new(schema: &'a Schema, seed: u64) -> Self {
        Generator { schema, random: Random::new(seed), sources: Vec::new() }
    }

    pub fn query(&mut self) -> Query {
        if self.random.chance(5) {
            let op = [SetOp::Union, SetOp::Intersect, SetOp::Except][self.random.below(3)];
            let left = self.select(1);
            let right = if self.random.chance(50) { left.clone() } else { self.select(1) };
            return Query::Set {
                op,
                left: Box::new(Query::Select(Box::new(left))),
                right: Box::new(Query::Select(Box::new(right))),
            };
        }
        Query::Select(Box::new(self.select(1)))
    }

    fn near(&mut self) -> Vec<Source> {
        let mut found = vec![Source::first(self.random.below(self.schema.relations.len()))];
        for _ in 0..self.random.below(4) {
            let from = found[self.random.below(found.len())].relation;
            let keys: Vec<_> = self.schema.foreign_keys.iter().filter(|key| key.from == from || key.to == from).collect();
            if !keys.is_empty() {
                let key = keys[self.random.below(keys.len())];
                let other = if key.from == from { key.to } else { key.from };
                found.push(Source { relation: other, role: u8::from(key.from == key.to || self.random.chance(3)) });
            }
        }
        found
    }

    fn source(&mut self) -> Source {
        self.sources[self.random.below(self.sources.len())]
    }

    fn column(&mut self) -> ColumnUse {
        let source = self.source();
        source.column(self.random.below(self.schema.relations[source.relation].columns.len()))
    }

    fn column_where(&mut self, fits: &dyn Fn(TypeKind) -> bool) -> Option<ColumnUse> {
        let schema = self.schema;
        (0..8).map(|_| self.column()).find(|used| fits(schema.relations[used.source.relation].columns[used.column].kind))
    }

    fn value(&mut self, depth: usize) -> Expr {
        match self.random.below(14) {
            0 => match self.column_where(&TypeKind::is_calendar) {
                Some(used) => {
                    let units =
                        [DateUnit::Hour, DateUnit::Day, DateUnit::Week, DateUnit::Month, DateUnit::Quarter, DateUnit::Year];
                    Expr::Truncate { unit: units[self.random.below(units.len())], arg: Box::new(Expr::Column(used)) }
                }
                None => Expr::Column(self.column()),
            },
            1 => match self.column_where(&TypeKind::is_calendar) {
                Some(used) => {
                    let fields = [DateField::Year, DateField::Month, DateField::Weekday, DateField::Hour, DateField::Week];
                    Expr::Extract { field: fields[self.random.below(fields.len())], arg: Box::new(Expr::Column(used)) }
                }
                None => Expr::Column(self.column()),
            },
            2 => match self.column_where(&TypeKind::is_calendar) {
                Some(used) => {
                    let units =
                        [DateUnit::Hour, DateUnit::Day, DateUnit::Week, DateUnit::Month, DateUnit::Quarter, DateUnit::Decade];
                    let until = self.column_where(&TypeKind::is_calendar).filter(|_| self.random.below(2) == 0);
                    let until = until.map(|until| Box::new(Expr::Column(until)));
                    Expr::Elapsed { unit: units[self.random.below(units.len())], since: Box::new(Expr::Column(used)), until }
                }
                None => Expr::Column(self.column()),
            },
            3 => self.arithmetic(),
            4 => match self.column_where(&|kind| kind == TypeKind::Text) {
                Some(used) => {
                    let names = [Function::Lower, Function::Upper, Function::Length];
                    Expr::Function { name: names[self.random.below(3)], args: vec![Expr::Column(used)] }
                }
                None => Expr::Column(self.column()),
            },
            5 => match (self.column_where(&|kind| kind == TypeKind::Text), self.column_where(&|kind| kind == TypeKind::Text)) {
                (Some(a), Some(b)) => Expr::Words(vec![Expr::Column(a), Expr::Column(b)]),
                _ => Expr::Column(self.column()),
            },
            6 if depth > 0 => {
                let kept = self.sources.clone();
                let mut select = self.select(0);
                select.items.truncate(1);
                self.sources = kept;
                select.limit = Some(1);
                Expr::Scalar(Box::new(Query::Select(Box::new(select))))
            }
            _ => Expr::Column(self.column()),
        }
    }

    fn arithmetic(&mut self) -> Expr {
        let number = |kind: TypeKind| kind == TypeKind::Number;
        let ops = [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide];
        match (self.column_where(&number), self.column_where(&number)) {
            (Some(left), Some(right)) => {
                let op = ops[self.random.below(4)];
                let inner = Expr::Arithmetic { op, left: Box::new(Expr::Column(left)), right: Box::new(Expr::Column(right)) };
                let names = [Function::Round, Function::Abs, Function::ZeroIfNull, Function::NullIfZero];
                match self.random.below(3) {
                    0 => Expr::Function { name: names[self.random.below(4)], args: vec![inner] },
                    1 => Expr::Arithmetic {
                        op: ops[self.random.below(4)],
                        left: Box::new(Expr::Literal(Literal::Integer(-2))),
                        right: Box::new(inner),
                    },
                    _ => inner,
                }
            }
            _ => Expr::Column(self.column()),
        }
    }

    fn aggregate(&mut self) -> Expr {
        let functions = [
            Aggregate::Count,
            Aggregate::Sum,
            Aggregate::Average,
            Aggregate::Min,
            Aggregate::Max,
            Aggregate::Median,
            Aggregate::List,
        ];
        let aggregate = match self.random.below(3) {
            0 => Expr::CountRows(self.source()),
            _ => {
                let arg = match self.column_where(&|kind| kind == TypeKind::Number) {
                    Some(used) if self.random.chance(70) => Expr::Column(used),
                    _ => self.value(0),
                };
                Expr::Aggregate {
                    function: functions[self.random.below(7)],
                    distinct: self.random.chance(20),
                    arg: Box::new(arg),
                }
            }
        };
        if self.random.chance(10) {
            Expr::Filtered { aggregate: Box::new(aggregate), filter: Box::new(self.atom(0)) }
        } else {
            aggregate
        }
    }

    fn moment(&mut self) -> Moment {
        let units = [DateUnit::Hour, DateUnit::Day, DateUnit::Week, DateUnit::Month, DateUnit::Quarter, DateUnit::Year];
        let unit = units[self.random.below(units.len())];
        let shift = self.random.below(9) as i32 - 4;
        let day = Day { year: 1990 + self.random.below(40) as i32, month: 1 + self.random.below(12) as u8, day: 28 };
        match self.random.below(6) {
            0 => Moment::Day(day),
            1 => Moment::DayTime { day, hour: 10, minute: 5, second: 0 },
            2 => Moment::Today { shift },
            3 => Moment::Now,
            4 => Moment::StartOf { unit, shift },
            _ => Moment::Ago { amount: shift, unit },
        }
    }

    fn operand(&mut self, kind: TypeKind) -> Expr {
        match kind {
            TypeKind::Number => match self.random.below(3) {
                0 => Expr::Literal(Literal::Integer(self.random.below(1000) as i64 - 20)),
                1 => Expr::Literal(Literal::Decimal("12.50".to_string())),
                _ => Expr::Literal(Literal::Text("7".to_string())),
            },
            TypeKind::Boolean => Expr::Literal(Literal::Boolean(self.random.chance(50))),
            kind if kind.is_calendar() => Expr::Moment(self.moment()),
            TypeKind::Text if self.random.chance(20) => Expr::Literal(Literal::Integer(7)),
            TypeKind::Uuid => Expr::Literal(Literal::Text("00000000-0000-0000-0000-000000000000".to_string())),
            _ => {
                let texts = ["Germany", "it's", "a\\b", "two\nlines", "", "100%"];
                Expr::Literal(Literal::Text(texts[self.random.below(texts.len())].to_string()))
            }
        }
    }

    fn comparison(&mut self) -> Comparison {
        let all = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ];
        all[self.random.below(6)]
    }

    fn atom(&mut self, depth: usize) -> Predicate {
        let used = self.column();
        let column = &self.schema.relations[used.source.relation].columns[used.column];
        let kind = column.kind;
        let expr = Expr::Column(used);
        let negated = self.random.chance(20);
        if let (TypeKind::Enum, Some(label)) = (kind, column.enum_labels.first()) {
            return Predicate::Compare { op: Comparison::Equal, left: expr, right: Expr::Literal(Literal::Text(label.clone())) };
        }
        match (self.random.below(9), kind) {
            (0, _) => Predicate::IsNull { expr, negated },
            (1 | 2, TypeKind::Text) => Predicate::Like { expr, pattern: "%a\\_'%".to_string(), any_case: negated, negated },
            (1..=4, kind) if kind.is_calendar() => {
                let range = DateRange { from: Some(self.moment()), to: self.random.chance(50).then(|| self.moment()) };
                Predicate::InRange { expr, range, negated }
            }
            (1, TypeKind::Boolean) => Predicate::IsTrue { expr, negated },
            (1, TypeKind::Array) => Predicate::Contains { expr, value: self.operand(TypeKind::Text), negated },
            (1, TypeKind::Json) => Predicate::Contains { expr, value: Expr::Literal(Literal::Text("size".to_string())), negated },
            (2, _) => Predicate::In { expr, values: vec![self.operand(kind), self.operand(kind)], negated },
            (3, _) => Predicate::Between { expr, low: self.operand(kind), high: self.operand(kind), negated },
            (4, _) if depth > 0 => {
                let anchor = self.source();
                let near = self.near();
                let target = near[near.len() - 1];
                let kept = std::mem::replace(&mut self.sources, vec![target]);
                let filter = self.random.chance(50).then(|| Box::new(self.predicate(0)));
                self.sources = kept;
                if negated {
                    Predicate::RelatedCount { anchor, target, filter, op: self.comparison(), count: self.random.below(4) as i64 }
                } else {
                    Predicate::Related { anchor, target, filter, negated: self.random.chance(50) }
                }
            }
            (5, _) if depth > 0 => {
                let kept = self.sources.clone();
                let mut select = self.select(0);
                select.items = vec![Item { expr: Expr::Column(self.column()), alias: None }];
                select.group.clear();
                self.sources = kept;
                Predicate::InQuery { expr, query: Box::new(Query::Select(Box::new(select))), negated }
            }
            _ => Predicate::Compare { op: self.comparison(), left: expr, right: self.operand(kind) },
        }
    }

    fn predicate(&mut self, depth: usize) -> Predicate {
        match self.random.below(8) {
            0 => Predicate::Or(vec![self.atom(depth), self.atom(depth)]),
            1 | 2 => Predicate::And(vec![self.atom(depth), self.atom(depth), self.atom(depth)]),
            3 => Predicate::Not(Box::new(self.atom(depth))),
            4 => Predicate::And(vec![Predicate::Or(vec![self.atom(depth), self.atom(depth)]), self.atom(depth)]),
            _ => self.atom(depth),
        }
    }

    fn select(&mut self, depth: usize) -> Select {
        self.sources = self.near();
        let mut select = Select { subject: self.random.chance(80).then_some(self.sources[0]), ..Select::default() };
        let grouped = self.random.chance(45);
        for _ in 0..=self.random.below(3) {
            let expr = if grouped && self.random.chance(50) { self.aggregate() } else { self.value(depth) };
            select.items.push(Item { expr, alias: None });
        }
        if self.random.chance(5) {
            select.items = vec![Item { expr: Expr::All(self.source()), alias: None }];
        }
        select.distinct = self.random.chance(10);
        if self.random.chance(60) {
            select.filter = Some(self.predicate(depth));
        }
        if grouped && self.random.chance(60) {
            select.group.push(self.value(0));
        }
        if grouped && self.random.chance(30) {
            let right = Expr::Literal(Literal::Integer(3));
            select.having = Some(Predicate::Compare { op: self.comparison(), left: Expr::CountRows(self.source()), right });
        }
        if self.random.chance(10) {
            select.also.push(self.source());
        }
        if self.random.chance(10) {
            select.outer.push(self.source());
        }
        for _ in 0..self.random.below(3) {
            let shown = select.items[self.random.below(select.items.len())].expr.clone();
            let expr = match (self.random.below(3), shown) {
                (0, _) if grouped => self.aggregate(),
                (1, _) | (_, Expr::All(_)) => self.value(0),
                (_, shown) => shown,
            };
            select.order.push(Order { expr, descending: self.random.chance(50) });
        }
        if !grouped && self.random.chance(8) {
            let order = vec![Order { expr: Expr::Column(self.column()), descending: true }];
            let functions = [WindowFunction::Rank, WindowFunction::RowNumber, WindowFunction::DenseRank];
            let function = functions[self.random.below(3)];
            let partition = vec![Expr::Column(self.column())];
            let rank = Expr::Window { function, arg: None, partition, order };
            if self.random.chance(50) {
                let right = Expr::Literal(Literal::Integer(3));
                let top = Predicate::Compare { op: Comparison::LessOrEqual, left: rank.clone(), right };
                select.filter = Predicate::all(select.filter.take().into_iter().chain([top]).collect());
            }
            select.items.push(Item { expr: rank, alias: None });
        }
        if self.random.chance(30) {
            select.limit = Some(1 + self.random.below(10) as u64);
        }
        if self.random.chance(5) {
            select.offset = Some(self.random.below(3) as u64);
        }
        select
    }
}
