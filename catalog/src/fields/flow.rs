//! The keys of flow steps: one table per kind of step.
//!
//! In: nothing. Out: [`STEPS`]. Never knows: how a step is lowered.

use super::{Key, Kind, Table, may, must};

const NAME: Key = may("name", Kind::Text, "Stable name of the step in journal, metrics and page.", "read-report");
const TITLE: Key = may("title", Kind::Text, "One sentence for people.", "The notification carries only the id").prose();
const WITH: Key = may(
    "with",
    Kind::Shapes("a bound name, or a mapping of parameters and fields; the key `body` is the whole body"),
    "What the operation is called with.",
    "{ id: \"${event.activityReportId}\" }",
);
const AS: Key = may("as", Kind::Text, "Name under which later steps see the result.", "report");
const AS_MUST: Key = must("as", Kind::Text, "Name under which later steps see the result.", "report");

/// One table per kind of step; the first key of the table is the kind.
pub(crate) const STEPS: &[Table] =
    &[FETCH, CALL, SEND, WHEN, ROUTE, MAP, FOR_EACH, LET, REPLY, DISCARD, DEAD_LETTER, CUSTOM];

/// Kinds that are known words and not supported yet.
pub(crate) const LATER: &[&str] = &["publish", "aggregate"];

const FETCH: Table = Table {
    what: "a fetch step",
    keys: &[
        must(
            "fetch",
            Kind::Text,
            "Content enricher: ask a system, as `System.operation`, and keep the reply.",
            "11VMS.get-activity-report",
        ),
        WITH,
        AS_MUST,
        NAME,
        TITLE,
    ],
};
const CALL: Table = Table {
    what: "a call step",
    keys: &[
        must(
            "call",
            Kind::Text,
            "Call a system for its effect, as `System.operation`.",
            "11VMS.update-service-reception",
        ),
        WITH,
        AS,
        NAME,
        TITLE,
    ],
};
const SEND: Table = Table {
    what: "a send step",
    keys: &[
        must("send", Kind::Text, "Deliver to the target, as `System.operation`.", "SAP SRM7.create-confirmation"),
        WITH,
        AS,
        NAME,
        TITLE,
    ],
};
const WHEN: Table = Table {
    what: "a when step",
    keys: &[
        must("when", Kind::Expression, "Message filter: the condition.", "report.workUnitNumber == 0"),
        must("then", Kind::Steps, "Steps when the condition holds.", "[{ discard: no working days in the month }]"),
        may(
            "otherwise",
            Kind::Steps,
            "Steps when it does not.",
            "[{ send: SAP SRM7.create-confirmation, with: receipt }]",
        ),
        NAME,
        TITLE,
    ],
};
const ROUTE: Table = Table {
    what: "a route step",
    keys: &[
        must(
            "route",
            Kind::Records(&CASE),
            "Content-based router: the first case that holds is taken.",
            "[{ when: \"event.fileName.endsWith('PF')\", label: PF2, then: [..] }]",
        ),
        must(
            "otherwise",
            Kind::Steps,
            "Steps when no case holds; compulsory, so that no message is lost.",
            "[{ dead_letter: the file name fits no target }]",
        )
        .or_else("E-ROUTE-OTHERWISE"),
        NAME,
        TITLE,
    ],
};
/// One case of a route.
pub(crate) const CASE: Table = Table {
    what: "a case of a route",
    keys: &[
        must("when", Kind::Expression, "The case is taken when this holds.", "event.fileName.endsWith('PF')"),
        must("label", Kind::Text, "Short name for page and metrics.", "PF2"),
        must(
            "then",
            Kind::Steps,
            "Steps of the case.",
            "[{ send: PF2.put-planned-orders, with: { body: \"${rows}\" } }]",
        ),
    ],
};
const MAP: Table = Table {
    what: "a map step",
    keys: &[
        must("map", Kind::Text, "Message translator: apply the table `Mapping: <name>`.", "GoodsReceipt"),
        may("from", Kind::Texts, "Names that the rows of the table use.", "report"),
        may("each", Kind::Expression, "Map item by item over this list; the result is a list.", "export.Rows"),
        may("item", Kind::Text, "Name of the item in the rows of the table.", "row"),
        AS_MUST,
        NAME,
        TITLE,
    ],
};
const FOR_EACH: Table = Table {
    what: "a for_each step",
    keys: &[
        must("for_each", Kind::Expression, "Splitter: run the steps once per item of this list.", "cart.items"),
        must("as", Kind::Text, "Name of the item.", "item"),
        must("do", Kind::Steps, "Steps per item.", "[{ send: 11VMS.create-purchase-order, with: order }]"),
        NAME,
        TITLE,
    ],
};
const LET: Table = Table {
    what: "a let step",
    keys: &[must("let", Kind::Template, "Bind a value to a name.", "${event.fileName}.csv"), AS_MUST, NAME, TITLE],
};
const REPLY: Table = Table {
    what: "a reply step",
    keys: &[
        must("reply", Kind::Message, "Request-reply: the message that the caller gets, or `none`.", "OrderConfirmed"),
        may("status", Kind::Integer, "HTTP status, 200 if nothing is said.", "201"),
        WITH,
        NAME,
        TITLE,
    ],
};
const DISCARD: Table = Table {
    what: "a discard step",
    keys: &[
        must("discard", Kind::Template, "End here on purpose, with this reason.", "no working days in the month"),
        NAME,
        TITLE,
    ],
};
const DEAD_LETTER: Table = Table {
    what: "a dead_letter step",
    keys: &[
        must(
            "dead_letter",
            Kind::Template,
            "End here as a business error, with this reason.",
            "the file name ends neither in PF nor in WP",
        ),
        NAME,
        TITLE,
    ],
};
const CUSTOM: Table = Table {
    what: "a custom step",
    keys: &[
        must("custom", Kind::Text, "Name of a Rust function that you write.", "pick_plant"),
        may("with", Kind::Names, "Its arguments.", "{ material: \"${row.material}\" }"),
        may("returns", Kind::Text, "Type of its result.", "text"),
        AS,
        may("description", Kind::Text, "What the function must do.", "Chooses the plant by material group").prose(),
        NAME,
        TITLE,
    ],
};
