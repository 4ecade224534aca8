//! A line of a scenario, read word by word.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::SyntaxError;

pub(super) type Result<T> = core::result::Result<T, SyntaxError>;

/// What is left of a line.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    pub(super) no: u32,
    column: u32,
    rest: &'a str,
}

/// A word, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Word {
    column: u32,
    pub(super) text: String,
    quoted: bool,
}

impl<'a> Line<'a> {
    pub(super) fn new(no: u32, text: &'a str) -> Line<'a> {
        Line { no, column: 1, rest: text }
    }

    /// The next word, or none at the end of the line.
    pub(super) fn next(&mut self) -> Result<Option<Word>> {
        let after = self.rest.trim_start();
        self.skip(self.rest.len().saturating_sub(after.len()));
        let column = self.column;
        if self.rest.starts_with('"') {
            return self.quoted(column).map(Some);
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let text = String::from(self.rest.get(..end).unwrap_or_default());
        self.skip(end);
        Ok((!text.is_empty()).then_some(Word { column, text, quoted: false }))
    }

    /// The next word; `expected`: what it must be, for people.
    pub(super) fn word(&mut self, expected: &str) -> Result<Word> {
        match self.next()? {
            Some(word) => Ok(word),
            None => Err(self.error(self.column, &alloc::format!("expected {expected}, found the end of the line"))),
        }
    }

    pub(super) fn text(&mut self, expected: &str) -> Result<String> {
        self.word(expected).map(|word| word.text)
    }

    /// Takes the next word if it is this one.
    pub(super) fn takes(&mut self, keyword: &str) -> Result<bool> {
        let mut after = self.clone();
        let is = after.next()?.is_some_and(|word| !word.quoted && word.text == keyword);
        if is {
            *self = after;
        }
        Ok(is)
    }

    /// The next word must be this one.
    pub(super) fn keyword(&mut self, keyword: &str) -> Result<()> {
        let word = self.word(&alloc::format!("`{keyword}`"))?;
        if word.text == keyword && !word.quoted { Ok(()) } else { Err(self.expected(&word, &alloc::format!("`{keyword}`"))) }
    }

    /// One of a few words.
    pub(super) fn one_of<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let expected = alloc::format!("one of {}", names.join(", "));
        let word = self.word(&expected)?;
        let found = choices.iter().find(|(name, _)| *name == word.text);
        found.map(|(_, choice)| *choice).ok_or_else(|| self.expected(&word, &expected))
    }

    pub(super) fn yes(&mut self) -> Result<bool> {
        self.one_of(&[("yes", true), ("no", false)])
    }

    /// A number between these.
    pub(super) fn number(&mut self, least: u64, most: u64) -> Result<u64> {
        let expected = alloc::format!("a number from {least} to {most}");
        let word = self.word(&expected)?;
        let number = word.text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| self.expected(&word, &expected))
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(self.number(0, u32::MAX.into())? as u32)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(self.number(0, u16::MAX.into())? as u16)
    }

    pub(super) fn qos(&mut self) -> Result<u8> {
        Ok(self.number(0, 2)? as u8)
    }

    /// A time in microseconds.
    pub(super) fn time(&mut self) -> Result<u64> {
        let expected = "a time like 250us, 20ms, 5s, 2m, 1h or 0";
        let word = self.word(expected)?;
        let digits = word.text.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let unit = word.text.get(digits.len()..).unwrap_or_default();
        let unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, micros)| *micros);
        let unit = unit.or_else(|| (word.text == "0").then_some(0));
        let time = digits.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
        time.ok_or_else(|| self.expected(&word, expected))
    }

    /// A time in milliseconds.
    pub(super) fn millis(&mut self) -> Result<u32> {
        let before = self.clone();
        let micros = self.time()?;
        let millis = u32::try_from(micros / 1_000).ok().filter(|_| micros % 1_000 == 0);
        let column = before.column.saturating_add(1);
        millis.ok_or_else(|| before.error(column, "expected a time of whole milliseconds, up to 49 days"))
    }

    /// A number with up to three decimals, in thousandths.
    pub(super) fn thousandths(&mut self) -> Result<i32> {
        let expected = "a number like 21.5, from -2147483 to 2147483";
        let word = self.word(expected)?;
        read_thousandths(&word.text).ok_or_else(|| self.expected(&word, expected))
    }

    /// Bytes: text, or `hex:` and digits.
    pub(super) fn bytes(&mut self, expected: &str) -> Result<Vec<u8>> {
        let word = self.word(expected)?;
        match word.text.strip_prefix("hex:").filter(|_| !word.quoted) {
            None => Ok(word.text.into_bytes()),
            Some(digits) => read_hex(digits).ok_or_else(|| self.expected(&word, "pairs of hexadecimal digits after hex:")),
        }
    }

    /// Nothing more may stand here.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.next()? {
            None => Ok(()),
            Some(word) => Err(self.expected(&word, "the end of the line")),
        }
    }

    /// All that is left, as it stands.
    pub(super) fn rest(&self) -> &'a str {
        self.rest.trim()
    }

    pub(super) fn expected(&self, word: &Word, expected: &str) -> SyntaxError {
        let found: String = word.text.chars().take(40).collect();
        self.error(word.column, &alloc::format!("expected {expected}, found `{found}`"))
    }

    pub(super) fn error(&self, column: u32, what: &str) -> SyntaxError {
        SyntaxError { line: self.no, column, what: what.to_string() }
    }

    fn skip(&mut self, bytes: usize) {
        let (gone, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.column = self.column.saturating_add(gone.chars().count() as u32);
        self.rest = rest;
    }

    fn quoted(&mut self, column: u32) -> Result<Word> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.skip(at.saturating_add(1));
                    return Ok(Word { column, text, quoted: true });
                }
                '\\' => {
                    let escape = chars.next().map_or(' ', |(_, c)| c);
                    let plain = match escape {
                        '"' | '\\' => Some(escape),
                        'n' => Some('\n'),
                        'r' => Some('\r'),
                        't' => Some('\t'),
                        'u' => {
                            let digits: String =
                                chars.by_ref().map(|(_, c)| c).skip_while(|c| *c == '{').take_while(|c| *c != '}').collect();
                            u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
                        }
                        _ => None,
                    };
                    let here = column.saturating_add(self.rest.get(..at).unwrap_or_default().chars().count() as u32);
                    text.push(plain.ok_or_else(|| self.error(here, "expected one of \\\" \\\\ \\n \\r \\t \\u{hex} in quotes"))?);
                }
                c => text.push(c),
            }
        }
        Err(self.error(column, "expected a closing quote before the end of the line"))
    }
}

/// Units of time, largest last, with their microseconds.
pub(super) const UNITS: [(&str, u64); 5] = [("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000)];

fn read_hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, odd) = digits.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    if odd.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

fn read_thousandths(text: &str) -> Option<i32> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) || whole.is_empty() {
        return None;
    }
    let part: i64 = alloc::format!("{part:0<3}").parse().ok()?;
    let number = i64::from(whole.parse::<u32>().ok()?).checked_mul(1_000)?.checked_add(part)?;
    i32::try_from(if negative { number.checked_neg()? } else { number }).ok()
}
