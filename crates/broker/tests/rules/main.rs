//! The broker against the rules of the standards, from outside: packets in, packets out.

mod auth;
mod auth_any;
mod bad;
mod connect;
mod corners;
mod flow;
mod harness;
mod known_faults;
mod modes;
mod older;
mod qos;
mod retained;
mod rights;
mod session;
mod share;
mod subscribe;
mod switches;
mod timers;
mod told;
mod topics;
mod will;
