//! The codec against vectors, against the tables of the standard, and against chance.

mod check;
mod conversions;
mod corpus;
mod exhaustive;
mod facts;
mod generated;
mod harness;
mod make;
mod parts;
mod random;
mod single;
mod streams;
mod vectors;
