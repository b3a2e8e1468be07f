//! What stands on the page: notes, the player or the course, or why there is neither.

use super::{App, Place};
use crate::action::Action;
use crate::components::home::Home;
use crate::components::icon::Icon;
use crate::components::icon::Sign;
use crate::components::notice::Notice;
use crate::components::player::Player;
use crate::components::say;
use crate::options;
use crate::options::View;
use std::rc::Rc;
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

    pub(super) fn content(&self) -> Html {
        let lang = self.lang;
        match &self.place {
            Place::Home => self.home(),
            Place::Loading(_) => html! {
                <main key="loading" class="frame"><p class="loading" role="status">{ say(lang, "loading_scenario") }</p></main>
            },
            Place::Playing(session) => {
                let shown = Rc::new(session.shown(lang, self.view, self.frame()));
                html! { <main key={shown.id.clone()} class="frame"><Player {shown} dispatch={self.dispatch.clone()} /></main> }
            }
            Place::Failed(failure) => {
                let again = self.dispatch.reform(|_: MouseEvent| Action::Again);
                let course: Vec<(String, String)> = match &self.course {
                    Some(Ok(course)) => course
                        .families
                        .iter()
                        .flat_map(|family| &family.scenarios)
                        .take(6)
                        .map(|card| (card.id.clone(), card.title.get(lang).to_owned()))
                        .collect(),
                    _ => Vec::new(),
                };
                html! {
                    <main key="failed" class="frame is-notice">
                        <Notice title={failure.title.say(lang)} lines={vec![failure.line.say(lang).into()]} said={failure.said.clone().map(AttrValue::from)}>
                            if failure.can_try_again {
                                <button key="again" type="button" class="btn btn-primary" data-action="again" onclick={again}>{ say(lang, "try_again") }</button>
                            }
                            <a key="home" class={if failure.can_try_again { "btn" } else { "btn btn-primary" }} href={self.home_link()} data-action="home">
                                { say(lang, "to_course") }<Icon sign={Sign::Next} />
                            </a>
                            { for course.into_iter().map(|(id, title)| html! {
                                <a key={id.clone()} class="btn" href={options::format(Some(&id), None, None, None, View::Stage)}>{ title }</a>
                            }) }
                        </Notice>
                    </main>
                }
            }
        }
    }

    pub(super) fn home(&self) -> Html {
        let lang = self.lang;
        if let Some(Err(said)) = &self.course {
            let again = self.dispatch.reform(|_: MouseEvent| Action::Again);
            return html! {
                <main key="failed" class="frame is-notice">
                    <Notice title={say(lang, "course_failed")} lines={vec![say(lang, "course_failed_line").into()]} said={AttrValue::from(said.clone())}>
                        <button type="button" class="btn btn-primary" data-action="again" onclick={again}>{ say(lang, "try_again") }</button>
                    </Notice>
                </main>
            };
        }
        let course = match &self.course {
            Some(Ok(course)) => Some(Rc::clone(course)),
            _ => None,
        };
        let [wide, narrow] = &self.hero;
        let hero = if self.width < 640.0 { narrow } else { wide };
        html! {
            <div key="home">
                <Home {lang} {course} progress={self.progress.clone()} search={self.search.clone()} family={self.family.clone()}
                    hero={Rc::clone(hero)} dispatch={self.dispatch.clone()} />
            </div>
        }
    }
}
