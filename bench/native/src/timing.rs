//! How long codec and router take, beside those of others, in one run.
//!
//! Each line on standard output is a case: `id · ours · theirs · ratio (ours / theirs) · unit`, separated by tabs.

mod codec;
mod filters;
mod pairs;
mod routing;

fn main() {
    codec::run();
    routing::run();
}
