//! Every state of a small house: the real broker, one or two clients, and links that may be cut at any point.
//!
//! Tests with seeds try many runs; here all of them are tried. The broker is the product itself, copied at each fork of the road and compared
//! by [`broker::Broker::digest`]. The clients are as small as the standard allows, or the lab's simulated ones. A search finds all states that can be reached, and in each
//! of them looks whether a promise is broken:
//!
//! * QoS 1: each message arrives, at least once. QoS 2: each arrives exactly once. Both: in the order of publication.
//! * A Packet Identifier is not used anew while it is in flight, and nothing is sent again on a live connection.
//! * The broker's own invariants, [`broker::Broker::check`].
//! * Every run ends once cuts end: each step that is no cut lowers a measure ([`measure`]), and where no step is left all is delivered and
//!   nobody remembers anything of it.
//!
//! What may happen: a client publishes; a packet arrives; a connection breaks and both sides know; a client leaves a connection and comes
//! back on a new one while the broker still believes in the old one, whose packets arrive early, late or never.
//!
//! There is no time here: all happens at one instant, so nothing expires and nobody is silent for too long. Timers are for other tests.

pub mod house;
pub mod measure;
pub mod peer;
pub mod setup;
pub mod simulated;

pub use house::{Action, Broken, House};
pub use setup::{Flaw, Setup, Shape};
