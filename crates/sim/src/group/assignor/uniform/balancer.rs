//! Who of a topic's subscribers has the least and who the most. Kafka 4.3:
//! `UniformHeterogeneousAssignmentBuilder.MemberAssignmentBalancer`.

/// Members by how much they have, with the range of those who have the least at the start, which grows to the right, and
/// the range of those who have the most towards the end, which grows to the left. Behind that one stand members who have
/// nothing to give.
pub(super) struct Balancer {
    sorted: Vec<usize>,
    least_end: usize,
    least_count: i64,
    next_least: usize,
    most_start: usize,
    most_end: usize,
    most_count: i64,
    /// The place after the next one.
    next_most: usize,
}

impl Balancer {
    /// Among these members; `sizes` says how much each member has.
    pub fn new(members: &[usize], sizes: &[usize]) -> Balancer {
        let mut sorted = members.to_vec();
        sorted.sort_unstable_by_key(|member| (sizes.get(*member), *member));
        let end = sorted.len();
        let count = |member: Option<&usize>| member.map_or(0, |member| size(sizes, *member));
        let (least, most) = (count(sorted.first()), count(sorted.last()));
        Balancer {
            sorted,
            least_end: 0,
            least_count: least.saturating_sub(1),
            next_least: 0,
            most_start: end,
            most_end: end,
            most_count: most.saturating_add(1),
            next_most: end,
        }
    }

    /// How much more the first to give has than the first to take.
    pub fn imbalance(&self) -> i64 {
        // Both counts are one off until somebody is asked for.
        self.most_count.saturating_sub(self.least_count).saturating_sub(2)
    }

    fn count_at(&self, place: usize, sizes: &[usize]) -> Option<i64> {
        self.sorted.get(place).map(|member| size(sizes, *member))
    }

    /// The one who takes the next partition. Kafka: `nextLeastLoadedMember`.
    pub fn next_least_loaded(&mut self, sizes: &[usize]) -> Option<usize> {
        if self.next_least >= self.least_end {
            self.least_count = self.least_count.saturating_add(1);
            while self.count_at(self.least_end, sizes) == Some(self.least_count) {
                self.least_end = self.least_end.saturating_add(1);
            }
            self.next_least = 0;
        }
        let member = self.sorted.get(self.next_least).copied();
        self.next_least = self.next_least.saturating_add(1);
        member
    }

    /// The one who gives the next partition, if anybody is left. Kafka: `nextMostLoadedMember`.
    pub fn next_most_loaded(&mut self, sizes: &[usize]) -> Option<usize> {
        if self.next_most <= self.most_start {
            let before = self.most_start.checked_sub(1).and_then(|place| self.count_at(place, sizes));
            self.most_count = match before {
                Some(before) if self.most_end <= self.most_start => before,
                _ => self.most_count.saturating_sub(1),
            };
            while let Some(place) = self.most_start.checked_sub(1) {
                if self.count_at(place, sizes) != Some(self.most_count) {
                    break;
                }
                self.most_start = place;
            }
            self.next_most = self.most_end;
        }
        self.next_most = self.next_most.checked_sub(1)?;
        self.sorted.get(self.next_most).copied()
    }

    /// The one who was to give has nothing to give. Kafka: `excludeMostLoadedMember`.
    pub fn exclude_most_loaded(&mut self) {
        if let Some(last) = self.most_end.checked_sub(1).filter(|last| *last < self.sorted.len()) {
            self.sorted.swap(self.next_most.min(last), last);
            self.most_end = last;
        }
    }

    /// Kafka: `isBalanced`.
    pub fn is_balanced(&self) -> bool {
        self.most_count.saturating_sub(self.least_count) <= 1
    }
}

fn size(sizes: &[usize], member: usize) -> i64 {
    sizes.get(member).and_then(|size| i64::try_from(*size).ok()).unwrap_or(0)
}
