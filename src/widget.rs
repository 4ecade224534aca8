//! Parts without a word about MQTT.

pub(crate) mod canvas;
pub(crate) mod dialog;
pub(crate) mod file;
pub(crate) mod form;
pub(crate) mod hex;
pub(crate) mod live;
pub(crate) mod toasts;
