//! That groups hold everybody once, and nobody alone.

use proptest::prelude::*;

use super::*;

fn group(name: &str, recipients: u64) -> (Name, Fate) {
    let fate = Fate {
        recipients,
        accepted: recipients,
        bounced: recipients / 2,
        left: 0,
    };
    (Name::Text(name.to_owned()), fate)
}

fn sizes(all: &[(&str, u64)]) -> Option<Vec<(Name, u64)>> {
    let groups = all.iter().map(|(name, count)| group(name, *count));
    let made = of(By::List, groups.collect())?;
    Some(
        made.groups
            .into_iter()
            .map(|(name, fate)| (name, fate.recipients))
            .collect(),
    )
}

#[test]
fn few_are_joined_with_others_that_are_not_few() {
    let name = |name: &str| Name::Text(name.to_owned());
    assert_eq!(
        sizes(&[("a", 20), ("b", 10), ("c", 3), ("d", 2)]),
        Some(vec![(name("a"), 20), (name("b"), 10), (Name::Others, 5)])
    );
    // Two alone would be told by who is missing.
    assert_eq!(
        sizes(&[("a", 20), ("b", 10), ("c", 2)]),
        Some(vec![(name("a"), 20), (Name::Others, 12)])
    );
    assert_eq!(sizes(&[("a", 20), ("b", 4)]), None);
    assert_eq!(sizes(&[("a", 20)]), None);
    assert_eq!(sizes(&[]), None);
}

proptest! {
    #[test]
    fn nobody_is_alone_and_nobody_is_lost(counts in proptest::collection::vec(1..40u64, 0..30)) {
        let names: Vec<String> = (0..counts.len()).map(|n| format!("g{n}")).collect();
        let all: Vec<(&str, u64)> = names.iter().map(String::as_str).zip(counts.iter().copied()).collect();
        if let Some(made) = sizes(&all) {
            prop_assert!(made.len() > 1 && made.len() <= MOST_VALUES + 1);
            prop_assert!(made.iter().all(|(_, count)| *count >= FEWEST), "{:?}", made);
            prop_assert_eq!(made.iter().map(|it| it.1).sum::<u64>(), counts.iter().sum::<u64>());
        }
    }
}
