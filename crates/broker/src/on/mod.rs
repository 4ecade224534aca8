//! What happens. Only here are events told and frames written.

mod ack;
mod close;
mod connect;
mod deliver;
mod frame;
mod hop;
mod publish;
mod share;
mod subscribe;
mod timeout;
mod words;
