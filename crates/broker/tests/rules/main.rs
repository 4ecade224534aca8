//! The broker against the rules of the standards, from outside: packets in, packets out.

mod bad;
mod connect;
mod flow;
mod harness;
mod qos;
mod retained;
mod session;
mod share;
mod subscribe;
mod switches;
mod timers;
mod topics;
mod will;
