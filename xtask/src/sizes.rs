//! How large the page is on its way to the user, and the limit that it keeps.

use std::path::{Path, PathBuf};

use crate::build::files_below;
use crate::sh::{Outcome, ask, command, root};

/// Bytes that page and worker together may have, compressed by brotli. The page that could only watch and step kept to 400,000; users and
/// rights, faults, the past, exports and the explorer are the rest. What a user waits for is held besides: a live broker within a second
/// (tests/e2e/page.test.mjs).
const LIMIT: u64 = 640_000;

/// The kinds of file that the page needs before it works. The rest (icons, lessons) comes later or never.
const CODE: [&str; 4] = ["wasm", "js", "css", "html"];

/// Raw, gzip and brotli, in bytes.
type Sizes = [u64; 3];

/// Prints the sizes of all files below `dist` and of page and worker together; an error when those are over the limit.
pub(crate) fn report(dist: &Path) -> Outcome<()> {
    let files = files_below(dist)?;
    let sizes = measure(&files)?;
    let mut together: Sizes = [0; 3];
    print_row("file", &["raw", "gzip", "brotli"].map(str::to_owned));
    for (file, size) in files.iter().zip(&sizes) {
        print_row(&file.strip_prefix(dist).unwrap_or(file).to_string_lossy(), &size.map(grouped));
        if file.extension().is_some_and(|kind| CODE.iter().any(|code| kind == *code)) {
            together.iter_mut().zip(size).for_each(|(sum, part)| *sum += part);
        }
    }
    print_row("page and worker together", &together.map(grouped));
    check(together[2])
}

fn check(brotli: u64) -> Outcome<()> {
    if brotli <= LIMIT {
        return Ok(());
    }
    Err(format!("page and worker together are {} bytes as brotli; the limit is {}", grouped(brotli), grouped(LIMIT)))
}

fn measure(files: &[PathBuf]) -> Outcome<Vec<Sizes>> {
    let said = ask(command("node").arg(root().join("xtask/sizes.mjs")).args(files)).ok_or("node could not measure the files of dist/")?;
    let sizes: Vec<Sizes> = said.lines().filter_map(read_line).collect();
    if sizes.len() == files.len() { Ok(sizes) } else { Err(format!("node measured {} of {} files of dist/", sizes.len(), files.len())) }
}

fn read_line(line: &str) -> Option<Sizes> {
    let numbers: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    numbers.try_into().ok()
}

fn print_row(name: &str, columns: &[String; 3]) {
    eprintln!("  {name:<36}{:>12}{:>12}{:>12}", columns[0], columns[1], columns[2]);
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_written() {
        assert_eq!(read_line("1200 30 4"), Some([1200, 30, 4]));
        assert_eq!(read_line("1200 30"), None);
        assert_eq!([7, 999, 1000, 1_234_567].map(grouped), ["7", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn the_limit_is_the_last_that_passes() {
        assert!(check(LIMIT).is_ok());
        assert!(check(LIMIT + 1).unwrap_err().contains("640,001"));
    }
}
