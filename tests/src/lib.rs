//! Tests of the whole house: what holds between its parts, and what no single part can see of itself. The tests with real clients
//! and a real browser are in `e2e/`.

#[cfg(test)]
mod panics;
#[cfg(test)]
mod size;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod walls;
