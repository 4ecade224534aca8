//! Topics as a tree: levels once, in order, leaves with what was seen of them.

use contract::TopicView;

/// One line of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line<'a> {
    /// Nesting, from 0.
    pub(crate) depth: usize,
    /// Name of the level; a level that has more below it ends in a slash.
    pub(crate) name: String,
    /// The topic that ends here.
    pub(crate) topic: Option<&'a TopicView>,
}

/// The lines of the tree. The topics come in order of their names.
pub(crate) fn lines(topics: &[TopicView]) -> Vec<Line<'_>> {
    let mut out: Vec<Line<'_>> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for topic in topics {
        let levels: Vec<&str> = topic.topic.split('/').collect();
        let (leaf, parents) = match levels.split_last() {
            Some(split) => split,
            None => continue,
        };
        let shared = open.iter().zip(parents).take_while(|(a, b)| a == b).count();
        open.truncate(shared);
        for level in parents.iter().skip(shared) {
            out.push(Line { depth: open.len(), name: format!("{level}/"), topic: None });
            open.push(level);
        }
        out.push(Line { depth: open.len(), name: (*leaf).to_owned(), topic: Some(topic) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(topic: &str) -> TopicView {
        TopicView { topic: topic.into(), value: None, len: 0, retained: false }
    }

    #[test]
    fn levels_stand_once() {
        let topics = [seen("car/Car001/lock"), seen("car/Car001/state"), seen("home"), seen("home/x")];
        let drawn: Vec<String> = lines(&topics).iter().map(|line| format!("{}{}", " ".repeat(line.depth), line.name)).collect();
        assert_eq!(drawn, ["car/", " Car001/", "  lock", "  state", "home", "home/", " x"]);
    }
}
