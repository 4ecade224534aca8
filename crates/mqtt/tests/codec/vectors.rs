//! The vectors of good.txt and bad.txt, and how they are written.

use mqtt::Version;

use crate::generated;

/// A line of good.txt for one version.
pub(crate) struct Good {
    pub(crate) line: usize,
    pub(crate) version: Version,
    pub(crate) bytes: Vec<u8>,
    pub(crate) says: Vec<(String, String)>,
    pub(crate) canonical: Vec<u8>,
    /// Ids of the rules it shows, of all versions.
    pub(crate) rules: Vec<&'static str>,
}

/// A line of bad.txt for one version.
pub(crate) struct Bad {
    pub(crate) line: usize,
    pub(crate) version: Version,
    pub(crate) bytes: Vec<u8>,
    pub(crate) reason: u8,
    pub(crate) at: u32,
    /// `None`: any; else the rule, `-` for none.
    pub(crate) rule: Option<String>,
    pub(crate) sentence: String,
    /// Ids of further rules it shows, of all versions.
    pub(crate) rules: Vec<&'static str>,
}

pub(crate) fn good() -> Vec<Good> {
    let mut all = Vec::new();
    for (line, text) in lines(include_str!("good.txt")) {
        let (text, rules) = text.split_once(" => ").unwrap_or((text, ""));
        let columns: Vec<&str> = text.split(" | ").collect();
        for version in versions(columns[0]) {
            let bytes = bytes(columns[1], version);
            let says = columns[2].split("; ").map(|fact| fact.split_once('=').expect("key=value"));
            all.push(Good {
                line,
                version,
                canonical: columns.get(3).map_or_else(|| bytes.clone(), |text| self::bytes(text, version)),
                bytes,
                says: says.map(|(key, value)| (key.trim().to_string(), value.trim().to_string())).collect(),
                rules: rules.split_whitespace().collect(),
            });
        }
    }
    all
}

pub(crate) fn bad() -> Vec<Bad> {
    let mut all = Vec::new();
    for (line, text) in lines(include_str!("bad.txt")) {
        let columns: Vec<&str> = text.split('|').collect();
        let words: Vec<&str> = columns[2].split_whitespace().collect();
        for version in versions(columns[0]) {
            all.push(Bad {
                line,
                version,
                bytes: bytes(columns[1], version),
                reason: u8::from_str_radix(words[0], 16).expect("reason"),
                at: words[1].trim_start_matches('@').parse().expect("offset"),
                rule: (words[2] != "*").then(|| words[2].to_string()),
                sentence: columns[3].trim().to_string(),
                rules: words[3..].iter().map(|word| word.strip_prefix('+').expect("+ before a further rule")).collect(),
            });
        }
    }
    all
}

/// All bytes of all vectors, good and bad, by hand and generated. None is there twice.
pub(crate) fn all() -> Vec<(Version, Vec<u8>)> {
    let mut all = by_hand();
    all.extend(generated::vectors().into_iter().map(|vector| (vector.version, vector.bytes)));
    all.sort_by_key(|(version, bytes)| (version.level(), bytes.clone()));
    all.dedup();
    all
}

/// The bytes of good.txt and bad.txt.
pub(crate) fn by_hand() -> Vec<(Version, Vec<u8>)> {
    let good = good().into_iter().map(|vector| (vector.version, vector.bytes));
    good.chain(bad().into_iter().map(|vector| (vector.version, vector.bytes))).collect()
}

fn lines(text: &'static str) -> impl Iterator<Item = (usize, &'static str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn versions(text: &str) -> Vec<Version> {
    let one = |name: &str| match name.trim() {
        "3.1" => Version::V31,
        "3.1.1" => Version::V311,
        "5" => Version::V5,
        other => panic!("no version: {other:?}"),
    };
    text.split(',').map(one).collect()
}

/// Reads the notation that the head of good.txt explains.
pub(crate) fn bytes(text: &str, version: Version) -> Vec<u8> {
    let (bytes, rest) = part(text, version);
    assert_eq!(rest, "", "unbalanced braces in {text}");
    bytes
}

fn part(text: &str, version: Version) -> (Vec<u8>, &str) {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        match first {
            '}' => return (out, after),
            '#' => {
                let (body, after) = part(after, version);
                out.extend(var_int(body.len()));
                out.extend(body);
                rest = after;
            }
            '{' => {
                let (inside, after) = part(after, version);
                assert!(version == Version::V5 || inside.is_empty(), "properties before 5.0 in {text}");
                if version == Version::V5 {
                    out.extend(var_int(inside.len()));
                    out.extend(inside);
                }
                rest = after;
            }
            '"' | '\'' => {
                let (content, after) = after.split_once(first).expect("closing quote");
                if first == '"' {
                    out.extend((content.len() as u16).to_be_bytes());
                }
                out.extend(content.as_bytes());
                rest = after;
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || c == '}').unwrap_or(rest.len());
                hex(&rest[..end], &mut out);
                rest = &rest[end..];
            }
        }
        rest = rest.trim_start();
    }
    (out, "")
}

fn hex(word: &str, out: &mut Vec<u8>) {
    let (digits, times) = word.split_once('*').map_or((word, 1), |(digits, times)| (digits, times.parse().expect("a number")));
    assert!(digits.len() % 2 == 0, "half a byte in {word:?}");
    let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal")).collect();
    out.extend(bytes.repeat(times));
}

/// Written anew here, so that the codec's own does not vouch for itself.
pub(crate) fn var_int(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value % 128) as u8;
        value /= 128;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 128);
    }
}
