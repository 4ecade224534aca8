//! What happens. Only here are events told and frames written.

mod ack;
mod again;
mod auth;
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
mod sys_client;
mod timeout;
mod words;
