//! The cheapest tree of keys that connects the terminals.
//!
//! Nodes are (relation, role). Up to [`EXACT`] terminals the tree is exact (Dreyfus and Wagner over subsets of the terminals),
//! within the neighbourhood that an optimal tree can touch; beyond, each terminal is hung on the tree by its cheapest path.
//!
//! Besides its keys a tree pays for every *hub*: a relation that nobody named and that two others refer to. Joining customers
//! to products through the store that both mention answers nothing, joining them through the orders does.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use nl_query_core::schema::RelationId;

use super::graph::{Graph, NEVER};
use crate::ir::Source;

/// Most terminals that are connected exactly; the work grows with the third power of their number.
const EXACT: usize = 7;
/// Most relations looked at around the terminals: bounds the work on schemas where everything refers to everything.
const NEIGHBOURHOOD: usize = 96;
/// A hub that nobody named.
const HUB: u32 = 700;
/// A named relation that two branches refer to: one branch then repeats the rows of the other. A chain is better where both
/// connect.
const FORK: u32 = 60;
/// A key that a preference speaks for.
const PREFERRED: u32 = 50;
/// A key into a source for which another key is preferred.
const SPURNED: u32 = 1500;
/// Crossing from one role into another where a role of its own would be more natural.
const CROSS: u32 = 300;
/// The second parallel key into another role; the manager, not the report.
const SECOND: u32 = 100;

/// A tree edge between two nodes; `child` holds the key, `parent` is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub key: usize,
    /// The source whose row refers.
    pub from: Source,
    /// The source that is referred to.
    pub to: Source,
}

/// What to connect and how.
pub(super) struct Request<'a> {
    /// Without repetition; the first is the subject.
    pub terminals: &'a [Source],
    pub via: &'a [(usize, Source)],
    /// True when a self-reference leads from role 0 to the rows that refer to it (what belongs to the anchor).
    pub downwards: bool,
}

/// The edges of the tree, or the terminal that cannot be reached from the first.
pub(super) fn connect(graph: &Graph, request: &Request<'_>) -> Result<Vec<Edge>, Source> {
    if request.terminals.len() < 2 {
        return Ok(Vec::new());
    }
    let area = Area::new(graph, request)?;
    let steps = if request.terminals.len() <= EXACT { area.exact() } else { area.greedy() };
    steps.ok_or(request.terminals[1]).map(|steps| steps.into_iter().map(|at| area.edges[at]).collect())
}

/// Cheapest distance from a relation to every other.
fn distances(graph: &Graph, start: RelationId, size: usize) -> Vec<u32> {
    let mut best = vec![NEVER; size];
    let mut heap = BinaryHeap::from([Reverse((0, start))]);
    best[start] = 0;
    while let Some(Reverse((cost, at))) = heap.pop() {
        if cost > best[at] {
            continue;
        }
        for (key, next) in graph.neighbours(at) {
            let next_cost = cost + graph.cost(key);
            if next_cost < best[next] {
                best[next] = next_cost;
                heap.push(Reverse((next_cost, next)));
            }
        }
    }
    best
}

/// The part of the graph that an optimal tree can touch, with roles.
struct Area {
    nodes: Vec<Source>,
    is_terminal: Vec<bool>,
    /// Positions of the terminals in `nodes`, the subject first.
    terminals: Vec<usize>,
    edges: Vec<Edge>,
    /// At each node: (edge, other node, cost, true when the other node is the referred one).
    near: Vec<Vec<(usize, usize, u32, bool)>>,
    /// What it costs to have the node in the tree.
    through: Vec<u32>,
    /// Edges whose rows refer one to one make no hub.
    single: Vec<bool>,
}

impl Area {
    fn new(graph: &Graph, request: &Request<'_>) -> Result<Area, Source> {
        let relations = neighbourhood(graph, request.terminals)?;
        let mut roles: Vec<u8> = request.terminals.iter().map(|source| source.role).chain([0]).collect();
        roles.sort_unstable();
        roles.dedup();
        let mut nodes: Vec<Source> = request.terminals.to_vec();
        for &role in &roles {
            for &relation in &relations {
                let source = Source { relation, role };
                if !request.terminals.contains(&source) {
                    nodes.push(source);
                }
            }
        }
        let at: HashMap<Source, usize> = nodes.iter().enumerate().map(|(position, &source)| (source, position)).collect();
        let mut area = Area {
            is_terminal: (0..nodes.len()).map(|node| node < request.terminals.len()).collect(),
            terminals: (0..request.terminals.len()).collect(),
            edges: Vec::new(),
            near: vec![Vec::new(); nodes.len()],
            through: nodes.iter().map(|source| graph.through(source.relation) + 10 * u32::from(source.role)).collect(),
            single: Vec::new(),
            nodes,
        };
        for terminal in 0..request.terminals.len() {
            area.through[terminal] = 0;
        }
        area.lay_edges(graph, request, &relations, &roles, &at);
        Ok(area)
    }

    fn lay_edges(
        &mut self,
        graph: &Graph,
        request: &Request<'_>,
        relations: &[RelationId],
        roles: &[u8],
        at: &HashMap<Source, usize>,
    ) {
        let is_terminal = |source: Source| request.terminals.contains(&source);
        for &relation in relations {
            for (key, other) in graph.neighbours(relation) {
                let ends = &graph.keys()[key];
                if ends.from != relation || relations.binary_search(&other).is_err() {
                    continue; // each key is laid once, from the relation that holds it
                }
                for &from_role in roles {
                    for &to_role in roles {
                        let from = Source { relation: ends.from, role: from_role };
                        let to = Source { relation: ends.to, role: to_role };
                        let Some(extra) = crossing(graph, request, key, from, to, &is_terminal) else { continue };
                        let cost = preference(graph, request, key, from, to, graph.cost(key) + extra);
                        let (Some(&a), Some(&b)) = (at.get(&from), at.get(&to)) else { continue };
                        let edge = self.edges.len();
                        self.edges.push(Edge { key, from, to });
                        self.single.push(graph.is_one_to_one(key));
                        self.near[a].push((edge, b, cost, true));
                        self.near[b].push((edge, a, cost, false));
                    }
                }
            }
        }
    }

    /// State of the search: a node, and whether a row of the tree refers to it already.
    fn state(node: usize, referred: bool) -> usize {
        node * 2 + usize::from(referred)
    }

    fn hub(&self, node: usize) -> u32 {
        if self.is_terminal[node] { FORK } else { HUB }
    }

    fn exact(&self) -> Option<Vec<usize>> {
        let (root, rest) = self.terminals.split_first()?;
        let masks = 1usize << rest.len();
        let states = self.nodes.len() * 2;
        let mut cost = vec![vec![NEVER; states]; masks];
        let mut back = vec![vec![Back::Leaf; states]; masks];
        for (bit, &terminal) in rest.iter().enumerate() {
            cost[1 << bit][Self::state(terminal, false)] = 0;
        }
        for mask in 1..masks {
            self.merge(mask, &mut cost, &mut back);
            self.grow(mask, &mut cost, &mut back);
        }
        let full = masks - 1;
        let end = [false, true].map(|flag| Self::state(*root, flag)).into_iter().min_by_key(|&state| cost[full][state])?;
        if cost[full][end] >= NEVER {
            return None;
        }
        let mut edges = Vec::new();
        let mut open = vec![(full, end)];
        while let Some((mask, state)) = open.pop() {
            match back[mask][state] {
                Back::Leaf => {}
                Back::Step { state, edge } => {
                    edges.push(edge);
                    open.push((mask, state));
                }
                Back::Merge { mask: part, left, right } => {
                    open.push((part, left));
                    open.push((mask & !part, right));
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        Some(edges)
    }

    fn merge(&self, mask: usize, cost: &mut [Vec<u32>], back: &mut [Vec<Back>]) {
        let mut part = (mask - 1) & mask;
        while part > 0 {
            if part < (mask & !part) {
                break; // every split has been seen from its larger half
            }
            for node in 0..self.nodes.len() {
                for (left_flag, right_flag) in [(false, false), (false, true), (true, false), (true, true)] {
                    let (left, right) = (Self::state(node, left_flag), Self::state(node, right_flag));
                    let (a, b) = (cost[part][left], cost[mask & !part][right]);
                    if a >= NEVER || b >= NEVER {
                        continue;
                    }
                    let hub = if left_flag && right_flag { self.hub(node) } else { 0 };
                    let sum = (a + b + hub).saturating_sub(self.through[node]); // both halves have paid for the node
                    let state = Self::state(node, left_flag || right_flag);
                    if sum < cost[mask][state] {
                        cost[mask][state] = sum;
                        back[mask][state] = Back::Merge { mask: part, left, right };
                    }
                }
            }
            part = (part - 1) & mask;
        }
    }

    fn grow(&self, mask: usize, cost: &mut [Vec<u32>], back: &mut [Vec<Back>]) {
        let (cost, back) = (&mut cost[mask], &mut back[mask]);
        let mut heap: BinaryHeap<Reverse<(u32, usize)>> =
            cost.iter().enumerate().filter(|(_, cost)| **cost < NEVER).map(|(state, &cost)| Reverse((cost, state))).collect();
        while let Some(Reverse((paid, state))) = heap.pop() {
            if paid > cost[state] {
                continue;
            }
            let (node, referred) = (state / 2, state % 2 == 1);
            for &(edge, next, price, upwards) in &self.near[node] {
                // Upwards the next node is the referred one; downwards this node becomes (again) referred to.
                let hub = if !upwards && referred && !self.single[edge] { self.hub(node) } else { 0 };
                let next_state = Self::state(next, upwards && !self.single[edge]);
                let next_paid = paid + price + hub + self.through[next];
                if next_paid < cost[next_state] {
                    cost[next_state] = next_paid;
                    back[next_state] = Back::Step { state, edge };
                    heap.push(Reverse((next_paid, next_state)));
                }
            }
        }
    }

    /// Beyond [`EXACT`] terminals: the nearest terminal is connected first, then the next.
    fn greedy(&self) -> Option<Vec<usize>> {
        let mut in_tree = vec![false; self.nodes.len()];
        in_tree[*self.terminals.first()?] = true;
        let mut missing: Vec<usize> = self.terminals[1..].to_vec();
        let mut edges = Vec::new();
        while !missing.is_empty() {
            let (found, path) = self.nearest(&in_tree, &missing)?;
            missing.retain(|&terminal| terminal != found);
            for (edge, node) in path {
                in_tree[node] = true;
                edges.push(edge);
            }
            missing.retain(|&terminal| !in_tree[terminal]);
        }
        edges.sort_unstable();
        edges.dedup();
        Some(edges)
    }

    fn nearest(&self, in_tree: &[bool], missing: &[usize]) -> Option<(usize, Vec<(usize, usize)>)> {
        let mut best = vec![NEVER; self.nodes.len()];
        let mut from: Vec<Option<(usize, usize)>> = vec![None; self.nodes.len()];
        let mut heap = BinaryHeap::new();
        for (node, _) in in_tree.iter().enumerate().filter(|(_, inside)| **inside) {
            best[node] = 0;
            heap.push(Reverse((0, node)));
        }
        while let Some(Reverse((paid, node))) = heap.pop() {
            if paid > best[node] {
                continue;
            }
            if missing.contains(&node) {
                let mut path = Vec::new();
                let mut at = node;
                while let Some((edge, previous)) = from[at] {
                    path.push((edge, at));
                    at = previous;
                }
                return Some((node, path));
            }
            for &(edge, next, price, _) in &self.near[node] {
                let sum = paid + price + self.through[next];
                if sum < best[next] {
                    best[next] = sum;
                    from[next] = Some((edge, node));
                    heap.push(Reverse((sum, next)));
                }
            }
        }
        None
    }
}

#[derive(Debug, Clone, Copy)]
enum Back {
    Leaf,
    Step { state: usize, edge: usize },
    Merge { mask: usize, left: usize, right: usize },
}

/// Relations that an optimal tree can touch: a relation inside a tree of cost W lies between two terminals whose distances to
/// it are at most W together. W is bounded by the spanning tree of the terminals.
fn neighbourhood(graph: &Graph, terminals: &[Source]) -> Result<Vec<RelationId>, Source> {
    let size = graph.size();
    let from: Vec<Vec<u32>> = terminals.iter().map(|source| distances(graph, source.relation, size)).collect();
    let mut bound = 2500 * (terminals.iter().filter(|source| source.role > 0).count() as u32) + HUB;
    let mut inside = vec![0usize];
    let mut outside: Vec<usize> = (1..terminals.len()).collect();
    while !outside.is_empty() {
        let nearest = outside
            .iter()
            .flat_map(|&next| inside.iter().map(move |&near| (near, next)))
            .map(|(near, next)| (from[near][terminals[next].relation], next))
            .min();
        let Some((cost, next)) = nearest else { break };
        if cost >= NEVER {
            return Err(terminals[next]);
        }
        bound += cost;
        inside.push(next);
        outside.retain(|&other| other != next);
    }
    let mut kept: Vec<(u32, RelationId)> = (0..size)
        .filter_map(|relation| {
            let mut near: Vec<u32> = from.iter().map(|distance| distance[relation]).collect();
            near.sort_unstable();
            let pair = near.first()?.saturating_add(*near.get(1)?);
            (pair <= bound || near[0] == 0).then_some((if near[0] == 0 { 0 } else { pair }, relation))
        })
        .collect();
    kept.sort_unstable();
    let named = kept.iter().filter(|(cost, _)| *cost == 0).count();
    kept.truncate(NEIGHBOURHOOD.max(named));
    let mut relations: Vec<RelationId> = kept.into_iter().map(|(_, relation)| relation).collect();
    relations.sort_unstable();
    Ok(relations)
}

/// What it costs beyond the key that it leads from one role to another; none where it cannot.
fn crossing(
    graph: &Graph,
    request: &Request<'_>,
    key: usize,
    from: Source,
    to: Source,
    is_terminal: &dyn Fn(Source) -> bool,
) -> Option<u32> {
    if from.relation == to.relation {
        if from.role == to.role {
            return None;
        }
        let ascending = from.role < to.role;
        return Some(if ascending != request.downwards { 0 } else { SECOND });
    }
    if from.role == to.role {
        return Some(0);
    }
    if is_terminal(to) && to.role > 0 {
        // Another role of what the key leads to needs another key, unless this is the only role that is asked for.
        let position = graph.parallel(key).count();
        let others = request.terminals.iter().any(|other| other.relation == to.relation && other.role != to.role);
        return if position > 0 {
            Some(SECOND)
        } else if others {
            None
        } else {
            Some(CROSS)
        };
    }
    (is_terminal(from) && from.role > 0 && to.role == 0).then_some(CROSS)
}

fn preference(graph: &Graph, request: &Request<'_>, key: usize, from: Source, to: Source, cost: u32) -> u32 {
    let touches = |source: Source| source == from || source == to;
    if request.via.iter().any(|&(wanted, source)| wanted == key && touches(source)) {
        return PREFERRED;
    }
    let bound_elsewhere = request.via.iter().any(|&(wanted, source)| wanted == key && !touches(source));
    let rival = request.via.iter().any(|&(wanted, source)| touches(source) && graph.parallel(key).any(|other| other == wanted));
    if bound_elsewhere || rival { cost + SPURNED } else { cost }
}
