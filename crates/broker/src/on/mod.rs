//! What happens. Only here are events told and frames written.

mod ack;
mod again;
mod close;
mod connect;
mod deliver;
mod frame;
mod hop;
mod letter;
mod publish;
mod share;
mod subscribe;
mod sys;
mod timeout;
mod words;
