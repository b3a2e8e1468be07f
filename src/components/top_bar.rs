//! The bar on top: brand, where we are, views, language, theme.

use highwater_player::lang::Lang;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::say;
use crate::action::Action;
use crate::options::{Theme, View};

/// What [`top_bar`] shows.
pub struct TopBarProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The theme.
    pub theme: Theme,
    /// The family and the title of the scenario, in a player.
    pub place: Option<(&'a str, &'a str)>,
    /// The view, where there are views.
    pub view: Option<View>,
    /// The way to the course's home.
    pub home: &'a str,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// The bar.
pub fn top_bar(props: &TopBarProps<'_>) -> Html {
    let lang = props.lang;
    html! {
        <header key="top" class="top">
            <a class="brand" href={props.home.to_owned()}>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                    <clipPath id="brand-mark"><rect x="3" y="3" width="18" height="18" rx="4.5" /></clipPath>
                    <rect class="mark-box" x="3" y="3" width="18" height="18" rx="4.5" />
                    <path class="mark-water" clip-path="url(#brand-mark)" d="M3 15.5c4.5 0 6-1.2 8-2.6 1.6-1.1 2.8-1.9 4.5-2.2V21H3z" />
                    <path class="mark-line" d="M15.5 1.5V22.5" />
                </svg>
                { "Highwater" }
            </a>
            <div class="where">
                if let Some((family, title)) = props.place {
                    <nav class="crumbs" aria-label={say(lang, "breadcrumb")}>
                        <a class="fam" href={props.home.to_owned()}>{ family }</a><i>{ "/" }</i><b aria-current="page" title={title.to_owned()}>{ title }</b>
                    </nav>
                }
            </div>
            <span class="spacer"></span>
            <div class="wide">
                if let Some(view) = props.view {
                    { views(&ViewsProps { lang, view, dispatch: props.dispatch, id: "tab" }) }
                }
            </div>
            <div class="seg" role="group" aria-label={say(lang, "language")}>
                { for Lang::ALL.into_iter().map(|one| {
                    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Lang(one));
                    let name = match one { Lang::En => "EN", Lang::Zh => "中文" };
                    html! {
                        <button key={one.code()} type="button" aria-pressed={(one == lang).to_string()} lang={one.code()}
                            data-action={format!("lang-{}", one.code())} {onclick}>{ name }</button>
                    }
                }) }
            </div>
            { theme_button(&ThemeButtonProps { lang, theme: props.theme, dispatch: props.dispatch }) }
        </header>
    }
}

/// What [`views`] shows.
pub struct ViewsProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The view that is shown.
    pub view: View,
    /// The beginning of the tabs' ids.
    pub id: &'a str,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// The views as tabs.
pub fn views(props: &ViewsProps<'_>) -> Html {
    let ViewsProps { lang, view, id, dispatch } = *props;
    let onkeydown = {
        let dispatch = dispatch.clone();
        let id = id.to_owned();
        Callback::from(move |event: KeyboardEvent| {
            let index = View::ALL.iter().position(|one| *one == view).unwrap_or_default();
            let count = View::ALL.len();
            let to = match event.key().as_str() {
                "ArrowRight" => (index + 1) % count,
                "ArrowLeft" => (index + count - 1) % count,
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            event.prevent_default();
            if let Some(to) = View::ALL.get(to) {
                dispatch.emit(Action::View(*to));
                crate::browser::focus(&format!("#{id}-{}", to.code()));
            }
        })
    };
    html! {
        <div class="seg" role="tablist" aria-label={say(lang, "view")} {onkeydown}>
            { for View::ALL.into_iter().map(|one| {
                let onclick = dispatch.reform(move |_: MouseEvent| Action::View(one));
                let chosen = one == view;
                html! {
                    <button key={one.code()} type="button" role="tab" id={format!("{id}-{}", one.code())} aria-selected={chosen.to_string()}
                        aria-controls="view-panel" tabindex={if chosen { "0" } else { "-1" }} data-action={format!("view-{}", one.code())} {onclick}>
                        { say(lang, one.code()) }
                    </button>
                }
            }) }
        </div>
    }
}

/// What [`theme_button`] shows.
pub struct ThemeButtonProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The theme.
    pub theme: Theme,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// Auto, light and dark, one after the other.
fn theme_button(props: &ThemeButtonProps<'_>) -> Html {
    let next = props.theme.next();
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Theme(next));
    let (sign, name) = match props.theme {
        Theme::Auto => (Sign::Half, "theme_auto"),
        Theme::Light => (Sign::Sun, "theme_light"),
        Theme::Dark => (Sign::Moon, "theme_dark"),
    };
    let name = say(props.lang, name);
    html! {
        <button type="button" class="iconbtn" aria-label={name.clone()} title={name} data-action="theme" data-theme={props.theme.code()} {onclick}>
            { icon(sign) }
        </button>
    }
}
