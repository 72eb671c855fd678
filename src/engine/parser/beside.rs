//! Answers beside the question: what the best candidate says can only be of something else than what is asked for. The judge, which looks
//! at how things fit, is not told by the little that is missing.

use std::collections::BTreeSet;

use nl_query_core::schema::RelationId;

use super::candidates::Asked;
use super::rank::anatomy::Anatomy;
use crate::ir::{Expr, Query};
use crate::link::{How, Meaning, Mention};
use crate::question::{Question, overlap};
use crate::walk::first_select;

/// Whether a query can only be of something else than what is asked for. `understood` says that the rules have a use for every word.
pub fn is_beside(asked: &Asked<'_>, understood: bool, query: &Query) -> bool {
    let anatomy = Anatomy::of(query);
    asks_how_much(asked.question) && shows_count(query)
        || groups_by_unknown(asked)
        || is_far_fetched(asked, query, &anatomy)
        || is_of_another(asked, &anatomy)
        || !understood && asked.understanding.asks_for_unknown(asked.question)
}

/// So many joins from all else that is said or used, nobody means what only one of its values, or its name, says: "artists from Sweden"
/// are not those whose tracks were on an invoice of a customer there, and no actor has the nationality of the shops that lend the films.
/// "Artists that sell best in Sweden" are.
const FAR: usize = 3;
const FAR_IF_MEASURED: usize = 4;
const FAR_IF_NAMED: usize = 5;

fn is_far_fetched(asked: &Asked<'_>, query: &Query, anatomy: &Anatomy) -> bool {
    // The sides of a set are not joined.
    if matches!(query, Query::Set { .. }) {
        return false;
    }
    let far = if is_measured(anatomy) { FAR_IF_MEASURED } else { FAR };
    let used = &anatomy.relations;
    let named: BTreeSet<RelationId> = asked.understanding.mentions.iter().filter_map(relation_of).collect();
    used.iter().any(|relation| {
        let hops = asked.prepared.graph().distances(*relation);
        let others = used.union(&named).filter(|other| *other != relation);
        let nearest = others.filter_map(|other| hops.get(*other).copied().flatten()).min();
        nearest.is_some_and(|nearest| nearest > if named.contains(relation) { FAR_IF_NAMED } else { far })
    })
}

fn is_measured(anatomy: &Anatomy) -> bool {
    anatomy.count + anatomy.sum + anatomy.average + anatomy.max + anatomy.min + anatomy.groups + anatomy.limits > 0
}

fn relation_of(mention: &Mention) -> Option<RelationId> {
    match mention.meaning {
        Meaning::Relation(relation) => Some(relation),
        _ => None,
    }
}

/// "Websites of our customers" where only suppliers have one: the rows whose name follows "of" have nothing to do with what the query is of.
fn is_of_another(asked: &Asked<'_>, anatomy: &Anatomy) -> bool {
    let mentions = &asked.understanding.mentions;
    let is_near = |mention: &Mention| match &mention.meaning {
        Meaning::Relation(relation) => {
            let hops = asked.prepared.graph().distances(*relation);
            anatomy.relations.iter().any(|used| hops.get(*used).copied().flatten().is_some_and(|hops| hops <= FAR))
        }
        Meaning::Column(column) => anatomy.columns.contains(column),
        Meaning::Value(_) => true,
    };
    // Suppliers are akin to customers, and are not meant by their name.
    let is_near = |mention: &Mention| mention.how != How::Synonym && is_near(mention);
    let means_near = |owner: &Mention| mentions.iter().any(|other| overlap(&other.tokens, &owner.tokens) && is_near(other));
    let mut owners = mentions.iter().filter(|mention| mention.how == How::Exact && relation_of(mention).is_some());
    owners.any(|owner| follows_of(asked.question, owner.tokens.start) && !means_near(owner))
}

/// "Of", or "of our".
fn follows_of(question: &Question, at: usize) -> bool {
    let article = matches!(question.before(at), "the" | "our" | "all" | "my" | "each");
    question.before(at - usize::from(article)) == "of"
}

/// "How old are our customers": what is wanted is a measure, and no count beside it.
fn asks_how_much(question: &Question) -> bool {
    let measures = ["old", "long", "tall", "far", "heavy", "high", "deep", "fast", "expensive"];
    let words = 0..question.tokens.len();
    words.clone().any(|at| question.lower(at) == "how" && measures.contains(&question.lower(at + 1)))
        && !words.into_iter().any(|at| matches!(question.lower(at), "many" | "number" | "count"))
}

fn shows_count(query: &Query) -> bool {
    first_select(query).items.iter().any(|item| matches!(item.expr, Expr::CountRows(_)))
}

/// "How many animals per species" where no species is known.
fn groups_by_unknown(asked: &Asked<'_>) -> bool {
    let per = |at: &usize| matches!(asked.question.lower(*at), "per" | "each" | "every");
    (0..asked.question.tokens.len()).filter(per).any(|at| asked.understanding.is_unknown(at + 1))
}

#[cfg(test)]
mod tests {
    use nl_query_core::schema::RelationId;

    use crate::answer::{NoProbe, ValueHit, ValueProbe, answer};
    use crate::fixtures;
    use crate::ir::Day;
    use crate::prepared::Prepared;

    /// Of the best answer over a schema.
    fn confidence(question: &str, schema: &str, probe: &mut dyn ValueProbe) -> f64 {
        let today = Day { year: 2026, month: 11, day: 30 };
        let answer = answer(question, &Prepared::new(fixtures::schema(schema)), probe, today);
        answer.candidates.first().map_or(0.0, |best| best.confidence)
    }

    #[test]
    fn groups_that_nothing_is_known_of_are_not_made_up() {
        let confidence = |columns: &str| {
            let schema = format!("animals\n  animal_id int pk\n  name text !\n{columns}");
            confidence("how many animals per species", &schema, &mut NoProbe)
        };
        assert!(confidence("  species text !\n") > 0.5);
        assert!(confidence("") < 0.5, "{}", confidence(""));
    }

    #[test]
    fn a_measure_is_no_count() {
        let confidence = |question: &str| confidence(question, "pilots\n  pilot_id int pk\n  name text !\n", &mut NoProbe);
        assert!(confidence("how many pilots are there") > 0.5);
        assert!(confidence("how old are our pilots") < 0.5);
        assert!(confidence("how old is each pilot") < 0.5);
    }

    #[test]
    fn what_is_far_from_all_that_is_said_is_not_meant() {
        let schema = "artist\n  artist_id int pk\n  name text !\n\
             album\n  album_id int pk\n  title text !\n  artist_id int ! -> artist.artist_id\n\
             track\n  track_id int pk\n  title text !\n  album_id int ! -> album.album_id\n\
             customer\n  customer_id int pk\n  name text !\n  country text !\n\
             invoice\n  invoice_id int pk\n  customer_id int ! -> customer.customer_id\n  billing_country text !\n\
             invoice_line\n  line_id int pk\n  track_id int ! -> track.track_id\n  invoice_id int ! -> invoice.invoice_id\n";
        struct Sweden;
        impl ValueProbe for Sweden {
            fn find(&mut self, needles: &[String], _: &[(RelationId, usize)]) -> Vec<ValueHit> {
                let hit = |needle, (relation, column)| ValueHit { needle, relation, column, value: "Sweden".to_owned() };
                let needle = needles.iter().position(|needle| needle == "sweden");
                needle.into_iter().flat_map(|needle| [(3, 2), (4, 2)].map(|at| hit(needle, at))).collect()
            }
        }
        let confidence = |question: &str| confidence(question, schema, &mut Sweden);
        assert!(confidence("which customers come from Sweden") > 0.5);
        assert!(confidence("which artists come from Sweden") < 0.5);
    }

    #[test]
    fn what_is_of_one_thing_is_not_of_another() {
        let schema = "suppliers\n  supplier_id int pk\n  name text !\n  homepage text\n\
             customers\n  customer_id int pk\n  name text !\n  city text !\n";
        let confidence = |question: &str| confidence(question, schema, &mut NoProbe);
        assert!(confidence("homepages of our suppliers") > 0.5);
        assert!(confidence("cities of our customers") > 0.5);
        assert!(confidence("homepages of our customers") < 0.5);
        assert!(confidence("websites of our customers") < 0.5);
    }
}
