//! Numbers: exact, and checked where they could overflow.
//!
//! In: decimals and whole numbers. Out: the same. Never knows: floats.

use rust_decimal::{Decimal, RoundingStrategy};

use super::Reason;

/// Decimal or whole number, as far as expressions calculate with them.
pub trait Arithmetic: Sized {
    /// `self + other`.
    fn sum(self, other: Self) -> Option<Self>;
    /// `self - other`.
    fn difference(self, other: Self) -> Option<Self>;
    /// `self × other`.
    fn product(self, other: Self) -> Option<Self>;
    /// `self ÷ other`; whole numbers are cut towards zero.
    fn quotient(self, other: Self) -> Option<Self>;
    /// What division leaves over, with the sign of `self`.
    fn rest(self, other: Self) -> Option<Self>;
    /// `-self`.
    fn negative(self) -> Option<Self>;
    /// It is zero.
    fn is_nothing(&self) -> bool;
}

macro_rules! arithmetic {
    ($($ty:ty, $zero:expr);*) => {$(
        impl Arithmetic for $ty {
            fn sum(self, other: Self) -> Option<Self> { self.checked_add(other) }
            fn difference(self, other: Self) -> Option<Self> { self.checked_sub(other) }
            fn product(self, other: Self) -> Option<Self> { self.checked_mul(other) }
            fn quotient(self, other: Self) -> Option<Self> { self.checked_div(other) }
            fn rest(self, other: Self) -> Option<Self> { self.checked_rem(other) }
            fn negative(self) -> Option<Self> { $zero.checked_sub(self) }
            fn is_nothing(&self) -> bool { *self == $zero }
        }
    )*};
}

arithmetic!(i64, 0_i64; Decimal, Decimal::ZERO);

/// Addition.
///
/// # Errors
/// The result has too many digits.
pub fn add<T: Arithmetic>(left: T, right: T) -> Result<T, Reason> {
    left.sum(right).ok_or_else(too_large)
}

/// Subtraction.
///
/// # Errors
/// The result has too many digits.
pub fn subtract<T: Arithmetic>(left: T, right: T) -> Result<T, Reason> {
    left.difference(right).ok_or_else(too_large)
}

/// Multiplication.
///
/// # Errors
/// The result has too many digits.
pub fn multiply<T: Arithmetic>(left: T, right: T) -> Result<T, Reason> {
    left.product(right).ok_or_else(too_large)
}

/// Division; whole numbers are cut towards zero.
///
/// # Errors
/// Division by zero, or the result has too many digits.
pub fn divide<T: Arithmetic>(left: T, right: T) -> Result<T, Reason> {
    refuse_zero(&right)?;
    left.quotient(right).ok_or_else(too_large)
}

/// What division leaves over, with the sign of the left side.
///
/// # Errors
/// Division by zero.
pub fn remainder<T: Arithmetic>(left: T, right: T) -> Result<T, Reason> {
    refuse_zero(&right)?;
    left.rest(right).ok_or_else(too_large)
}

/// The other sign.
///
/// # Errors
/// The smallest whole number has no positive twin.
pub fn negate<T: Arithmetic>(number: T) -> Result<T, Reason> {
    number.negative().ok_or_else(too_large)
}

/// Rounded half away from zero (commercially) to so many digits behind the point.
#[must_use]
pub fn round(number: Decimal, scale: u32) -> Decimal {
    number.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero)
}

/// The whole number a text holds; leading zeros and blanks around are fine.
///
/// # Errors
/// It holds something else, or more than 64 bit.
pub fn to_integer(text: &str) -> Result<i64, Reason> {
    text.trim().parse().map_err(|_| Reason::new("is not a whole number of 64 bit"))
}

/// The decimal a text holds, point as separator; leading zeros and blanks around are fine.
///
/// # Errors
/// It holds something else, or more than 28 digits.
pub fn to_decimal(text: &str) -> Result<Decimal, Reason> {
    Decimal::from_str_exact(text.trim()).map_err(|_| Reason::new("is not a decimal of at most 28 digits"))
}

fn refuse_zero<T: Arithmetic>(divisor: &T) -> Result<(), Reason> {
    if divisor.is_nothing() { Err(Reason::new("division by zero")) } else { Ok(()) }
}

fn too_large() -> Reason {
    Reason::new("the result has too many digits")
}
