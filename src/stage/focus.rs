//! Where the arrows go: the nearest mark in a direction, as marks lie on the stage.

use highwater_player::sorted::SortedMap;

use super::frame::Area;

/// A direction of an arrow key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// ←
    Left,
    /// →
    Right,
    /// ↑
    Up,
    /// ↓
    Down,
}

/// The mark next to `from`; the first mark in reading order if `from` is none or no longer there.
pub fn next(areas: &SortedMap<String, Area>, from: Option<&str>, direction: Direction) -> Option<String> {
    let Some(here) = from.and_then(|from| areas.get(from)) else {
        return areas
            .iter()
            .min_by(|(_, a), (_, b)| (a.y, a.x).partial_cmp(&(b.y, b.x)).unwrap_or(std::cmp::Ordering::Equal))
            .map(|(mark, _)| mark.clone());
    };
    let (x, y) = here.centre();
    areas
        .iter()
        .filter(|(mark, _)| Some(mark.as_str()) != from)
        .filter_map(|(mark, area)| {
            let (other_x, other_y) = area.centre();
            let (dx, dy) = (other_x - x, other_y - y);
            let (ahead, aside) = match direction {
                Direction::Left => (-dx, dy.abs()),
                Direction::Right => (dx, dy.abs()),
                Direction::Up => (-dy, dx.abs()),
                Direction::Down => (dy, dx.abs()),
            };
            (ahead > 1.0).then_some((mark, ahead + 2.5 * aside))
        })
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(mark, _)| mark.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_to_the_neighbour() {
        let areas = SortedMap::from([
            ("a".to_owned(), Area::new(0.0, 0.0, 10.0, 10.0)),
            ("b".to_owned(), Area::new(20.0, 0.0, 10.0, 10.0)),
            ("c".to_owned(), Area::new(0.0, 30.0, 10.0, 10.0)),
        ]);
        assert_eq!(next(&areas, Some("a"), Direction::Right).as_deref(), Some("b"));
        assert_eq!(next(&areas, Some("a"), Direction::Down).as_deref(), Some("c"));
        assert_eq!(next(&areas, Some("b"), Direction::Right), None);
        assert_eq!(next(&areas, Some("gone"), Direction::Up).as_deref(), Some("a"));
    }
}
