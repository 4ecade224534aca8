//! The table of rules, as the conformance command wrote it (`www/rules.json`). It is large and seldom wanted: it is fetched when
//! somebody wants it.

#[cfg(target_arch = "wasm32")]
pub(crate) use fetched::{Table, load};

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    /// Its id, normative or our own.
    pub(crate) id: String,
    /// The rule in short words.
    pub(crate) sentence: String,
    /// Tests that ran and named it.
    pub(crate) tests: u32,
    /// What came of them.
    pub(crate) result: String,
}

/// What was fetched, left to the browser to read.
#[cfg(target_arch = "wasm32")]
mod fetched {
    use js_sys::{Array, JSON, Reflect};
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::Response;

    use super::Rule;

    /// Where it lies, beside the page.
    const URL: &str = "rules.json";

    /// The table.
    #[derive(Clone, Debug)]
    pub(crate) struct Table(JsValue);

    /// Fetches the table.
    pub(crate) fn load(then: impl Fn(Result<Table, ()>) + 'static) {
        spawn_local(async move { then(fetch().await.map(Table).map_err(drop)) });
    }

    async fn fetch() -> Result<JsValue, JsValue> {
        let response: Response = JsFuture::from(window().fetch_with_str(URL)).await?.dyn_into()?;
        let text = JsFuture::from(response.text()?).await?;
        JSON::parse(&text.as_string().unwrap_or_default())
    }

    impl Table {
        /// The rules of a packet in a version, as people write it; those of all packets last.
        pub(crate) fn of(&self, version: &str, packet: &str) -> Vec<Rule> {
            let packets = get(&get(&self.0, "packets"), version);
            let rules = get(&self.0, "rules");
            let ids = [packet, ""].into_iter().flat_map(|name| list(&get(&packets, name)));
            let rule = |id: JsValue| {
                let id = id.as_string()?;
                let mut of = list(&get(&rules, &id)).into_iter();
                let (sentence, tests, result) = (of.next()?, of.next()?, of.next()?);
                let tests = tests.as_f64().unwrap_or_default() as u32;
                Some(Rule { id, sentence: sentence.as_string()?, tests, result: result.as_string()? })
            };
            ids.filter_map(rule).collect()
        }
    }

    fn get(of: &JsValue, name: &str) -> JsValue {
        Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
    }

    fn list(of: &JsValue) -> Vec<JsValue> {
        of.dyn_ref::<Array>().map(Array::to_vec).unwrap_or_default()
    }
}
