//! Whether a `style` attribute hides its element.

/// `display:none` or `visibility:hidden`, the last word of each property counting.
pub(super) fn hides(style: &str) -> bool {
    let (mut is_displayed, mut is_visible) = (true, true);
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else {
            continue;
        };
        let value = value.trim_ascii();
        let is = |word: &str| {
            let begin = value.get(..word.len());
            let rest = value.get(word.len()..).unwrap_or_default().trim_ascii_start();
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(word))
                && (rest.is_empty() || rest.starts_with('!'))
        };
        let property = property.trim_ascii();
        if property.eq_ignore_ascii_case("display") {
            is_displayed = !is("none");
        } else if property.eq_ignore_ascii_case("visibility") {
            is_visible = !is("hidden") && !is("collapse");
        }
    }
    !is_displayed || !is_visible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_takes_an_element_away_hides_it() {
        for style in [
            "display: none;",
            "DISPLAY:NONE",
            "color:red; display : none !important",
            "visibility:hidden",
            "width:1px;visibility: hidden ;x",
        ] {
            assert!(hides(style), "{style}");
        }
        for style in [
            "",
            "display",
            "display:block",
            "display:none;display:block",
            "display:nonesuch",
            "x-display:none",
            "background:url(display:none)",
            "visibility:visible",
            "visibility:ä",
        ] {
            assert!(!hides(style), "{style}");
        }
    }
}
