//! The part of GitHub's schema that is answered here is GitHub's.

use crate::github_world::published::schema_errors;

#[test]
fn the_answered_part_is_githubs() {
    let wrong = "{ viewer { login xyzzy } }".to_owned();
    let right = "{ viewer { login databaseId } }".to_owned();
    let Some(errors) = schema_errors(&[wrong, right]) else { return };
    assert_eq!(errors, ["query: Cannot query field \"xyzzy\" on type \"User\"."]);
}
