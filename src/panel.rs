//! The panels. One file is one panel: it reads signals of the store and asks through the bridge.

pub(crate) mod access;
pub(crate) mod add_device;
pub(crate) mod compare;
pub(crate) mod composer;
pub(crate) mod connect;
pub(crate) mod devices;
pub(crate) mod exchange;
pub(crate) mod explorer;
pub(crate) mod files;
pub(crate) mod footer;
pub(crate) mod header;
pub(crate) mod ladder;
pub(crate) mod lineage;
pub(crate) mod packet;
pub(crate) mod proof;
pub(crate) mod publish;
pub(crate) mod rules;
pub(crate) mod scene;
pub(crate) mod session;
pub(crate) mod shortcuts;
pub(crate) mod strips;
pub(crate) mod tabs;
pub(crate) mod timeline;
pub(crate) mod topics;
pub(crate) mod touch;
