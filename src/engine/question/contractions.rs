//! "don't", "who's", "i'd": one written word that is two.

/// The two words of a contraction (lower case, plain apostrophes) and how many letters of it belong to the first.
pub(super) fn split(word: &str) -> Option<(&str, &'static str, usize)> {
    let whole = match word {
        "can't" | "cannot" | "cant" => Some(("can", "not", 3)),
        "won't" => Some(("will", "not", 2)),
        "shan't" => Some(("shall", "not", 3)),
        "ain't" => Some(("is", "not", 2)),
        "let's" => Some(("let", "us", 3)),
        "i'm" => Some(("i", "am", 1)),
        "whats" => Some(("what", "is", 4)),
        "whos" => Some(("who", "is", 3)),
        "wheres" => Some(("where", "is", 5)),
        "dont" => Some(("do", "not", 2)),
        "doesnt" => Some(("does", "not", 4)),
        "didnt" => Some(("did", "not", 3)),
        "isnt" => Some(("is", "not", 2)),
        "arent" => Some(("are", "not", 3)),
        "wasnt" => Some(("was", "not", 3)),
        "werent" => Some(("were", "not", 4)),
        "hasnt" => Some(("has", "not", 3)),
        "havent" => Some(("have", "not", 4)),
        "hadnt" => Some(("had", "not", 3)),
        _ => None,
    };
    if whole.is_some() {
        return whole;
    }
    if let Some(verb) = word.strip_suffix("n't") {
        let known =
            ["do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "would", "should", "could", "must", "need"];
        return known.contains(&verb).then_some((verb, "not", verb.len()));
    }
    let (start, end) = word.split_once('\'')?;
    let second = match end {
        "s" if ["who", "what", "where", "when", "how", "why", "which", "that", "there", "it", "here", "he", "she"]
            .contains(&start) =>
        {
            "is"
        }
        "re" => "are",
        "ve" => "have",
        "ll" => "will",
        "d" if ["i", "we", "you", "they", "he", "she", "who", "how"].contains(&start) => "would",
        _ => return None,
    };
    let short = start.len() <= 6 && start.is_ascii();
    short.then_some((start, second, start.len()))
}
