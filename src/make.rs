//! From what forms hold to what commands want: texts to rules and to bytes. No browser, so that it is tested natively.

pub(crate) mod packet;
pub(crate) mod rule;

/// A number of a form; an empty text is `None`. An error is a whole sentence that names the field.
pub(crate) fn number(name: &str, text: &str, least: u32, most: u32) -> Result<Option<u32>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<u32>() {
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(format!("{name}: a whole number from {least} to {most} is wanted.")),
    }
}
