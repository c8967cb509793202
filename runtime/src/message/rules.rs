//! Rules beyond a field's type.
//!
//! In: constants of generated code. Out: [`Text`], [`Number`], [`Items`], and whether a value keeps them.
//! Never knows: where the value came from.

use rust_decimal::Decimal;

use crate::convert::patterns;

/// Longest address (RFC 5321 4.5.3.1.3, without the angle brackets).
const LONGEST_EMAIL: usize = 254;

/// Rules of a text field.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    min: u32,
    max: u32,
    pattern: Option<&'static str>,
    email: bool,
}

impl Text {
    /// Any text.
    pub const ANY: Self = Self { min: 0, max: u32::MAX, pattern: None, email: false };
    /// `local@domain`, in the shape of RFC 5321.
    pub const EMAIL: Self = Self { email: true, ..Self::ANY };

    /// At least so many characters.
    #[must_use]
    pub const fn min(self, min: u32) -> Self {
        Self { min, ..self }
    }

    /// At most so many characters.
    #[must_use]
    pub const fn max(self, max: u32) -> Self {
        Self { max, ..self }
    }

    /// The whole text matches this regular expression.
    #[must_use]
    pub const fn pattern(self, pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), ..self }
    }

    /// An e-mail address, among the other rules.
    #[must_use]
    pub const fn email(self) -> Self {
        Self { email: true, ..self }
    }

    /// What is wrong with `text`.
    pub(super) fn problem(self, text: &str) -> Option<String> {
        let length = text.chars().count();
        if length < self.min as usize || length > self.max as usize {
            return Some(self.length_problem(length));
        }
        if self.email && !is_email(text) {
            return Some("must be an e-mail address".to_owned());
        }
        match self.pattern {
            Some(pattern) if !patterns::matches_whole(text, pattern) => {
                Some(format!("must match the pattern {pattern}"))
            }
            _ => None,
        }
    }

    fn length_problem(self, length: usize) -> String {
        let wanted = match (self.min, self.max) {
            (min, max) if min == max => format!("exactly {}", characters(min)),
            (min, u32::MAX) => format!("at least {}", characters(min)),
            (0, max) => format!("at most {}", characters(max)),
            (min, max) => format!("{min} to {}", characters(max)),
        };
        format!("must have {wanted}, has {length}")
    }
}

/// Rules of a number field. Bounds are decimals as written in the document.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    min: Option<&'static str>,
    max: Option<&'static str>,
    above: Option<&'static str>,
    below: Option<&'static str>,
    digits: Option<(u8, u8)>,
}

impl Number {
    /// Any number.
    pub const ANY: Self = Self { min: None, max: None, above: None, below: None, digits: None };

    /// At least this.
    #[must_use]
    pub const fn min(self, min: &'static str) -> Self {
        Self { min: Some(min), ..self }
    }

    /// At most this.
    #[must_use]
    pub const fn max(self, max: &'static str) -> Self {
        Self { max: Some(max), ..self }
    }

    /// More than this.
    #[must_use]
    pub const fn above(self, above: &'static str) -> Self {
        Self { above: Some(above), ..self }
    }

    /// Less than this.
    #[must_use]
    pub const fn below(self, below: &'static str) -> Self {
        Self { below: Some(below), ..self }
    }

    /// At most `precision` digits, of which `scale` behind the point; zeros at the end do not count.
    #[must_use]
    pub const fn digits(self, precision: u8, scale: u8) -> Self {
        Self { digits: Some((precision, scale)), ..self }
    }

    /// What is wrong with `number`.
    pub(super) fn problem(self, number: Decimal) -> Option<String> {
        let breaks = |bound: Option<&'static str>, broken: fn(&Decimal, &Decimal) -> bool, words: &str| {
            let text = bound?;
            let bound: Decimal = text.parse().ok()?;
            broken(&number, &bound).then(|| format!("must be {words} {text}"))
        };
        breaks(self.min, Decimal::lt, "at least")
            .or_else(|| breaks(self.max, Decimal::gt, "at most"))
            .or_else(|| breaks(self.above, Decimal::le, "more than"))
            .or_else(|| breaks(self.below, Decimal::ge, "less than"))
            .or_else(|| self.digits_problem(number))
    }

    fn digits_problem(self, number: Decimal) -> Option<String> {
        let (precision, scale) = self.digits?;
        let number = number.normalize();
        let whole = number.trunc().mantissa().unsigned_abs().checked_ilog10().map_or(0, |log| log + 1);
        let room = u32::from(precision.saturating_sub(scale));
        (number.scale() > u32::from(scale) || whole > room)
            .then(|| format!("must fit {room} digits before and {scale} after the decimal point"))
    }
}

/// Rules of a list field.
#[derive(Debug, Clone, Copy)]
pub struct Items {
    min: u32,
    max: u32,
    required: bool,
}

impl Items {
    /// Any number of items; the field may be absent.
    pub const ANY: Self = Self { min: 0, max: u32::MAX, required: false };
    /// Any number of items; the field must be there.
    pub const REQUIRED: Self = Self { required: true, ..Self::ANY };

    /// At least so many items.
    #[must_use]
    pub const fn min(self, min: u32) -> Self {
        Self { min, ..self }
    }

    /// At most so many items.
    #[must_use]
    pub const fn max(self, max: u32) -> Self {
        Self { max, ..self }
    }

    pub(super) const fn is_required(self) -> bool {
        self.required
    }

    /// What is wrong with so many items.
    pub(super) fn problem(self, count: usize) -> Option<String> {
        let items = |count: u32| if count == 1 { "1 item".to_owned() } else { format!("{count} items") };
        if count < self.min as usize {
            Some(format!("must have at least {}, has {count}", items(self.min)))
        } else if count > self.max as usize {
            Some(format!("must have at most {}, has {count}", items(self.max)))
        } else {
            None
        }
    }
}

fn characters(count: u32) -> String {
    if count == 1 { "1 character".to_owned() } else { format!("{count} characters") }
}

/// `local@domain` as mail systems take it: no blanks or control characters, a dot inside the domain, labels of letters,
/// digits and hyphens (other scripts allowed, RFC 6531). Quoted local parts are refused on purpose: nobody has one.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c));
    let label_fits = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= LONGEST_EMAIL && local_fits && domain.contains('.') && domain.split('.').all(label_fits)
}
