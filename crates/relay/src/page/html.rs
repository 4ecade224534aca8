//! What the relay writes into the page's html, and the policy that goes with it.

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use crate::config::TUNNEL;

/// Fills in where the tunnel is, and makes the content security policy that knows the inline scripts.
pub(super) fn prepare(html: &str) -> (String, String) {
    let html = html.replacen(r#"name="glassmq-relay" content="""#, &format!(r#"name="glassmq-relay" content="{TUNNEL}""#), 1);
    let mut scripts = String::new();
    for script in inline_scripts(&html) {
        // A browser hashes what it has after reading, where each line ends with one newline.
        let hash = Sha256::digest(script.replace("\r\n", "\n").replace('\r', "\n"));
        scripts.push_str(&format!(" 'sha256-{}'", BASE64.encode(&hash)));
    }
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; worker-src 'self'; connect-src 'self' ws: wss:; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    (html, policy)
}

/// The texts of the script elements that name no file. The page is our own, so no script hides in a comment or a string.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = split(rest, "<script") {
        let Some((attributes, after)) = split(after, ">") else { break };
        let Some((text, after)) = split(after, "</script") else { break };
        let named = attributes.split_ascii_whitespace().any(|attribute| attribute.to_ascii_lowercase().starts_with("src="));
        if !named && !text.is_empty() {
            found.push(text);
        }
        rest = after;
    }
    found
}

/// Splits at a mark, whatever its case.
fn split<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(mark.len()).position(|window| window.eq_ignore_ascii_case(mark.as_bytes()))?;
    Some((text.get(..at)?, text.get(at + mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tunnel_is_filled_in_and_inline_scripts_are_known() {
        let html = "<head><meta name=\"glassmq-relay\" content=\"\">\n<SCRIPT type=\"module\">alert('Hello, world.');</SCRIPT>\
                    <script src=\"/a.js\"></script><script\n type=module nonce>a\r\nb</script>";
        let (html, policy) = prepare(html);
        assert!(html.contains("<meta name=\"glassmq-relay\" content=\"/tunnel\">"));
        // The example of the standard: CSP level 2, 4.2.5.
        assert!(policy.contains("'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"), "{policy}");
        assert_eq!(policy.matches("sha256-").count(), 2);
        assert_eq!(inline_scripts("<script>never closed"), Vec::<&str>::new());
    }
}
