//! `cargo xtask`: the commands that build, serve and test GlassMQ. Each does all of its own set-up and says what it does.
//!
//! What is said goes to standard error; standard output is kept for the addresses that `serve` prints.

mod args;
mod bench;
mod build;
mod conformance;
mod coverage;
mod e2e;
mod setup;
mod sh;
mod sizes;
mod stages;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask serve [--http ADDR] [--ws ADDR] [--tcp ADDR] [--json] [--open]   build everything, start it, print the addresses
cargo xtask build                                                           make dist/ and target/release/glassmq, print the sizes
cargo xtask test [fmt|clippy|native|wasm|e2e]...                            run all checks and tests, or only some stages
cargo xtask conformance [--lenient] [--accept]                              run the native tests, write target/conformance.md: rule by rule
cargo xtask coverage [--lines]                                              lines of mqtt and broker that their tests run through; 98 % must be
cargo xtask screenshots                                                     make the pictures of the README in docs/
cargo xtask soak                                                            larger model checks, and over a million sessions that are cut anywhere
cargo xtask bench [native|web]... [--strict]                                measure beside others, print ratios and which targets hold

serve: ADDR is IP:PORT or PORT, port 0 takes any free one. Without flags: --http 127.0.0.1:8080 --ws 127.0.0.1:8083 --tcp 127.0.0.1:1883.
       --json prints the addresses as one line of JSON, --open opens the page in the browser.
conformance: fails on a rule without an executed test (not so with --lenient), on an id that no table has and on a test that lost its id.
       --accept writes down which test proves which rule, for later runs to compare with, and what is committed of the table.
coverage: --lines lists the lines that no test came to.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args::read(&words) {
        Ok(args::Wanted::Help) => {
            eprint!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(args::Wanted::Serve(flags)) => build::serve(&flags),
        Ok(args::Wanted::Build) => build::build(),
        Ok(args::Wanted::Test(stages)) => return test::run(&stages),
        Ok(args::Wanted::Conformance(asked)) => conformance::run(asked),
        Ok(args::Wanted::Coverage { lines }) => coverage::coverage(lines),
        Ok(args::Wanted::Screenshots) => e2e::screenshots(),
        Ok(args::Wanted::Bench(asked)) => bench::measure(asked),
        Ok(args::Wanted::Soak) => stages::soak(),
        Err(what) => {
            eprintln!("xtask: {what}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("xtask: {what}");
            ExitCode::FAILURE
        }
    }
}
