//! From the sources of a SELECT to its join plan: the tree, what is joined and what is only asked about, what is multiplied.

use std::collections::{BTreeSet, VecDeque};

use nl_query_core::schema::Schema;

use super::{
    Ambiguous, JoinError, fanout,
    graph::Graph,
    steiner::{self, Edge, Request},
};
use crate::{
    ir::{Predicate, Select, Source},
    walk,
};

/// The tree of sources, the subject first, a parent always before its children.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JoinPlan {
    pub nodes: Vec<Node>,
    /// Keys that had an equal rival; a caller lowers its confidence or offers the other reading.
    pub ambiguous: Vec<Ambiguous>,
    /// See [`Select::repeats`]: nobody minds that rows are repeated.
    pub repeats: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub source: Source,
    /// None for the subject.
    pub link: Option<Link>,
}

/// How a source hangs on its parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Position of the parent in [`JoinPlan::nodes`].
    pub parent: usize,
    /// Position in [`Graph::keys`].
    pub key: usize,
    /// True when the parent's row refers to the child's; false when the child's refers to the parent's.
    pub parent_refers: bool,
    /// True when one row of the parent may meet several of the child.
    pub to_many: bool,
    /// True when one row of the child may meet several of the parent.
    pub from_many: bool,
    /// LEFT JOIN.
    pub outer: bool,
    /// LEFT JOIN only because one side of an OR asks for the source; conditions on it stay in WHERE.
    pub loose: bool,
    /// True when the source serves conditions only and is asked about with EXISTS instead of being joined.
    pub asked: bool,
    /// True when the source is aggregated in a subquery before it is joined, lest it repeat the rows of others.
    pub folded: bool,
}

impl JoinPlan {
    /// Position of a source.
    pub fn position(&self, source: Source) -> Option<usize> {
        self.nodes.iter().position(|node| node.source == source)
    }

    /// Positions of the sources that are joined, the subject first.
    pub fn joined(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|&at| !self.is_asked(at) && !self.is_folded(at))
    }

    /// True when the source is aggregated before it is joined.
    pub fn is_folded(&self, at: usize) -> bool {
        self.nodes.get(at).and_then(|node| node.link.as_ref()).is_some_and(|link| link.folded)
    }

    /// The folded source that a folded source is reached through: what its subquery starts from.
    pub fn folded_root(&self, mut at: usize) -> Option<usize> {
        let mut root = None;
        while self.is_folded(at) {
            root = Some(at);
            at = self.nodes[at].link.as_ref().map(|link| link.parent)?;
        }
        root
    }

    /// The part of the tree below (and with) a node, as a plan of its own.
    pub fn branch(&self, root: usize) -> JoinPlan {
        let kept: Vec<usize> = (0..self.nodes.len()).filter(|&at| self.is_below(at, root)).collect();
        let nodes = kept.iter().map(|&at| {
            let link = self.nodes[at].link.clone().filter(|_| at != root).map(|link| {
                let parent = kept.iter().position(|&other| other == link.parent).unwrap_or(0);
                Link { parent, folded: false, outer: false, ..link }
            });
            Node { source: self.nodes[at].source, link }
        });
        JoinPlan { nodes: nodes.collect(), ..JoinPlan::default() }
    }

    /// True when the source is asked about with EXISTS.
    pub fn is_asked(&self, at: usize) -> bool {
        self.nodes.get(at).and_then(|node| node.link.as_ref()).is_some_and(|link| link.asked)
    }

    /// True when the source's rows may be missing from the join.
    pub fn is_outer(&self, at: usize) -> bool {
        self.nodes.get(at).and_then(|node| node.link.as_ref()).is_some_and(|link| link.outer)
    }

    /// The first asked source on the way from the subject to this one: the root of the subtree that shares one EXISTS.
    pub fn asked_root(&self, at: usize) -> Option<usize> {
        let mut root = None;
        let mut at = Some(at);
        while let Some(position) = at {
            if self.is_asked(position) {
                root = Some(position);
            }
            at = self.nodes.get(position).and_then(|node| node.link.as_ref()).map(|link| link.parent);
        }
        root
    }

    /// True when `at` is `root` or hangs below it.
    pub fn is_below(&self, mut at: usize, root: usize) -> bool {
        loop {
            if at == root {
                return true;
            }
            match self.nodes.get(at).and_then(|node| node.link.as_ref()) {
                Some(link) => at = link.parent,
                None => return false,
            }
        }
    }

    /// The nodes between two nodes of the tree, both ends included.
    pub(super) fn path(&self, from: usize, to: usize) -> BTreeSet<usize> {
        let up = |start: usize| std::iter::successors(Some(start), |&at| self.nodes[at].link.as_ref().map(|link| link.parent));
        let (ours, theirs): (BTreeSet<usize>, BTreeSet<usize>) = (up(from).collect(), up(to).collect());
        let meeting = up(from).find(|at| theirs.contains(at));
        ours.symmetric_difference(&theirs).copied().chain(meeting).collect()
    }

    /// True when each row of the source is in the joined rows at most once.
    pub fn is_single(&self, source: Source) -> bool {
        let joined: BTreeSet<usize> = self.joined().collect();
        self.repeats || self.position(source).is_some_and(|at| self.is_single_among(at, &joined))
    }

    /// The same for the rows of a part of the tree.
    pub fn is_single_among(&self, start: usize, part: &BTreeSet<usize>) -> bool {
        let mut seen = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for &other in part {
                let crossing = match (&self.nodes[at].link, &self.nodes[other].link) {
                    (_, Some(link)) if link.parent == at => link.to_many,
                    (Some(link), _) if link.parent == other => link.from_many,
                    _ => continue,
                };
                if seen.insert(other) {
                    if crossing {
                        return false;
                    }
                    open.push(other);
                }
            }
        }
        true
    }
}

/// See [`super::plan`].
pub(super) fn plan(select: &Select, schema: &Schema, graph: &Graph) -> Result<JoinPlan, JoinError> {
    let output = walk::output_sources(select);
    let mut filter = BTreeSet::new();
    if let Some(condition) = &select.filter {
        walk::predicate_sources(condition, &mut filter);
    }
    let rest = output.iter().chain(&filter).chain(&select.also).chain(&select.outer).copied();
    let terminals = distinct(select.subject.into_iter().chain(rest));
    if terminals.is_empty() {
        return Err(JoinError::NoSource);
    }
    let mut plan = tree(&terminals, &select.via, false, schema, graph)?;
    mark_outer(&mut plan, select, &terminals);
    if select.repeats {
        plan.repeats = true;
        return Ok(plan);
    }
    mark_asked(&mut plan, &output, select);
    loosen(&mut plan, select, &output, schema, graph);
    fanout::settle(select, &mut plan, schema)?;
    Ok(plan)
}

/// The plan of a subquery about the rows of `target` that belong to a row of `anchor`; the anchor is its root and belongs to the
/// query around it.
pub(crate) fn plan_related(
    anchor: Source,
    target: Source,
    filter: Option<&Predicate>,
    schema: &Schema,
    graph: &Graph,
) -> Result<JoinPlan, JoinError> {
    if anchor == target {
        return Err(JoinError::Unknown);
    }
    let mut used = BTreeSet::new();
    if let Some(filter) = filter {
        walk::predicate_sources(filter, &mut used);
    }
    let terminals = distinct([anchor, target].into_iter().chain(used));
    tree(&terminals, &[], true, schema, graph)
}

fn distinct(sources: impl Iterator<Item = Source>) -> Vec<Source> {
    let mut kept = Vec::new();
    for source in sources {
        if !kept.contains(&source) {
            kept.push(source);
        }
    }
    kept
}

fn tree(
    terminals: &[Source],
    via: &[(usize, Source)],
    downwards: bool,
    schema: &Schema,
    graph: &Graph,
) -> Result<JoinPlan, JoinError> {
    let known = |source: &Source| source.relation < schema.relations.len() && source.relation < graph.size();
    if !terminals.iter().all(known) {
        return Err(JoinError::Unknown);
    }
    let unreachable = |to: Source| {
        let from = terminals[0].relation;
        let name = |relation: usize| schema.relations[relation].name.as_str();
        let message = format!("no key connects \"{}\" with \"{}\"", name(from), name(to.relation));
        JoinError::Unreachable { from, to: to.relation, message }
    };
    let request = Request { terminals, via, downwards };
    let mut edges = steiner::connect(graph, &request).map_err(unreachable)?;
    part_keys(&mut edges, via, graph).map_err(unreachable)?;
    let mut plan = hang(terminals[0], &edges, graph);
    if let Some(&missing) = terminals.iter().find(|&&terminal| plan.position(terminal).is_none()) {
        return Err(unreachable(missing));
    }
    plan.ambiguous = rivals(&edges, via, graph);
    Ok(plan)
}

fn is_bound(via: &[(usize, Source)], edge: &Edge) -> bool {
    via.iter().any(|&(key, source)| key == edge.key && (source == edge.from || source == edge.to))
}

/// One row refers to one row by one key: a home team and an away team need a key each.
fn part_keys(edges: &mut [Edge], via: &[(usize, Source)], graph: &Graph) -> Result<(), Source> {
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by_key(|&at| (!is_bound(via, &edges[at]), edges[at].to.role, edges[at].key));
    let mut taken: Vec<(Source, usize)> = Vec::new();
    for at in order {
        let edge = edges[at];
        let free = |key: usize| !taken.contains(&(edge.from, key));
        let reserved = |key: usize| via.iter().any(|&(wanted, source)| wanted == key && source != edge.to && source != edge.from);
        let chosen = if free(edge.key) {
            edge.key
        } else {
            let mut others: Vec<usize> = graph.parallel(edge.key).filter(|&key| free(key)).collect();
            others.sort_by_key(|&key| (reserved(key), key));
            others.first().copied().ok_or(edge.to)?
        };
        edges[at].key = chosen;
        taken.push((edge.from, chosen));
    }
    Ok(())
}

/// Hangs the edges on the subject, breadth first, children in the order of their keys.
fn hang(root: Source, edges: &[Edge], graph: &Graph) -> JoinPlan {
    let mut plan = JoinPlan { nodes: vec![Node { source: root, link: None }], ..JoinPlan::default() };
    let mut queue = VecDeque::from([0]);
    let mut used = vec![false; edges.len()];
    while let Some(parent) = queue.pop_front() {
        let source = plan.nodes[parent].source;
        for (at, edge) in edges.iter().enumerate() {
            let child = match edge {
                _ if used[at] => continue,
                Edge { from, to, .. } if *from == source => *to,
                Edge { from, to, .. } if *to == source => *from,
                _ => continue,
            };
            used[at] = true;
            if plan.position(child).is_some() {
                continue;
            }
            let parent_refers = edge.from == source;
            let many = !graph.is_one_to_one(edge.key);
            let link = Link {
                parent,
                key: edge.key,
                parent_refers,
                to_many: many && !parent_refers,
                from_many: many && parent_refers,
                outer: false,
                loose: false,
                asked: false,
                folded: false,
            };
            plan.nodes.push(Node { source: child, link: Some(link) });
            queue.push_back(plan.nodes.len() - 1);
        }
    }
    plan
}

fn rivals(edges: &[Edge], via: &[(usize, Source)], graph: &Graph) -> Vec<Ambiguous> {
    let mut found = Vec::new();
    for edge in edges.iter().filter(|edge| !is_bound(via, edge)) {
        let bound = |key: &usize| edges.iter().any(|other| other.key == *key && is_bound(via, other));
        let others: Vec<usize> = graph.parallel(edge.key).filter(|key| !bound(key)).collect();
        if !others.is_empty() {
            found.push(Ambiguous { source: edge.to, chosen: edge.key, others });
        }
    }
    found
}

/// LEFT JOIN reaches from the wanted source up to the first source that the question names itself, and down to everything
/// behind it.
fn mark_outer(plan: &mut JoinPlan, select: &Select, terminals: &[Source]) {
    for at in 1..plan.nodes.len() {
        if !select.outer.contains(&plan.nodes[at].source) {
            continue;
        }
        let mut here = at;
        while let Some(link) = plan.nodes[here].link.as_mut() {
            link.outer = true;
            here = link.parent;
            if terminals.contains(&plan.nodes[here].source) {
                break;
            }
        }
    }
    for at in 1..plan.nodes.len() {
        let Some(parent) = plan.nodes[at].link.as_ref().map(|link| link.parent) else { continue };
        let outer = plan.is_outer(parent);
        if let Some(link) = plan.nodes[at].link.as_mut() {
            link.outer |= outer;
        }
    }
}

/// Joined are the subject, what the answer shows, and what is on the way; then whatever is met at most once by those. All else
/// serves conditions and would multiply rows: it is asked about.
fn mark_asked(plan: &mut JoinPlan, output: &BTreeSet<Source>, select: &Select) {
    let mut joined = vec![false; plan.nodes.len()];
    joined[0] = true;
    for at in 0..plan.nodes.len() {
        let source = plan.nodes[at].source;
        if output.contains(&source) || select.outer.contains(&source) {
            let mut here = Some(at);
            while let Some(position) = here {
                joined[position] = true;
                here = plan.nodes[position].link.as_ref().map(|link| link.parent);
            }
        }
    }
    for at in 1..plan.nodes.len() {
        let Some(link) = plan.nodes[at].link.as_mut() else { continue };
        if !joined[at] {
            joined[at] = joined[link.parent] && !link.to_many;
            link.asked = !joined[at];
        }
    }
}

/// A source that only one side of an OR asks for must not take rows from the other side: where its key may be NULL it is
/// joined by LEFT JOIN.
fn loosen(plan: &mut JoinPlan, select: &Select, output: &BTreeSet<Source>, schema: &Schema, graph: &Graph) {
    let mut firm: BTreeSet<Source> = output.iter().chain(&select.also).copied().collect();
    match &select.filter {
        Some(Predicate::And(parts)) => {
            for part in parts.iter().filter(|part| !matches!(part, Predicate::Or(_))) {
                walk::predicate_sources(part, &mut firm);
            }
        }
        Some(Predicate::Or(_)) | None => {}
        Some(other) => walk::predicate_sources(other, &mut firm),
    }
    for at in 1..plan.nodes.len() {
        let needed = (0..plan.nodes.len()).any(|other| plan.is_below(other, at) && firm.contains(&plan.nodes[other].source));
        let Some(link) = &plan.nodes[at].link else { continue };
        if needed || link.asked || !link.parent_refers {
            continue;
        }
        let key = &graph.keys()[link.key];
        let nullable = key.from_columns.iter().any(|&column| !schema.relations[key.from].columns[column].not_null);
        if let Some(link) = plan.nodes[at].link.as_mut() {
            link.loose = nullable && !link.outer;
            link.outer |= nullable;
        }
    }
    for at in 1..plan.nodes.len() {
        let Some(parent) = plan.nodes[at].link.as_ref().map(|link| link.parent) else { continue };
        let loose = plan.nodes[parent].link.as_ref().is_some_and(|link| link.loose);
        if let Some(link) = plan.nodes[at].link.as_mut().filter(|link| loose && !link.asked) {
            link.loose |= !link.outer;
            link.outer = true;
        }
    }
}
