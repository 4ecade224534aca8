//! The simulated client by hand: bytes in, bytes out, against a broker that does as it should and against one that does not.

mod connect;
mod hand;
mod order;
#[path = "../../../broker/tests/rules/harness/rule.rs"]
mod rule;
mod session;
mod terms;
mod wrong;
/// Where the macro looks for it.
mod harness {
    pub(crate) use crate::rule;
}
