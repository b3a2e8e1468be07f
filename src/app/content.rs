//! What stands on the page: notes, the player or the course, or why there is neither.

use super::{App, Place};
use crate::action::Action;
use crate::components::fork::fork;
use crate::components::glossary::glossary;
use crate::components::home::{HomeProps, following, home};
use crate::components::icon::{Sign, icon};
use crate::components::notice::notice;
use crate::components::own_files::own_files;
use crate::components::player::{PlayerProps, Shown, player};
use crate::components::say;
use crate::components::share::share;
use crate::options;
use crate::options::View;
use crate::stage::hero;
use yew::prelude::*;

impl App {
    pub(super) fn notes(&self) -> Html {
        if self.notes.is_empty() {
            return html! {};
        }
        let onclick = self.dispatch.reform(|_: MouseEvent| Action::Dismiss);
        html! {
            <section class="note" role="alert" data-note="true">
                <div>{ for self.notes.iter().enumerate().map(|(index, note)| html! { <p key={index}>{ note.say(self.lang) }</p> }) }</div>
                <button type="button" class="btn" data-action="dismiss" {onclick}>{ say(self.lang, "all_right") }</button>
            </section>
        }
    }

    /// What follows a scenario in the course: the link and the title. Only its last step leads there.
    fn what_follows(&self, shown: &Shown) -> Option<(String, String)> {
        let Some(Ok(course)) = &self.course else { return None };
        let next = following(course, &shown.id).filter(|_| shown.step == shown.steps && !self.brought)?;
        let (lang, theme) = self.chosen();
        Some((options::format(Some(&next.id), None, lang, theme, View::Stage), next.title.clone()))
    }

    pub(super) fn content(&self) -> Html {
        let lang = self.lang;
        match &self.place {
            Place::Home => self.home(),
            Place::Loading(_) => html! {
                <main key="loading" class="frame"><p class="loading" role="status">{ say(lang, "loading_scenario") }</p></main>
            },
            Place::Playing(session) => {
                let mut shown = session.shown(lang, self.view, self.frame(), self.width);
                if self.reviewing {
                    shown.review = Some(self.progress.missed().len());
                }
                shown.onward = self.what_follows(&shown);
                let player = player(&PlayerProps { shown: &shown, dispatch: &self.dispatch });
                html! { <main key={shown.id} class="frame">{ player }</main> }
            }
            Place::Files(place) => own_files(place, lang, self.width, &self.dispatch),
            Place::Terms => glossary(lang, &self.search, &self.dispatch),
            Place::Later(page) => self.later_page(page),
            Place::Failed(failure) => {
                let again = self.dispatch.reform(|_: MouseEvent| Action::Again);
                let course: Vec<(String, String)> = match &self.course {
                    Some(Ok(course)) => course
                        .families
                        .iter()
                        .flat_map(|family| &family.scenarios)
                        .take(6)
                        .map(|card| (card.id.clone(), card.title.clone()))
                        .collect(),
                    _ => Vec::new(),
                };
                let ways_on = html! {
                    <>
                        if failure.can_try_again {
                            <button key="again" type="button" class="btn btn-primary" data-action="again" onclick={again}>{ say(lang, "try_again") }</button>
                        }
                        <a key="home" class={if failure.can_try_again { "btn" } else { "btn btn-primary" }} href={self.home_link()} data-action="home">
                            { say(lang, "to_course") }{ icon(Sign::Next) }
                        </a>
                        { for course.into_iter().map(|(id, title)| html! {
                            <a key={id.clone()} class="btn" href={options::format(Some(&id), None, None, None, View::Stage)}>{ title }</a>
                        }) }
                    </>
                };
                let (title, line) = (failure.title.say(lang), failure.line.say(lang));
                html! { <main key="failed" class="frame is-notice">{ notice(&title, &line, failure.said.as_deref(), ways_on) }</main> }
            }
        }
    }

    /// The dialog over the player, if one is open.
    pub(super) fn dialog(&self) -> Html {
        let Some(session) = self.session() else { return html! {} };
        match (&session.form, &session.share) {
            (Some(form), _) => fork(self.lang, form, &self.dispatch),
            (None, Some(link)) => share(self.lang, link, &self.dispatch),
            (None, None) => html! {},
        }
    }

    pub(super) fn home(&self) -> Html {
        let lang = self.lang;
        if let Some(Err(said)) = &self.course {
            let again = self.dispatch.reform(|_: MouseEvent| Action::Again);
            let ways_on = html! {
                <button type="button" class="btn btn-primary" data-action="again" onclick={again}>{ say(lang, "try_again") }</button>
            };
            let (title, line) = (say(lang, "course_failed"), say(lang, "course_failed_line"));
            return html! { <main key="failed" class="frame is-notice">{ notice(&title, &line, Some(said), ways_on) }</main> };
        }
        let course = match &self.course {
            Some(Ok(course)) => Some(&**course),
            _ => None,
        };
        let [wide, narrow] = self.hero.get_or_init(|| [false, true].map(hero::draw));
        let hero = if self.width < 640.0 { narrow } else { wide };
        html! {
            <div key="home">
                { home(&HomeProps {
                    lang,
                    course,
                    progress: &self.progress,
                    search: &self.search,
                    tags: self.tags.as_ref(),
                    family: self.family.as_deref(),
                    hero,
                    dispatch: &self.dispatch,
                }) }
            </div>
        }
    }
}
