//! What Highwater does not do, or does otherwise than Kafka: the text of `docs/fidelity*.md`.

use highwater_player::lang::Lang;
use highwater_player::simplified::{Block, Runs, Section, Simplified};
use yew::prelude::*;

/// The page.
pub fn simplified(lang: Lang, text: &Simplified) -> Html {
    let mut sections = text.get(lang).iter();
    let (title, intro) =
        sections.next().map_or((Html::default(), Html::default()), |first| (runs(&first.title), blocks(first)));
    html! {
        <main key="simplified" class="frame own" data-simplified={text.get(lang).len().to_string()}>
            <h1 tabindex="-1">{ title }</h1>
            { intro }
            { for sections.enumerate().map(|(index, section)| html! {
                <section key={index}><h2>{ runs(&section.title) }</h2>{ blocks(section) }</section>
            }) }
        </main>
    }
}

fn blocks(section: &Section) -> Html {
    let each = section.blocks.iter().map(|block| match block {
        Block::Text(words) => html! { <p>{ runs(words) }</p> },
        Block::Table(rows) => table(rows),
    });
    html! { <div class="simple-text">{ for each }</div> }
}

/// A table; where room is short, each cell stands under its column's name.
fn table(rows: &[Vec<Runs>]) -> Html {
    let Some((head, rows)) = rows.split_first() else { return Html::default() };
    let names: Vec<String> = head.iter().map(|cell| cell.concat()).collect();
    html! {
        <table class="simple-table">
            <thead><tr>{ for names.iter().map(|name| html! { <th scope="col">{ name }</th> }) }</tr></thead>
            <tbody>
                { for rows.iter().map(|row| html! {
                    <tr>{ for row.iter().enumerate().map(|(index, cell)| html! {
                        <td data-label={names.get(index).cloned().unwrap_or_default()}>{ runs(cell) }</td>
                    }) }</tr>
                }) }
            </tbody>
        </table>
    }
}

fn runs(words: &Runs) -> Html {
    words
        .iter()
        .enumerate()
        .map(|(index, words)| {
            if index % 2 == 0 {
                html! { { words.clone() } }
            } else {
                html! { <code>{ words.clone() }</code> }
            }
        })
        .collect()
}
