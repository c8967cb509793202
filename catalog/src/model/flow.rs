//! The flow of an interface: steps with the names of the Enterprise Integration Patterns.
//!
//! In: nothing. Out: [`Step`]. Never knows: how a step is executed, drawn or written in Rust.

use super::{Expr, MessageRef, OperationRef, Span, Template, Type};

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Stable name, unique in the flow, `kebab-case`: what the journal, metrics and page call this step. Written
    /// with `name:`, else derived (the bound name, else the operation, else kind and number).
    pub name: String,
    /// One sentence for people, if the document gives one (`title:`).
    pub title: Option<String>,
    /// What it does.
    pub kind: StepKind,
    /// The step's place.
    pub span: Span,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum StepKind {
    /// Content enricher: ask a system and bind the reply.
    Fetch { operation: OperationRef, with: Arguments, bind: Bound },
    /// Call a system for its effect; the reply may be bound.
    Call { operation: OperationRef, with: Arguments, bind: Option<Bound> },
    /// Deliver to the target: as `call`, and the page counts it as the interface's purpose.
    Send { operation: OperationRef, with: Arguments, bind: Option<Bound> },
    /// Message filter, content-based router with two ways.
    When { condition: Expr, then: Vec<Step>, otherwise: Vec<Step> },
    /// Content-based router: the first case that holds; `otherwise` is compulsory.
    Route { cases: Vec<Case>, otherwise: Vec<Step> },
    /// Message translator: apply a mapping table. `each` maps item by item over a list.
    Map { mapping: String, inputs: Vec<Argument>, each: Option<Expr>, bind: Bound },
    /// Splitter: run the steps once per item; the items' steps are journalled one by one.
    ForEach { items: Expr, bind: Bound, steps: Vec<Step> },
    /// Bind the value of an expression or template to a name.
    Let { value: Template, bind: Bound },
    /// Request-reply: what the caller gets (synchronous triggers only).
    Reply { status: u16, message: Option<MessageRef>, with: Arguments },
    /// End here on purpose; the message is DISCARDED with this reason.
    Discard { reason: Template },
    /// End here as a business error; the message is DEAD at once with this reason.
    DeadLetter { reason: Template },
    /// A Rust function that the user writes.
    Custom { function: String, with: Vec<Argument>, bind: Option<Bound> },
}

/// One way of a router.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Taken when this holds.
    pub when: Expr,
    /// Label for page and metrics, e.g. `PF2`.
    pub label: String,
    /// What to do.
    pub steps: Vec<Step>,
}

/// A name that a step binds, with its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The name, `camelCase` or `snake_case`.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// What an operation is called with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arguments {
    /// Values for the operation's parameters (path, query, header, file name), in the operation's order.
    pub parameters: Vec<Argument>,
    /// The request body.
    pub body: Option<Body>,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Body {
    /// The value of an expression (`with: receipt`).
    Whole(Expr),
    /// Fields of the request message, each with its value; absent optional fields are left out.
    Fields { message: MessageRef, fields: Vec<Argument> },
}

/// A named value.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Parameter or field name (a dotted path for nested fields).
    pub name: String,
    /// Its value.
    pub value: Template,
    /// Its place.
    pub span: Span,
}

/// A function that the user writes in Rust, as a `custom` step declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomFunction {
    /// `snake_case` name.
    pub name: String,
    /// Parameters: name and type.
    pub parameters: Vec<(String, Type)>,
    /// Result, if any.
    pub returns: Option<Type>,
    /// What it must do, from the document.
    pub description: String,
    /// The step's place.
    pub span: Span,
}
