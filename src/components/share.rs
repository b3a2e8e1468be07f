//! The link to exactly this picture, to be copied.

use highwater_player::lang::Lang;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::say;
use crate::action::{Action, ShareAction};

/// What the dialog shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The link; none if no link leads here.
    pub link: Option<String>,
    /// It is in the clipboard, or could not be put there; none while nobody has tried.
    pub is_copied: Option<bool>,
}

/// The dialog.
pub fn share(lang: Lang, share: &Share, dispatch: &Callback<Action>) -> Html {
    let close = dispatch.reform(|_: MouseEvent| Action::Share(ShareAction::Close));
    let onclose = dispatch.reform(|_: Event| Action::Share(ShareAction::Close));
    let copy = dispatch.reform(|_: MouseEvent| Action::Share(ShareAction::Copy));
    let status = match share.is_copied {
        None => String::new(),
        Some(true) => say(lang, "share_copied"),
        Some(false) => say(lang, "share_by_hand"),
    };
    html! {
        <dialog id="share" class="help fork" aria-labelledby="share-words" {onclose}>
            <header>
                <h2 id="share-words">{ say(lang, "share_title") }</h2>
                <button type="button" class="iconbtn" aria-label={say(lang, "close")} data-action="share-close" onclick={close}>{ icon(Sign::Cross) }</button>
            </header>
            if let Some(link) = &share.link {
                <div class="fork-form">
                    <p>{ say(lang, "share_line") }</p>
                    <label><span>{ say(lang, "share_link") }</span><input type="text" readonly=true value={link.clone()} data-share-link="true" /></label>
                    <button type="button" class="btn btn-primary" data-action="share-copy" onclick={copy}>{ say(lang, "share_copy") }</button>
                    <output class="fork-hint" data-share-status="true">{ status }</output>
                </div>
            } else {
                <div class="fork-form"><p>{ say(lang, "share_brought") }</p></div>
            }
        </dialog>
    }
}
