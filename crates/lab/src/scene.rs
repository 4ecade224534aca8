//! Built-in scenes: the lessons, as they stand in `www/lessons`.

/// Names and texts of the built-in scenes, the one that a new page shows first.
pub const SCENES: &[(&str, &str)] = &[
    ("car-lock", include_str!("../../../www/lessons/car-lock.scn")),
    ("qos-side-by-side", include_str!("../../../www/lessons/qos-side-by-side.scn")),
    ("lost-pubrec", include_str!("../../../www/lessons/lost-pubrec.scn")),
    ("cut-in-publish", include_str!("../../../www/lessons/cut-in-publish.scn")),
    ("takeover", include_str!("../../../www/lessons/takeover.scn")),
    ("will", include_str!("../../../www/lessons/will.scn")),
    ("retained", include_str!("../../../www/lessons/retained.scn")),
    ("offline-queue", include_str!("../../../www/lessons/offline-queue.scn")),
    ("request-response", include_str!("../../../www/lessons/request-response.scn")),
    ("bad-manners", include_str!("../../../www/lessons/bad-manners.scn")),
];

/// The text of a scene.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    SCENES.iter().find(|(other, _)| *other == name).map(|(_, text)| *text)
}
