//! The list of codes, one line each, sorted. A new code is a line here and a page in `codes/`.
//!
//! In: `codes/*.md`. Out: [`PAGES`]. Never knows: who reports what.

use super::Page;

macro_rules! pages {
    ($($code:literal)*) => {
        /// All pages, sorted by code.
        pub(super) static PAGES: [Page; [$($code),*].len()] =
            [$(Page { code: $code, markdown: include_str!(concat!("../../codes/", $code, ".md")) }),*];
    };
}

pages! {
    "E-BYTES"
    "E-CHOICE"
    "E-CONSTANT"
    "E-DIVISION"
    "E-DURATION"
    "E-EXPR"
    "E-FIELD"
    "E-LIMIT"
    "E-METHOD"
    "E-NAME"
    "E-OPTIONAL"
    "E-PERCENT"
    "E-REGEX"
    "E-RETRY"
    "E-SCHEDULE"
    "E-TEMPLATE"
    "E-TYPE"
    "E-VALUE"
    "E-ZONE"
}
