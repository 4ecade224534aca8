//! Lines of a file, and what is said of a bad one.

use alloc::string::String;
use core::fmt;

/// A line that the file may not hold. The whole file is refused with it: rights that are half read are wrong rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// One or two sentences: what is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl core::error::Error for BadLine {}

/// A line, without the blanks and the line end behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    no: usize,
    pub(crate) text: &'a str,
}

/// The lines that say something: neither empty nor a comment. As with mosquitto, only a `#` in the first column begins a comment.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    // Editors of one operating system begin a file with a mark that nobody sees. Left in, it would become part of the first word.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.split('\n').enumerate().map(|(no, line)| Line { no: no.saturating_add(1), text: line.trim_end_matches(blank) });
    lines.filter(|line| !line.text.is_empty() && !line.text.starts_with('#'))
}

/// What C calls a space; Unicode has more, and those may be part of a name.
pub(crate) fn blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t'..='\r')
}

impl Line<'_> {
    /// Says what is wrong where `rest` begins, which must be the end of this line.
    pub(crate) fn bad(&self, rest: &str, what: impl Into<String>) -> BadLine {
        self.bad_at(self.text.len().saturating_sub(rest.len()), what)
    }

    /// Says what is wrong at a byte.
    pub(crate) fn bad_at(&self, at: usize, what: impl Into<String>) -> BadLine {
        let before = self.text.char_indices().take_while(|&(start, _)| start < at).count();
        BadLine { line: self.no, column: before.saturating_add(1), what: what.into() }
    }
}
