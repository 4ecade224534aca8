//! Topic Names and Topic Filters: what they may be, and which filter matches which name.

use core::fmt;

/// The most bytes of a Topic Name or Topic Filter [MQTT-4.7.3-3].
pub const MAX_LEN: usize = 65_535;

/// A topic that one can publish to: at least one character, no U+0000, no `+` and no `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName<'a>(&'a str);

/// What one can subscribe to: a pattern of topics, perhaps with a share name before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter<'a> {
    whole: &'a str,
    /// Where the pattern begins: behind `$share/{group}/`.
    pattern_at: usize,
}

impl<'a> TopicName<'a> {
    /// Judges a name.
    #[inline]
    pub fn parse(topic: &'a str) -> Result<TopicName<'a>, BadTopic> {
        let at = |byte: u8| topic.bytes().position(|found| found == byte).unwrap_or_default();
        // [MQTT-4.7.3-1, MQTT-4.7.3-2, MQTT-4.7.3-3, MQTT-4.7.0-1; 3.1.1: MQTT-4.7.1-1]
        let (mut wild, mut nul) = (false, false);
        for byte in topic.bytes() {
            wild |= byte == b'+' || byte == b'#';
            nul |= byte == 0;
        }
        match (topic.len(), wild, nul) {
            (0, ..) => Err(BadTopic { at: 0, why: BadTopicWhy::Empty }),
            (1..=MAX_LEN, false, false) => Ok(TopicName(topic)),
            (1..=MAX_LEN, true, _) => {
                let at = topic.bytes().position(|byte| matches!(byte, b'+' | b'#')).unwrap_or_default();
                Err(BadTopic { at, why: BadTopicWhy::Wildcard })
            }
            (1..=MAX_LEN, false, true) => Err(BadTopic { at: at(0), why: BadTopicWhy::Nul }),
            _ => Err(BadTopic { at: MAX_LEN, why: BadTopicWhy::TooLong }),
        }
    }

    /// The name.
    #[inline]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The levels between the slashes; an empty level is a level [MQTT-4.7.3-4].
    #[inline]
    pub fn levels(self) -> impl DoubleEndedIterator<Item = &'a str> + Clone {
        self.0.split('/')
    }

    /// Whether it begins with `$`: no filter that begins with a wildcard matches it [MQTT-4.7.2-1].
    #[inline]
    pub const fn is_reserved(self) -> bool {
        matches!(self.0.as_bytes().first(), Some(b'$'))
    }
}

impl<'a> TopicFilter<'a> {
    /// Judges a filter as 5.0 does, where `$share/{group}/{pattern}` is a shared subscription. `$share` alone and `$sharex/…` are ordinary.
    #[inline]
    pub fn parse(filter: &'a str) -> Result<TopicFilter<'a>, BadFilter> {
        let pattern_at = match filter.strip_prefix("$share/") {
            Some(rest) => share(rest, filter.len().saturating_sub(rest.len()))?,
            None => 0,
        };
        TopicFilter::check(filter, pattern_at)
    }

    /// Judges a filter as 3.1 and 3.1.1 do, which know no shared subscriptions: `$share/…` is an ordinary pattern.
    pub fn parse_unshared(filter: &'a str) -> Result<TopicFilter<'a>, BadFilter> {
        TopicFilter::check(filter, 0)
    }

    fn check(whole: &'a str, pattern_at: usize) -> Result<TopicFilter<'a>, BadFilter> {
        // [MQTT-4.7.3-1, MQTT-4.7.3-3]
        if whole.is_empty() {
            return Err(BadFilter { at: 0, why: BadFilterWhy::Empty });
        }
        if whole.len() > MAX_LEN {
            return Err(BadFilter { at: MAX_LEN, why: BadFilterWhy::TooLong });
        }
        let mut before = b'/';
        let mut rest = whole.as_bytes().get(pattern_at..).unwrap_or_default();
        let mut at = pattern_at;
        while let Some((&byte, more)) = rest.split_first() {
            let why = match byte {
                // [MQTT-4.7.3-2]
                0 => Some(BadFilterWhy::Nul),
                // [MQTT-4.7.1-1; 3.1.1: MQTT-4.7.1-2]
                b'#' if before != b'/' => Some(BadFilterWhy::HashNotAlone),
                b'#' if !more.is_empty() => Some(BadFilterWhy::HashNotLast),
                // [MQTT-4.7.1-2; 3.1.1: MQTT-4.7.1-3]
                b'+' if before != b'/' || !matches!(more.first(), None | Some(b'/')) => Some(BadFilterWhy::PlusNotAlone),
                _ => None,
            };
            if let Some(why) = why {
                return Err(BadFilter { at, why });
            }
            before = byte;
            rest = more;
            at = at.saturating_add(1);
        }
        Ok(TopicFilter { whole, pattern_at })
    }

    /// The filter as it was sent, share name included: what UNSUBSCRIBE compares byte for byte [MQTT-3.10.4-1].
    #[inline]
    pub const fn as_str(self) -> &'a str {
        self.whole
    }

    /// The pattern that topics are held against: without `$share/{group}/`. Rights are to be asked for this one.
    #[inline]
    pub fn pattern(self) -> &'a str {
        self.whole.get(self.pattern_at..).unwrap_or(self.whole)
    }

    /// Share name and pattern of a shared subscription.
    pub fn share(self) -> Option<(&'a str, &'a str)> {
        if self.pattern_at == 0 {
            return None;
        }
        self.whole.strip_prefix("$share/").and_then(|rest| rest.split_once('/'))
    }

    /// The levels of the pattern.
    #[inline]
    pub fn levels(self) -> impl DoubleEndedIterator<Item = &'a str> + Clone {
        self.pattern().split('/')
    }

    /// Whether the pattern holds `+` or `#`.
    pub fn has_wildcard(self) -> bool {
        self.pattern().bytes().any(|byte| matches!(byte, b'+' | b'#'))
    }

    /// Whether the pattern matches: the reference, level by level, that a faster router is tested against.
    pub fn matches(self, topic: TopicName<'_>) -> bool {
        matches(self.pattern(), topic.as_str())
    }
}

/// Behind `$share/` (which ends at byte `at`): a share name of at least one character and without wildcards, a slash, and a filter
/// [MQTT-4.8.2-1, MQTT-4.8.2-2]. Gives where the filter begins.
fn share(rest: &str, at: usize) -> Result<usize, BadFilter> {
    let bad = |offset: usize, why| Err(BadFilter { at: at.saturating_add(offset), why });
    let Some((group, pattern)) = rest.split_once('/') else { return bad(rest.len(), BadFilterWhy::ShareWithoutFilter) };
    if group.is_empty() {
        return bad(0, BadFilterWhy::ShareNameEmpty);
    }
    if let Some(offset) = group.bytes().position(|byte| matches!(byte, b'+' | b'#' | 0)) {
        return bad(offset, BadFilterWhy::ShareNameWildcard);
    }
    if pattern.is_empty() {
        return bad(rest.len(), BadFilterWhy::ShareWithoutFilter);
    }
    Ok(at.saturating_add(group.len()).saturating_add(1))
}

/// Whether a legal pattern matches a legal name. `#` also stands for the level above it; a wildcard at the front does not stand for
/// a first level that begins with `$` [MQTT-4.7.2-1]. Bytes are compared as they are [MQTT-4.7.3-4].
pub fn matches(pattern: &str, topic: &str) -> bool {
    if topic.starts_with('$') && (pattern.starts_with('+') || pattern.starts_with('#')) {
        return false;
    }
    let mut levels = topic.split('/');
    for wanted in pattern.split('/') {
        if wanted == "#" {
            return true;
        }
        match levels.next() {
            Some(level) if wanted == "+" || wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// Why a text is no Topic Name, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTopic {
    /// Byte offset in the text.
    pub at: usize,
    /// What is wrong there.
    pub why: BadTopicWhy,
}

/// What is wrong with a Topic Name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTopicWhy {
    /// It has no character [MQTT-4.7.3-1].
    Empty,
    /// It is longer than 65,535 bytes [MQTT-4.7.3-3].
    TooLong,
    /// It holds U+0000 [MQTT-4.7.3-2].
    Nul,
    /// It holds `+` or `#` [MQTT-3.3.2-2].
    Wildcard,
}

/// Why a text is no Topic Filter, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFilter {
    /// Byte offset in the text.
    pub at: usize,
    /// What is wrong there.
    pub why: BadFilterWhy,
}

/// What is wrong with a Topic Filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFilterWhy {
    /// It has no character [MQTT-4.7.3-1].
    Empty,
    /// It is longer than 65,535 bytes [MQTT-4.7.3-3].
    TooLong,
    /// It holds U+0000 [MQTT-4.7.3-2].
    Nul,
    /// `#` shares its level with something [MQTT-4.7.1-1].
    HashNotAlone,
    /// Something follows `#` [MQTT-4.7.1-1].
    HashNotLast,
    /// `+` shares its level with something [MQTT-4.7.1-2].
    PlusNotAlone,
    /// Nothing stands between `$share/` and the next slash [MQTT-4.8.2-1].
    ShareNameEmpty,
    /// The share name holds `+`, `#` or U+0000 [MQTT-4.8.2-2].
    ShareNameWildcard,
    /// No filter follows the share name [MQTT-4.8.2-2].
    ShareWithoutFilter,
}

impl fmt::Display for BadTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            BadTopicWhy::Empty => f.write_str("The Topic Name is empty; it must have at least one character."),
            BadTopicWhy::TooLong => f.write_str("The Topic Name is too long; 65535 bytes are the most."),
            BadTopicWhy::Nul => write!(f, "Byte {} of the Topic Name is U+0000, which no topic may hold.", self.at),
            BadTopicWhy::Wildcard => {
                write!(f, "Byte {} of the Topic Name is + or #; wildcards are for subscribing, not for publishing.", self.at)
            }
        }
    }
}

impl fmt::Display for BadFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self.why {
            BadFilterWhy::Empty => return f.write_str("The Topic Filter is empty; it must have at least one character."),
            BadFilterWhy::TooLong => return f.write_str("The Topic Filter is too long; 65535 bytes are the most."),
            BadFilterWhy::Nul => "is U+0000, which no topic may hold",
            BadFilterWhy::HashNotAlone => "is a # that shares its level; it must stand alone or after a slash",
            BadFilterWhy::HashNotLast => "is a # that something follows; it must be the last character",
            BadFilterWhy::PlusNotAlone => "is a + that shares its level; it must fill the whole level",
            BadFilterWhy::ShareNameEmpty => "should begin the share name, which is empty; it is $share/{name}/{filter}",
            BadFilterWhy::ShareNameWildcard => "of the share name is + or # or U+0000, which it may not hold",
            BadFilterWhy::ShareWithoutFilter => "should begin the filter after the share name; it is $share/{name}/{filter}",
        };
        write!(f, "Byte {} of the Topic Filter {sentence}.", self.at)
    }
}

impl core::error::Error for BadTopic {}
impl core::error::Error for BadFilter {}
