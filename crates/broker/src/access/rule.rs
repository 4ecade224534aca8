//! One rule of an acl_file: a Topic Filter, with the names of whoever asks put in where it says so.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::acl::Who;

/// What a rule does with the topics that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    Read,
    Write,
    ReadWrite,
    Deny,
}

/// A rule. Its filter is kept in pieces, so that nothing is put together for a message: a delivery asks, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) grant: Grant,
    pieces: Box<[Piece]>,
    /// Whether it begins with `$` as it stands in the file; else it never speaks of a topic that does, whatever a client calls itself.
    reserved: bool,
    uses_client: bool,
    uses_user: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Some levels, or parts of them, as they are.
    Text(Box<str>),
    /// `%c`
    Client,
    /// `%u`
    User,
    /// `+`
    OneLevel,
    /// `#` alone.
    Everything,
    /// `/#`: this level and those below.
    Below,
}

impl Grant {
    pub(crate) fn parse(word: &str) -> Option<Grant> {
        match word {
            "read" => Some(Grant::Read),
            "write" => Some(Grant::Write),
            "readwrite" => Some(Grant::ReadWrite),
            "deny" => Some(Grant::Deny),
            _ => None,
        }
    }

    pub(crate) fn reads(self) -> bool {
        matches!(self, Grant::Read | Grant::ReadWrite)
    }

    pub(crate) fn writes(self) -> bool {
        matches!(self, Grant::Write | Grant::ReadWrite)
    }
}

impl Rule {
    /// A rule of a legal filter. Only in a pattern do `%c` and `%u` stand for names.
    pub(crate) fn new(grant: Grant, filter: &str, is_pattern: bool) -> Rule {
        let pieces = cut(filter, is_pattern);
        let (uses_client, uses_user) = (pieces.contains(&Piece::Client), pieces.contains(&Piece::User));
        Rule { grant, pieces: pieces.into(), reserved: filter.starts_with('$'), uses_client, uses_user }
    }

    /// Whether it may grant anything to this client: not if a name that it uses would reach levels that it does not name.
    pub(crate) fn may_grant(&self, who: &Who<'_>) -> bool {
        let one_level = |name: &str| !name.is_empty() && !name.contains('/');
        (!self.uses_client || one_level(who.client)) && (!self.uses_user || who.user.is_some_and(one_level))
    }

    /// Whether its filter matches a Topic Name. A name's characters stand for themselves.
    pub(crate) fn matches(&self, who: &Who<'_>, topic: &str) -> bool {
        if topic.starts_with('$') && !self.reserved {
            return false;
        }
        let mut rest = topic;
        for piece in &self.pieces {
            let after = match piece {
                Piece::Text(text) => rest.strip_prefix(&**text),
                Piece::Client => rest.strip_prefix(who.client),
                Piece::User => who.user.and_then(|user| rest.strip_prefix(user)),
                Piece::OneLevel => Some(rest.find('/').and_then(|end| rest.get(end..)).unwrap_or_default()),
                Piece::Everything => return true,
                Piece::Below => return rest.is_empty() || rest.starts_with('/'),
            };
            match after {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// Whether its filter matches all that another filter matches.
    pub(crate) fn covers(&self, who: &Who<'_>, filter: &str) -> bool {
        (self.reserved || !filter.starts_with('$')) && self.filter(who).is_some_and(|own| covers(&own, filter))
    }

    /// Whether there may be a topic that both its filter and another filter match.
    pub(crate) fn overlaps(&self, who: &Who<'_>, filter: &str) -> bool {
        // A wildcard at the front does not stand for a level that begins with `$` [MQTT-4.7.2-1].
        let same_side = if self.reserved { !filter.starts_with(['+', '#']) } else { !filter.starts_with('$') };
        same_side && self.filter(who).is_some_and(|own| overlaps(&own, filter))
    }

    /// Its filter with the names put in; `None` if it uses a user name and there is none.
    fn filter(&self, who: &Who<'_>) -> Option<String> {
        let mut filter = String::new();
        for piece in &self.pieces {
            filter.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Client => who.client,
                Piece::User => who.user?,
                Piece::OneLevel => "+",
                Piece::Everything => "#",
                Piece::Below => "/#",
            });
        }
        Some(filter)
    }
}

/// Cuts a filter into pieces.
fn cut(filter: &str, is_pattern: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = filter;
    while let Some(letter) = rest.chars().next() {
        let (piece, length) = match letter {
            '%' if is_pattern && rest.starts_with("%c") => (Some(Piece::Client), 2),
            '%' if is_pattern && rest.starts_with("%u") => (Some(Piece::User), 2),
            '+' => (Some(Piece::OneLevel), 1),
            // A slash stands before it unless it is alone, and belongs to it: "a/#" matches "a" too.
            '#' if text.pop().is_some() => (Some(Piece::Below), 1),
            '#' => (Some(Piece::Everything), 1),
            _ => (None, letter.len_utf8()),
        };
        match piece {
            None => text.push(letter),
            Some(piece) => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(core::mem::take(&mut text).into()));
                }
                pieces.push(piece);
            }
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
    pieces
}

fn covers(wide: &str, narrow: &str) -> bool {
    let (mut wide, mut narrow) = (wide.split('/'), narrow.split('/'));
    loop {
        match (wide.next(), narrow.next()) {
            (Some("#"), _) | (None, None) => return true,
            (_, None | Some("#")) | (None, _) => return false,
            (Some(wide), Some(narrow)) if wide == "+" || wide == narrow => {}
            (Some(_), Some(_)) => return false,
        }
    }
}

fn overlaps(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.split('/'), right.split('/'));
    loop {
        match (left.next(), right.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (None, _) | (_, None) => return false,
            (Some(left), Some(right)) if left == right || left == "+" || right == "+" => {}
            (Some(_), Some(_)) => return false,
        }
    }
}
