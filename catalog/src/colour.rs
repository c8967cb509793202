//! Colours, and whether text in one can be read on another.
//!
//! In: `#075d72`. Out: [`Colour`]s and contrasts as WCAG 2.2 computes them. Never knows: pages, styles.

use std::fmt;

/// A colour of the sRGB space, without transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

/// What text needs against its background: WCAG 2.2, success criterion 1.4.3, level AA.
pub const ENOUGH: f64 = 4.5;

/// What an accent has to be read on, and what is written on it.
#[derive(Debug, Clone, Copy)]
pub struct Paper {
    /// The word for it.
    pub name: &'static str,
    /// Backgrounds of the website: page, raised sheet, tinted stretch.
    pub sheets: [Colour; 3],
    /// Text on the accent.
    pub on: Colour,
}

/// The light theme of the website.
pub const LIGHT: Paper = Paper {
    name: "light",
    sheets: [Colour([0xfc, 0xfc, 0xfa]), Colour([0xff, 0xff, 0xff]), Colour([0xf3, 0xf5, 0xf3])],
    on: Colour([0xff, 0xff, 0xff]),
};

/// The dark theme of the website.
pub const DARK: Paper = Paper {
    name: "dark",
    sheets: [Colour([0x11, 0x14, 0x17]), Colour([0x17, 0x1b, 0x1f]), Colour([0x1c, 0x21, 0x26])],
    on: Colour([0x0d, 0x1a, 0x1e]),
};

impl Colour {
    /// Reads `#075d72`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|it| it.len() == 6 && it.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// Between this colour and another: `part` of a hundred of the other.
    #[must_use]
    pub fn mixed(self, other: Self, part: u16) -> Self {
        let part = part.min(100);
        let mut mixed = [0; 3];
        for (at, value) in mixed.iter_mut().enumerate() {
            let sum = u16::from(self.0[at]) * (100 - part) + u16::from(other.0[at]) * part;
            *value = u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// From 1 (the same) to 21 (black on white).
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|value| {
            let share = f64::from(value) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Paper {
    /// What stands behind chosen entries when this is the accent: a tenth of it in the sheet.
    #[must_use]
    pub fn wash(&self, accent: Colour) -> Colour {
        self.sheets[1].mixed(accent, 10)
    }

    /// The background or text with which an accent has the least contrast, and how much that is.
    #[must_use]
    pub fn worst(&self, accent: Colour) -> (Colour, f64) {
        let others = self.sheets.into_iter().chain([self.wash(accent), self.on]);
        let contrasts = others.map(|other| (other, accent.contrast(other)));
        contrasts.fold((self.on, f64::INFINITY), |worst, it| if it.1 < worst.1 { it } else { worst })
    }

    /// The nearest colour that can be read everywhere: darker on light paper, lighter on dark.
    #[must_use]
    pub fn readable(&self, accent: Colour) -> Colour {
        let dark = self.sheets[0].luminance() < 0.5;
        let end = if dark { Colour([255; 3]) } else { Colour([0; 3]) };
        let steps = (0..=100).map(|part| accent.mixed(end, part));
        steps.into_iter().find(|it| self.worst(*it).1 >= ENOUGH).unwrap_or(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrasts_are_those_of_the_standard() {
        let colour = |text: &str| Colour::parse(text).unwrap();
        for (one, two, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#777777", "#ffffff", 4.48),
            ("#767676", "#ffffff", 4.54),
            ("#ff0000", "#ffffff", 4.0),
        ] {
            let found = colour(one).contrast(colour(two));
            assert!((found - expected).abs() < 0.01, "{one} on {two}: {found}");
        }
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        for text in ["", "#", "075d72", "#075d7", "#075d722", "#07zd72", "#é5d72", "red"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
        assert_eq!(Colour::parse("#075D72").unwrap().to_string(), "#075d72");
    }

    #[test]
    fn every_colour_has_a_readable_one_near_it() {
        for paper in [LIGHT, DARK] {
            for value in (0..0x0100_0000_u32).step_by(0x0001_2345) {
                let [_, red, green, blue] = value.to_be_bytes();
                let accent = Colour([red, green, blue]);
                let readable = paper.readable(accent);
                assert!(paper.worst(readable).1 >= ENOUGH, "{accent} becomes {readable} in {}", paper.name);
                assert!(paper.worst(accent).1 < ENOUGH || readable == accent, "{accent} was fine");
            }
        }
    }
}
