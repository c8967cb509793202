//! What becomes of missed starts: `once`, `skip`, `all(max 10)`.
//!
//! In: a text and its place. Out: [`Missed`]. Never knows: clocks.

use crate::model::{Missed, Span};
use crate::nearest::shorten;
use crate::problem::Problem;

/// Most starts that are made up for.
const MOST: u32 = 1000;

/// `once`, `skip` or `all(max 10)`.
///
/// # Errors
///
/// `E-SCHEDULE`.
pub fn missed(text: &str, at: Span) -> Result<Missed, Problem> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let most = words.strip_prefix("all").and_then(|rest| rest.trim_start().strip_prefix('('));
    let most = most.and_then(|rest| rest.trim_end().strip_suffix(')')).map(str::trim);
    let most = most.and_then(|inside| inside.strip_prefix("max")).map(|number| number.trim().parse());
    match (words.as_str(), most) {
        ("once", _) => Ok(Missed::Once),
        ("skip", _) => Ok(Missed::Skip),
        (_, Some(Ok(most @ 1..=MOST))) => Ok(Missed::All { most }),
        (_, Some(_)) => {
            let message = format!("`{}` is not between 1 and {MOST} starts", shorten(text));
            Err(Problem::new("E-SCHEDULE", at, message).help("write `all(max 10)`, `once` or `skip`"))
        }
        ("all", None) => {
            let problem = Problem::new("E-SCHEDULE", at, "nobody wants an unknown number of starts at once");
            Err(problem.help("say how many at most, like `all(max 10)`"))
        }
        _ => {
            let message = format!("`{}` does not say what becomes of missed starts", shorten(text));
            Err(Problem::new("E-SCHEDULE", at, message).help("write `once`, `skip` or `all(max 10)`"))
        }
    }
}
