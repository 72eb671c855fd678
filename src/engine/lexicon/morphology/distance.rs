//! How far apart two spellings are.

/// Longer words are never compared letter by letter: the table of the comparison stays on the stack.
const LONGEST: usize = 64;

/// The number of letters inserted, left out, replaced or swapped with their neighbour between `a` and `b`; none when it is more
/// than `most`, or when a word is longer than any real one.
pub fn edit_distance(a: &str, b: &str, most: usize) -> Option<usize> {
    if a == b {
        return Some(0);
    }
    let (mut left, mut right) = (['\0'; LONGEST], ['\0'; LONGEST]);
    let (left, right) = (letters(a, &mut left)?, letters(b, &mut right)?);
    if left.len().abs_diff(right.len()) > most {
        return None;
    }
    // Three rows of the usual table: a swap looks back two.
    let (mut before, mut above, mut row) = ([0usize; LONGEST + 1], [0usize; LONGEST + 1], [0usize; LONGEST + 1]);
    for (column, cell) in above.iter_mut().enumerate() {
        *cell = column;
    }
    for i in 1..=left.len() {
        row[0] = i;
        let mut least = i;
        for j in 1..=right.len() {
            let differs = usize::from(left[i - 1] != right[j - 1]);
            let mut cost = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + differs);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row[j] = cost;
            least = least.min(cost);
        }
        if least > most {
            return None;
        }
        before = above;
        above = row;
    }
    Some(above[right.len()]).filter(|distance| *distance <= most)
}

fn letters<'a>(word: &str, into: &'a mut [char; LONGEST]) -> Option<&'a [char]> {
    let mut length = 0;
    for letter in word.chars() {
        *into.get_mut(length)? = letter;
        length += 1;
    }
    Some(&into[..length])
}

/// Whether `written` may be a misspelling of `meant`: one edit for four letters and more, two for eight and more, the same first
/// letter (or the first two swapped), and never a word with digits. A word is no misspelling of itself.
pub fn is_typo_of(written: &str, meant: &str) -> bool {
    let shorter = written.chars().count().min(meant.chars().count());
    let most = match shorter {
        0..4 => return false,
        4..8 => 1,
        _ => 2,
    };
    if [written, meant].iter().any(|word| word.chars().any(|letter| !letter.is_alphabetic())) {
        return false;
    }
    let (mut w, mut m) = (written.chars(), meant.chars());
    let (w, m) = ((w.next(), w.next()), (m.next(), m.next()));
    let begins_alike = w.0 == m.0 || (w.0 == m.1 && w.1 == m.0);
    begins_alike && edit_distance(written, meant, most).is_some_and(|distance| distance > 0)
}

/// The share of three-letter pieces that two words have in common, 0 to 1, counted as pg_trgm does (two blanks before, one after).
pub fn trigram_similarity(a: &str, b: &str) -> f32 {
    let (a, b) = (trigrams(a), trigrams(b));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let (mut i, mut j, mut common) = (0, 0, 0usize);
    while let (Some(left), Some(right)) = (a.get(i), b.get(j)) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    common as f32 / (a.len() + b.len() - common) as f32
}

/// The sorted set of three-letter pieces of each word of a text.
fn trigrams(text: &str) -> Vec<[char; 3]> {
    let mut pieces = Vec::with_capacity(text.len() + 2);
    for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut window = [' ', ' ', ' '];
        for letter in word.chars().chain([' ']) {
            window = [window[1], window[2], letter];
            pieces.push(window);
        }
    }
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}
